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

import { IconButton, TextButton } from '../components/buttons';
import { Facts } from './usage';
import { jobCounts, resources, wish } from '../components/format';
import { JobTable } from './jobtable';
import { Notes } from './notices';
import type { ClusterState, ICluster, IJob } from '../tokens';
import { Trouble } from './problem';

/** What a card can ask for. */
export type Action =
  'scale' | 'adapt' | 'script' | 'snippet' | 'dashboard' | 'shutdown' | 'retry';

/** What a card is given. */
export interface IClusterItemProps {
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

function stateName(state: ClusterState, trans: TranslationBundle): string {
  const names: Record<ClusterState, string> = {
    starting: trans.__('starting'),
    running: trans.__('ready'),
    degraded: trans.__('degraded'),
    closing: trans.__('shutting down'),
    closed: trans.__('closed'),
    failed: trans.__('failed')
  };
  return names[state] ?? state;
}

/** Name, state and batch system. */
function Header(props: IClusterItemProps): JSX.Element {
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
        {stateName(cluster.state, trans)}
      </span>
    </div>
  );
}

function Actions(props: IClusterItemProps): JSX.Element {
  const { cluster, trans, onAction } = props;
  const alive = cluster.state === 'running' || cluster.state === 'degraded';
  const icons: [Action, string, LabIcon, boolean][] = [
    ['script', trans.__('Show job script'), fileIcon, true],
    ['snippet', trans.__('Insert client code'), codeIcon, alive],
    [
      'dashboard',
      trans.__('Open dashboard'),
      launchIcon,
      alive && !!cluster.dashboard
    ],
    [
      'shutdown',
      trans.__('Shut down cluster'),
      closeIcon,
      cluster.state !== 'closing'
    ]
  ];
  return (
    <div className="jp-JobQueue-actions">
      <TextButton
        action="scale"
        label={trans.__('Scale')}
        disabled={!alive}
        onClick={() => onAction('scale')}
      />
      <TextButton
        action="adapt"
        label={trans.__('Adapt')}
        disabled={!alive}
        onClick={() => onAction('adapt')}
      />
      <span className="jp-JobQueue-spacer" />
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
    </div>
  );
}

/** One cluster: how it is at a glance, and what can be done with it. */
export function ClusterItem(props: IClusterItemProps): JSX.Element {
  const { cluster, jobs, expanded, trans } = props;
  const { onAction, onLog, onToggle } = props;
  const Caret = expanded ? caretDownIcon : caretRightIcon;
  return (
    <li
      className="jp-JobQueue-card"
      data-cluster-id={cluster.id}
      data-state={cluster.state}
      aria-label={cluster.name}
      tabIndex={0}
      onKeyDown={event => {
        const own = event.target === event.currentTarget;
        if (own && (event.key === 'Enter' || event.key === ' ')) {
          event.preventDefault();
          onToggle();
        }
      }}
    >
      <Header {...props} />
      <button
        type="button"
        className="jp-JobQueue-counts"
        data-action="jobs"
        aria-expanded={expanded}
        onClick={onToggle}
      >
        <Caret.react tag="span" className="jp-JobQueue-caret" />
        <span className="jp-JobQueue-states">{jobCounts(cluster, trans)}</span>
        <span className="jp-JobQueue-wish">{wish(cluster, trans)}</span>
      </button>
      {cluster.reason && (
        <div className="jp-JobQueue-reason">
          {trans.__('Waiting: %1', cluster.reason)}
        </div>
      )}
      <div className="jp-JobQueue-resources">{resources(cluster, trans)}</div>
      <Facts cluster={cluster} trans={trans} />
      <Trouble
        cluster={cluster}
        trans={trans}
        onRetry={() => onAction('retry')}
      />
      <Notes notes={cluster.notes} trans={trans} />
      {expanded && <JobTable jobs={jobs} trans={trans} onLog={onLog} />}
      <Actions {...props} />
    </li>
  );
}
