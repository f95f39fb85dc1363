import type { TranslationBundle } from '@jupyterlab/translation';
import { addIcon, VDomRenderer } from '@jupyterlab/ui-components';
import * as React from 'react';

import { ClusterItem } from './clustercard';
import type { Action } from './clustercard';
import type { ClusterModel } from '../model/clusters';
import { Notices } from './notices';
import { RequestError } from '../api/request';

const REMEDY = 'pip install jupyter-jobqueue\njupyter server extension list';

/** What the list lets a person do. */
export interface IListCallbacks {
  onCreate: () => void;
  onAction: (action: Action, id: string) => void;
  onLog: (id: string, job: string) => void;
  onDismiss: (notice: string) => void;
  onDragStart: (id: string, event: React.PointerEvent<HTMLElement>) => void;
}

/** The list of clusters, or what to do when there is none. */
export class ClusterList extends VDomRenderer<ClusterModel> {
  constructor(
    model: ClusterModel,
    private readonly callbacks: IListCallbacks,
    private readonly trans: TranslationBundle
  ) {
    super(model);
    this.addClass('jp-JobQueue-list');
  }

  protected render(): JSX.Element {
    const { model, trans } = this;
    const { error, clusters } = model;
    if (!model.isReady) {
      return <p className="jp-JobQueue-note">{trans.__('Loading…')}</p>;
    }
    return (
      <>
        <Notices
          notices={model.notices}
          trans={trans}
          onDismiss={this.callbacks.onDismiss}
        />
        {error && <Unreachable error={error} trans={trans} />}
        {!error && !clusters.length && (
          <Empty trans={trans} onCreate={this.callbacks.onCreate} />
        )}
        <ul
          aria-label={trans.__('Clusters')}
          className={error ? 'jp-mod-stale' : ''}
        >
          {clusters.map(cluster => (
            <ClusterItem
              key={cluster.id}
              cluster={cluster}
              jobs={model.jobs(cluster.id)}
              expanded={model.expanded.has(cluster.id)}
              trans={trans}
              onAction={action => this.callbacks.onAction(action, cluster.id)}
              onToggle={() => void model.toggleJobs(cluster.id)}
              onLog={job => this.callbacks.onLog(cluster.id, job)}
              onDragStart={event =>
                this.callbacks.onDragStart(cluster.id, event)
              }
            />
          ))}
        </ul>
      </>
    );
  }
}

function Empty(props: {
  trans: TranslationBundle;
  onCreate: () => void;
}): JSX.Element {
  const { trans, onCreate } = props;
  return (
    <div className="jp-JobQueue-empty">
      <p>
        {trans.__(
          'A cluster is a Dask scheduler whose workers are jobs in a batch queue.'
        )}
      </p>
      <button
        type="button"
        className="jp-JobQueue-primary"
        data-action="create"
        onClick={onCreate}
      >
        <addIcon.react tag="span" />
        {trans.__('New cluster')}
      </button>
    </div>
  );
}

/** Say why the server does not answer, and what would help. */
function Unreachable(props: {
  error: Error;
  trans: TranslationBundle;
}): JSX.Element {
  const { error, trans } = props;
  const missing = error instanceof RequestError && error.status === 404;
  if (missing) {
    return (
      <div className="jp-JobQueue-empty" role="alert">
        <p>
          {trans.__('The server extension of jupyter-jobqueue is not running.')}
        </p>
        <p>
          {trans.__(
            'Install it where the Jupyter server runs, then restart the server:'
          )}
        </p>
        <pre>{REMEDY}</pre>
      </div>
    );
  }
  return (
    <div className="jp-JobQueue-trouble" role="alert">
      {trans.__('The server does not answer: %1', error.message)}
    </div>
  );
}
