import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IRunningSessions } from '@jupyterlab/running';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { ICluster } from '../api/types';
import { jobCounts } from '../components/format';
import { queueIcon } from '../components/icons';
import type { IClusterModel } from '../tokens';

/** The section of the clusters in *Running Terminals and Kernels*, with labels like its neighbours. */
export function runningClusters(
  app: JupyterFrontEnd,
  model: IClusterModel,
  trans: TranslationBundle
): IRunningSessions.IManager {
  const item = (cluster: ICluster): IRunningSessions.IRunningItem => ({
    icon: () => queueIcon,
    label: () => cluster.name,
    labelTitle: () => cluster.detail || cluster.system,
    detail: () => jobCounts(cluster, trans),
    open: () => app.shell.activateById('jupyter-jobqueue-panel'),
    shutdown: () => void model.close(cluster.id)
  });
  return {
    name: trans.__('Dask clusters'),
    running: () => model.clusters.map(item),
    shutdownAll: () => model.clusters.forEach(({ id }) => void model.close(id)),
    refreshRunning: () => void model.refresh(),
    runningChanged: model.stateChanged,
    shutdownLabel: trans.__('Shut Down'),
    shutdownAllLabel: trans.__('Shut Down All'),
    shutdownAllConfirmationText: trans.__(
      'Shut down all Dask clusters and cancel their jobs?'
    )
  };
}
