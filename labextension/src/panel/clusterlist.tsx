import type { TranslationBundle } from '@jupyterlab/translation';
import { addIcon, VDomRenderer } from '@jupyterlab/ui-components';
import * as React from 'react';

import { RequestError } from '../api/request';
import type { ICluster } from '../api/types';
import { TextButton } from '../components/buttons';
import type { IClusterModel } from '../tokens';
import { ClusterCard } from './clustercard';
import type { Action } from './clustercard';
import type { IPosition } from './drag';
import { Notices } from './notices';

const REMEDY = 'pip install jupyter-jobqueue\njupyter server extension list';

/** What happens when somebody uses the list. */
export interface IListCallbacks {
  onCreate: () => void;
  onLogin: () => void;
  onAction: (action: Action, id: string) => void;
  onLog: (id: string, job: string) => void;
  onDismiss: (notice: string) => void;
  onDragStart: (id: string, press: IPosition) => void;
}

/** The list of clusters, or what to do if there is none. */
export class ClusterList extends VDomRenderer<IClusterModel> {
  constructor(
    model: IClusterModel,
    private readonly callbacks: IListCallbacks,
    private readonly trans: TranslationBundle
  ) {
    super(model);
    this.addClass('jp-JobQueue-list');
  }

  protected render(): JSX.Element {
    const { callbacks, model, trans } = this;
    const { error, clusters, notices } = model;
    if (!model.isReady) {
      return <p className="jp-JobQueue-note">{trans.__('Loading…')}</p>;
    }
    return (
      <>
        <Notices
          notices={notices}
          trans={trans}
          onDismiss={callbacks.onDismiss}
        />
        {error && (
          <Unreachable
            error={error}
            trans={trans}
            onLogin={callbacks.onLogin}
          />
        )}
        {!error && !clusters.length && (
          <Empty trans={trans} onCreate={callbacks.onCreate} />
        )}
        <ul
          aria-label={trans.__('Clusters')}
          className={error ? 'jp-mod-stale' : ''}
        >
          {clusters.map(cluster => this.card(cluster))}
        </ul>
      </>
    );
  }

  private card(cluster: ICluster): JSX.Element {
    const { callbacks, model, trans } = this;
    const { id } = cluster;
    return (
      <ClusterCard
        key={id}
        cluster={cluster}
        jobs={model.jobs(id)}
        expanded={model.expanded.has(id)}
        trans={trans}
        onAction={action => callbacks.onAction(action, id)}
        onToggle={() => void model.toggleJobs(id)}
        onLog={job => callbacks.onLog(id, job)}
        onDragStart={event => callbacks.onDragStart(id, event)}
      />
    );
  }
}

interface IEmptyProps {
  trans: TranslationBundle;
  onCreate: () => void;
}

function Empty({ trans, onCreate }: IEmptyProps): JSX.Element {
  const text = trans.__(
    'A cluster is a Dask scheduler whose workers are jobs in a batch queue.'
  );
  return (
    <div className="jp-JobQueue-empty">
      <p>{text}</p>
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

interface IUnreachableProps {
  error: Error;
  trans: TranslationBundle;
  onLogin: () => void;
}

/** Why the list could not be fetched. */
function Unreachable(props: IUnreachableProps): JSX.Element {
  const { error, trans } = props;
  const status = error instanceof RequestError ? error.status : 0;
  if (status === 404) {
    return <NoServerExtension trans={trans} />;
  }
  if (status === 401 || status === 403) {
    return <LoggedOut {...props} />;
  }
  return (
    <div className="jp-JobQueue-problem" role="alert">
      {trans.__('The server does not respond: %1', error.message)}
    </div>
  );
}

/** The server has answered, but does not know who asks. */
function LoggedOut(props: IUnreachableProps): JSX.Element {
  const { error, trans, onLogin } = props;
  return (
    <div className="jp-JobQueue-problem" role="alert">
      <p>
        {trans.__('Your login has expired. Log in again to see your clusters.')}
      </p>
      <p>{trans.__('The server answers: %1', error.message)}</p>
      <TextButton
        action="login"
        label={trans.__('Log in again')}
        onClick={onLogin}
      />
    </div>
  );
}

function NoServerExtension(props: { trans: TranslationBundle }): JSX.Element {
  const { trans } = props;
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
