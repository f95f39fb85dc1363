import type { JupyterFrontEnd } from '@jupyterlab/application';
import { InputDialog, Notification } from '@jupyterlab/apputils';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import type { ClusterModel } from '../model/clusters';
import { RequestError } from '../api/request';
import type { ICluster } from '../tokens';

/** What the person set. */
export interface IPreferences {
  defaultProfile: string;
  confirmShutdown: boolean;
  /** Seconds between two looks at the clusters. */
  pollInterval: number;
}

/** What the commands work with. */
export interface IContext {
  app: JupyterFrontEnd;
  model: ClusterModel;
  notebooks: INotebookTracker | null;
  preferences: IPreferences;
  trans: TranslationBundle;
}

/** Show what the server or the queue said against a command, in its own words. */
export function say(error: unknown): void {
  const details = error instanceof RequestError ? error.details : '';
  const message = [(error as Error | undefined)?.message, details];
  const text = message.filter(part => part).join('\n');
  if (text) {
    Notification.error(text, { autoClose: false });
  }
}

/** The cluster that a command is about: its `id`, the card under the context menu, or the only one. */
export function target(
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

/** Ask which cluster; not if there is only one. The panel may never have been open. */
export async function choose({
  model,
  trans
}: IContext): Promise<ICluster | undefined> {
  await model.refresh();
  if (model.error) {
    throw model.error;
  }
  const { clusters } = model;
  if (clusters.length < 2) {
    if (!clusters.length) {
      Notification.info(trans.__('There are no clusters.'));
    }
    return clusters[0];
  }
  const { value } = await InputDialog.getItem({
    title: trans.__('Which cluster?'),
    items: clusters.map(({ name, id }) => `${name} (${id})`)
  });
  return clusters.find(({ name, id }) => `${name} (${id})` === value);
}
