import {
  addIcon,
  closeIcon,
  codeIcon,
  launchIcon,
  refreshIcon,
  textEditorIcon
} from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import type { ICluster } from '../api/types';
import {
  confirmShutdown,
  showAdaptiveLog,
  showLog,
  showScript
} from '../dialogs/clusterdialogs';
import { autoscaleCluster, scaleCluster } from '../dialogs/sizedialogs';
import { openNewCluster } from '../newcluster/dialog';
import { CommandIDs } from '../tokens';
import { insertCode } from './clientcode';
import { clusterFor, pickCluster, showError } from './context';
import type { IContext } from './context';

type Options = CommandRegistry.ICommandOptions;

/** A function that makes one command. */
type Maker = (context: IContext) => Options;

/** What a command does with a cluster. */
type Execute = (cluster: ICluster, args: ReadonlyPartialJSONObject) => unknown;

const COMMANDS: Record<string, Maker> = {
  [CommandIDs.create]: create,
  [CommandIDs.refresh]: refresh,
  [CommandIDs.scale]: scale,
  [CommandIDs.adapt]: adapt,
  [CommandIDs.script]: script,
  [CommandIDs.clientCode]: clientCode,
  [CommandIDs.dashboard]: dashboard,
  [CommandIDs.retry]: retry,
  [CommandIDs.adaptiveLog]: adaptiveLog,
  [CommandIDs.log]: log,
  [CommandIDs.shutdown]: shutdown,
  [CommandIDs.dismiss]: dismiss
};

/** Add the commands. Each can be executed by its id from the palette, a menu or another extension. */
export function addCommands(context: IContext): void {
  for (const [id, make] of Object.entries(COMMANDS)) {
    context.app.commands.addCommand(id, make(context));
  }
}

function create({ model, preferences, trans }: IContext): Options {
  return {
    label: args =>
      args.isPalette ? trans.__('New Dask cluster…') : trans.__('New cluster'),
    caption: trans.__('Create a Dask cluster on the job queue'),
    describedBy: NO_ARGUMENTS,
    icon: addIcon,
    execute: () =>
      openNewCluster(model, trans, preferences.defaultProfile).catch(showError)
  };
}

function refresh({ model, trans }: IContext): Options {
  return {
    label: trans.__('Refresh clusters'),
    caption: trans.__('Update the list of clusters'),
    describedBy: NO_ARGUMENTS,
    icon: refreshIcon,
    execute: () => model.refresh()
  };
}

function dismiss({ model, trans }: IContext): Options {
  return {
    label: trans.__('Dismiss notice'),
    describedBy: describeId('The id of the notice'),
    isEnabled: args => model.notices.some(({ id }) => id === args.id),
    execute: args => model.dismiss(String(args.id)).catch(showError)
  };
}

function scale(context: IContext): Options {
  const { model, trans } = context;
  return {
    label: trans.__('Scale cluster…'),
    ...forCluster(context, cluster => scaleCluster(model, cluster, trans))
  };
}

function adapt(context: IContext): Options {
  const { model, trans } = context;
  return {
    label: trans.__('Autoscale cluster…'),
    ...forCluster(context, cluster => autoscaleCluster(model, cluster, trans))
  };
}

function script(context: IContext): Options {
  const { model, trans } = context;
  return {
    label: trans.__('Show job script'),
    icon: textEditorIcon,
    ...forCluster(context, cluster => showScript(model, cluster, trans))
  };
}

function clientCode(context: IContext): Options {
  const { model, notebooks, trans } = context;
  return {
    label: trans.__('Insert client code'),
    icon: codeIcon,
    ...forCluster(context, async ({ id }) =>
      insertCode(await model.fetchClientCode(id), notebooks, trans)
    )
  };
}

function dashboard(context: IContext): Options {
  const { app, trans } = context;
  return {
    label: trans.__('Open Dask dashboard'),
    icon: launchIcon,
    ...forCluster(context, ({ dashboard: path, name }) =>
      app.commands.execute(CommandIDs.openDashboard, { path, name })
    )
  };
}

function retry(context: IContext): Options {
  const { model, trans } = context;
  return {
    label: trans.__('Retry submitting jobs'),
    ...forCluster(context, ({ id }) => model.retry(id))
  };
}

function adaptiveLog(context: IContext): Options {
  const { model, trans } = context;
  return {
    label: trans.__('Show autoscaling decisions'),
    ...forCluster(context, cluster => showAdaptiveLog(model, cluster, trans))
  };
}

function log(context: IContext): Options {
  const { model, trans } = context;
  return {
    label: trans.__('Show job log'),
    ...forCluster(context, (cluster, { job }) =>
      showLog(model, cluster, String(job), trans)
    )
  };
}

function shutdown(context: IContext): Options {
  const { model, preferences, trans } = context;
  return {
    label: trans.__('Shut down cluster…'),
    icon: closeIcon,
    ...forCluster(context, async cluster => {
      const { confirmShutdown: mustConfirm } = preferences;
      if (!mustConfirm || (await confirmShutdown(cluster, trans))) {
        await model.close(cluster.id);
      }
    })
  };
}

/** The common part of commands for one cluster, which the palette lets the user pick. */
function forCluster(
  context: IContext,
  execute: Execute
): Pick<Options, 'describedBy' | 'execute' | 'isEnabled'> {
  return {
    describedBy: describeId('The id of the cluster'),
    isEnabled: args => !!args.isPalette || !!clusterFor(context, args),
    execute: async args => {
      try {
        const cluster = args.isPalette
          ? await pickCluster(context)
          : clusterFor(context, args);
        return cluster && (await execute(cluster, args));
      } catch (error) {
        showError(error);
      }
    }
  };
}

const NO_ARGUMENTS = { args: { type: 'object' as const, properties: {} } };

function describeId(description: string) {
  const id = { type: 'string' as const, description };
  return { args: { type: 'object' as const, properties: { id } } };
}
