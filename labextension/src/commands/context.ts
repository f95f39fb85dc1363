import type { JupyterFrontEnd } from '@jupyterlab/application';
import { InputDialog, Notification } from '@jupyterlab/apputils';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { RequestError } from '../api/request';
import type { ICluster } from '../api/types';
import type { IClusterModel } from '../tokens';
import type { IPreferences } from './preferences';

/** What the commands need. */
export interface IContext {
  app: JupyterFrontEnd;
  model: IClusterModel;
  notebooks: INotebookTracker | null;
  preferences: IPreferences;
  trans: TranslationBundle;
}

/** Show why a command failed, with the output of the batch system. */
export function showError(error: unknown): void {
  const details = error instanceof RequestError ? error.details : '';
  const message = (error as Error | undefined)?.message;
  const text = [message, details].filter(part => part).join('\n');
  if (text) {
    Notification.error(text, { autoClose: false });
  }
}

/** Return the cluster with the given `id`, that of the card under the context menu, or the only one. */
export function clusterFor(
  { app, model }: IContext,
  args: ReadonlyPartialJSONObject
): ICluster | undefined {
  if (args.id) {
    return model.find(String(args.id));
  }
  if (args.isPalette) {
    return undefined;
  }
  const card = app.contextMenuHitTest(node => !!node.dataset.clusterId);
  if (card) {
    return model.find(card.dataset.clusterId!);
  }
  return model.clusters.length === 1 ? model.clusters[0] : undefined;
}

/** Let the user pick a cluster if there are several. The list is fetched: the panel may be closed. */
export async function pickCluster({
  model,
  trans
}: IContext): Promise<ICluster | undefined> {
  await model.refresh();
  if (model.error) {
    throw model.error;
  }
  const { clusters } = model;
  if (!clusters.length) {
    Notification.info(trans.__('There are no clusters.'));
  }
  if (clusters.length < 2) {
    return clusters[0];
  }
  const label = ({ name, id }: ICluster) => `${name} (${id})`;
  const { value } = await InputDialog.getItem({
    title: trans.__('Which cluster?'),
    items: clusters.map(label)
  });
  return clusters.find(cluster => label(cluster) === value);
}
