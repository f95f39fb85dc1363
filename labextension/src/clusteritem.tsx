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

import { jobCounts, resources, wish } from './format';
import { JobTable } from './jobtable';
import type { ClusterState, ICluster, IJob } from './tokens';

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

/** What went wrong, in the server's sentence and the queue's own words. */
function Trouble(props: IClusterItemProps): JSX.Element | null {
  const { cluster, trans, onAction } = props;
  if (!cluster.detail && !cluster.details) {
    return null;
  }
  return (
    <div className="jp-JobQueue-trouble" role="alert">
      <span>{cluster.detail}</span>
      {cluster.details && <pre tabIndex={0}>{cluster.details}</pre>}
      {cluster.state === 'degraded' && (
        <TextButton
          action="retry"
          label={trans.__('Retry')}
          onAction={onAction}
        />
      )}
    </div>
  );
}

function TextButton(props: {
  action: Action;
  label: string;
  disabled?: boolean;
  onAction: (action: Action) => void;
}): JSX.Element {
  return (
    <button
      type="button"
      className="jp-JobQueue-textButton"
      data-action={props.action}
      disabled={props.disabled}
      onClick={() => props.onAction(props.action)}
    >
      {props.label}
    </button>
  );
}

function IconButton(props: {
  action: Action;
  label: string;
  icon: LabIcon;
  disabled?: boolean;
  onAction: (action: Action) => void;
}): JSX.Element {
  return (
    <button
      type="button"
      className="jp-JobQueue-iconButton"
      data-action={props.action}
      title={props.label}
      aria-label={props.label}
      disabled={props.disabled}
      onClick={() => props.onAction(props.action)}
    >
      <props.icon.react tag={null} />
    </button>
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
        onAction={onAction}
      />
      <TextButton
        action="adapt"
        label={trans.__('Adapt')}
        disabled={!alive}
        onAction={onAction}
      />
      <span className="jp-JobQueue-spacer" />
      {icons.map(([action, label, icon, enabled]) => (
        <IconButton
          key={action}
          action={action}
          label={label}
          icon={icon}
          disabled={!enabled}
          onAction={onAction}
        />
      ))}
    </div>
  );
}

/** One cluster: how it is at a glance, and what can be done with it. */
export function ClusterItem(props: IClusterItemProps): JSX.Element {
  const { cluster, jobs, expanded, trans, onToggle, onLog } = props;
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
      <Trouble {...props} />
      {expanded && <JobTable jobs={jobs} trans={trans} onLog={onLog} />}
      <Actions {...props} />
    </li>
  );
}
