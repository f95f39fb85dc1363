import type { JupyterFrontEnd } from '@jupyterlab/application';
import { InputDialog, Notification } from '@jupyterlab/apputils';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  addIcon,
  closeIcon,
  codeIcon,
  launchIcon,
  refreshIcon,
  textEditorIcon
} from '@jupyterlab/ui-components';
import type { LabIcon } from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import {
  askAdapt,
  askNewCluster,
  askScale,
  confirmShutdown,
  showLog,
  showScript
} from './dialogs';
import type { ClusterModel } from './model';
import { RequestError } from './request';
import { insertCode } from './snippet';
import { CommandIDs } from './tokens';
import type { ICluster } from './tokens';

/** What the person set. */
export interface IPreferences {
  defaultProfile: string;
  confirmShutdown: boolean;
  /** Seconds between two looks at the clusters. */
  pollInterval: number;
}

interface IContext {
  app: JupyterFrontEnd;
  model: ClusterModel;
  notebooks: INotebookTracker | null;
  preferences: IPreferences;
  trans: TranslationBundle;
}

/** Show what the server or the queue said against a command, in its own words. */
function say(error: unknown): void {
  const details = error instanceof RequestError ? error.details : '';
  const message = [(error as Error | undefined)?.message, details];
  const text = message.filter(part => part).join('\n');
  if (text) {
    Notification.error(text, { autoClose: false });
  }
}

/** The cluster that a command is about: its `id`, the card under the context menu, or the only one. */
function target(
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
async function choose({
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

const NO_ARGUMENTS = { args: { type: 'object' as const, properties: {} } };
const ID_ARGUMENT = {
  args: {
    type: 'object' as const,
    properties: {
      id: { type: 'string' as const, description: 'The id of the cluster' }
    }
  }
};

/** Add a command that is about one cluster. */
function addClusterCommand(
  context: IContext,
  id: string,
  label: string,
  icon: LabIcon | undefined,
  execute: (
    cluster: ICluster,
    args: ReadonlyPartialJSONObject
  ) => unknown | Promise<unknown>
): void {
  context.app.commands.addCommand(id, {
    label,
    icon,
    describedBy: ID_ARGUMENT,
    isEnabled: args => !!args.isPalette || !!target(context, args),
    execute: async args => {
      try {
        const cluster = args.isPalette
          ? await choose(context)
          : target(context, args);
        return cluster && (await execute(cluster, args));
      } catch (error) {
        say(error);
      }
    }
  });
}

async function shutDown(context: IContext, cluster: ICluster): Promise<void> {
  const { model, preferences, trans } = context;
  if (!preferences.confirmShutdown || (await confirmShutdown(cluster, trans))) {
    await model.close(cluster.id);
  }
}

/** Add the commands of the panel, each usable by id from the palette, a menu or another extension. */
export function addCommands(context: IContext): void {
  const { app, model, notebooks, preferences, trans } = context;
  const { commands } = app;
  commands.addCommand(CommandIDs.create, {
    label: args =>
      args.isPalette ? trans.__('New Dask Cluster…') : trans.__('New cluster'),
    caption: trans.__('Make a Dask cluster on the job queue'),
    describedBy: NO_ARGUMENTS,
    icon: addIcon,
    execute: () => askNewCluster(model, trans, preferences.defaultProfile)
  });
  commands.addCommand(CommandIDs.refresh, {
    label: trans.__('Refresh Clusters'),
    caption: trans.__('Ask the server again'),
    describedBy: NO_ARGUMENTS,
    icon: refreshIcon,
    execute: () => model.refresh()
  });
  const rows: [
    string,
    string,
    LabIcon | undefined,
    (cluster: ICluster, args: ReadonlyPartialJSONObject) => unknown
  ][] = [
    [
      CommandIDs.scale,
      trans.__('Scale Cluster…'),
      undefined,
      cluster => askScale(model, cluster, trans)
    ],
    [
      CommandIDs.adapt,
      trans.__('Adapt Cluster…'),
      undefined,
      cluster => askAdapt(model, cluster, trans)
    ],
    [
      CommandIDs.script,
      trans.__('Show Job Script'),
      textEditorIcon,
      cluster => showScript(model, cluster, trans)
    ],
    [
      CommandIDs.snippet,
      trans.__('Insert Client Code'),
      codeIcon,
      async cluster =>
        insertCode(await model.fetchSnippet(cluster.id), notebooks, trans)
    ],
    [
      CommandIDs.dashboard,
      trans.__('Open Dask Dashboard'),
      launchIcon,
      ({ dashboard: path, name }) =>
        commands.execute(CommandIDs.openDashboard, { path, name })
    ],
    [
      CommandIDs.retry,
      trans.__('Retry Submitting Jobs'),
      undefined,
      cluster => model.retry(cluster.id)
    ],
    [
      CommandIDs.shutdown,
      trans.__('Shut Down Cluster…'),
      closeIcon,
      cluster => shutDown(context, cluster)
    ],
    [
      CommandIDs.log,
      trans.__('Show Job Log'),
      undefined,
      (cluster, args) => showLog(model, cluster.id, String(args.job), trans)
    ]
  ];
  for (const [id, label, icon, execute] of rows) {
    addClusterCommand(context, id, label, icon, execute);
  }
}
