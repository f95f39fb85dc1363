import type { TranslationBundle } from '@jupyterlab/translation';
import {
  caretDownIcon,
  caretRightIcon,
  checkIcon,
  circleEmptyIcon,
  closeIcon,
  codeIcon,
  errorIcon,
  fileIcon,
  launchIcon
} from '@jupyterlab/ui-components';
import type { LabIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { ClusterState, ICluster, IJob } from '../api/types';
import { IconButton, TextButton } from '../components/buttons';
import {
  clusterState,
  jobCounts,
  resources,
  targetSize
} from '../components/format';
import { JobTable } from './jobtable';
import { Notes } from './notices';
import { Problem } from './problem';
import { Usage } from './usage';

/** The actions of a card. */
export type Action =
  | 'scale'
  | 'adapt'
  | 'script'
  | 'clientCode'
  | 'dashboard'
  | 'shutdown'
  | 'retry';

export interface IClusterCardProps {
  cluster: ICluster;
  jobs: readonly IJob[];
  expanded: boolean;
  trans: TranslationBundle;
  onAction: (action: Action) => void;
  onToggle: () => void;
  onLog: (job: string) => void;
  onDragStart: (event: React.PointerEvent<HTMLElement>) => void;
}

const ICONS: Record<ClusterState, LabIcon> = {
  starting: circleEmptyIcon,
  running: checkIcon,
  degraded: errorIcon,
  closing: circleEmptyIcon,
  closed: closeIcon,
  failed: errorIcon
};

/** A cluster: its state at a glance, and its actions. */
export function ClusterCard(props: IClusterCardProps): JSX.Element {
  const { cluster, onToggle } = props;
  return (
    <li
      className="jp-JobQueue-card"
      data-cluster-id={cluster.id}
      data-state={cluster.state}
      aria-label={cluster.name}
      tabIndex={0}
      onKeyDown={event => {
        const isOnCard = event.target === event.currentTarget;
        if (isOnCard && (event.key === 'Enter' || event.key === ' ')) {
          event.preventDefault();
          onToggle();
        }
      }}
    >
      <Header {...props} />
      <Counts {...props} />
      <Details {...props} />
      <Actions {...props} />
    </li>
  );
}

/** Name, state and batch system. */
function Header(props: IClusterCardProps): JSX.Element {
  const { cluster, trans, onDragStart } = props;
  const Icon = ICONS[cluster.state] ?? errorIcon;
  return (
    <div
      className="jp-JobQueue-header"
      title={trans.__('Drag into a notebook to connect a client')}
      onPointerDown={event => event.button === 0 && onDragStart(event)}
    >
      <Icon.react className="jp-JobQueue-stateIcon" tag="span" />
      <span className="jp-JobQueue-name" title={cluster.name}>
        {cluster.name}
      </span>
      <span className="jp-JobQueue-badge">{cluster.system}</span>
      <span className="jp-JobQueue-state" role="status">
        {clusterState(cluster.state, trans)}
      </span>
    </div>
  );
}

/** How many jobs there are and should be, as a button that opens the job table. */
function Counts(props: IClusterCardProps): JSX.Element {
  const { cluster, expanded, trans, onToggle } = props;
  const Caret = expanded ? caretDownIcon : caretRightIcon;
  return (
    <button
      type="button"
      className="jp-JobQueue-counts"
      data-action="jobs"
      aria-expanded={expanded}
      onClick={onToggle}
    >
      <Caret.react tag="span" className="jp-JobQueue-caret" />
      <span className="jp-JobQueue-states">{jobCounts(cluster, trans)}</span>
      <span className="jp-JobQueue-target">{targetSize(cluster, trans)}</span>
    </button>
  );
}

function Details(props: IClusterCardProps): JSX.Element {
  const { cluster, jobs, expanded, trans, onAction, onLog } = props;
  return (
    <>
      {cluster.reason && (
        <div className="jp-JobQueue-reason">
          {trans.__('Waiting: %1', cluster.reason)}
        </div>
      )}
      <div className="jp-JobQueue-resources">{resources(cluster, trans)}</div>
      <Usage cluster={cluster} trans={trans} />
      <Problem
        cluster={cluster}
        trans={trans}
        onRetry={() => onAction('retry')}
      />
      <Notes notes={cluster.notes} trans={trans} />
      {expanded && <JobTable jobs={jobs} trans={trans} onLog={onLog} />}
    </>
  );
}

function Actions(props: IClusterCardProps): JSX.Element {
  const { cluster, trans, onAction } = props;
  const texts: [Action, string][] = [
    ['scale', trans.__('Scale')],
    ['adapt', trans.__('Autoscale')]
  ];
  return (
    <div className="jp-JobQueue-actions">
      {texts.map(([action, label]) => (
        <TextButton
          key={action}
          action={action}
          label={label}
          disabled={!isAlive(cluster)}
          onClick={() => onAction(action)}
        />
      ))}
      <IconActions {...props} />
    </div>
  );
}

function IconActions(props: IClusterCardProps): JSX.Element {
  const { cluster, trans, onAction } = props;
  const isClosing = cluster.state === 'closing';
  const alive = isAlive(cluster);
  const hasDashboard = alive && !!cluster.dashboard;
  const icons: [Action, string, LabIcon, boolean][] = [
    ['script', trans.__('Show job script'), fileIcon, true],
    ['clientCode', trans.__('Insert client code'), codeIcon, alive],
    ['dashboard', trans.__('Open dashboard'), launchIcon, hasDashboard],
    ['shutdown', trans.__('Shut down cluster'), closeIcon, !isClosing]
  ];
  return (
    <span className="jp-JobQueue-icons">
      {icons.map(([action, label, icon, enabled]) => (
        <IconButton
          key={action}
          action={action}
          label={label}
          icon={icon}
          disabled={!enabled}
          onClick={() => onAction(action)}
        />
      ))}
    </span>
  );
}

function isAlive({ state }: ICluster): boolean {
  return state === 'running' || state === 'degraded';
}
