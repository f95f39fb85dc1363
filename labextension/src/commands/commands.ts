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

import { choose, say, target } from './context';
import type { IContext } from './context';
import {
  askAdapt,
  askNewCluster,
  askScale,
  confirmShutdown,
  showDecisions,
  showLog,
  showScript
} from '../dialogs/clusterdialogs';
import { insertCode } from './clientcode';
import { CommandIDs } from '../tokens';
import type { ICluster } from '../tokens';

const NO_ARGUMENTS = { args: { type: 'object' as const, properties: {} } };
const ID_ARGUMENT = idOf('The id of the cluster');
const NOTICE_ARGUMENT = idOf('The id of the notice');

function idOf(description: string) {
  const id = { type: 'string' as const, description };
  return { args: { type: 'object' as const, properties: { id } } };
}

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
  commands.addCommand(CommandIDs.dismiss, {
    label: trans.__('Dismiss Notice'),
    describedBy: NOTICE_ARGUMENT,
    isEnabled: args => model.notices.some(({ id }) => id === args.id),
    execute: args => model.dismiss(String(args.id)).catch(say)
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
      CommandIDs.decisions,
      trans.__('Adaptive Decisions…'),
      undefined,
      cluster => showDecisions(model, cluster, trans)
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
