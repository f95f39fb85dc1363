import { ILayoutRestorer } from '@jupyterlab/application';
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRunningSessionManagers } from '@jupyterlab/running';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';

import { JobQueueAPI } from './api/api';
import { addCommands } from './commands/commands';
import { addDashboards } from './commands/dashboard';
import { followSettings } from './commands/preferences';
import { runningClusters } from './commands/running';
import { ClusterModel } from './model/clusters';
import { ClusterPanel } from './panel/panel';
import { CommandIDs, IClusterModel } from './tokens';

/** The commands in the palette, in this order. */
const PALETTE = [
  CommandIDs.create,
  CommandIDs.scale,
  CommandIDs.adapt,
  CommandIDs.script,
  CommandIDs.clientCode,
  CommandIDs.dashboard,
  CommandIDs.retry,
  CommandIDs.adaptiveLog,
  CommandIDs.shutdown
];

const model: JupyterFrontEndPlugin<IClusterModel> = {
  id: 'jupyter-jobqueue:model',
  description: 'Keeps the list of clusters.',
  provides: IClusterModel,
  activate: ({ serviceManager }: JupyterFrontEnd) =>
    new ClusterModel(
      new JobQueueAPI(serviceManager.serverSettings),
      serviceManager.events
    )
};

const panel: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-jobqueue:plugin',
  description: 'The side panel and its commands.',
  autoStart: true,
  requires: [IClusterModel],
  optional: [
    ITranslator,
    ICommandPalette,
    ILayoutRestorer,
    INotebookTracker,
    ISettingRegistry
  ],
  activate: (
    app: JupyterFrontEnd,
    model: IClusterModel,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    notebooks: INotebookTracker | null,
    settings: ISettingRegistry | null
  ) => {
    const trans = load(translator);
    const preferences = followSettings(settings, panel.id, loaded => {
      model.interval = loaded.pollInterval * 1000;
    });
    addCommands({ app, model, notebooks, preferences, trans });
    addDashboards(app, restorer);
    const widget = new ClusterPanel(model, app.commands, trans);
    app.shell.add(widget, 'left', { rank: 550, type: 'Job queue' });
    restorer?.add(widget, widget.id);
    const category = trans.__('Job queue');
    for (const command of PALETTE) {
      palette?.addItem({ command, category, args: { isPalette: true } });
    }
  }
};

const running: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-jobqueue:running',
  description: 'Lists the clusters among everything that runs.',
  autoStart: true,
  requires: [IClusterModel, IRunningSessionManagers],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    model: IClusterModel,
    managers: IRunningSessionManagers,
    translator: ITranslator | null
  ) => {
    managers.add(runningClusters(app, model, load(translator)));
  }
};

function load(translator: ITranslator | null): TranslationBundle {
  return (translator ?? nullTranslator).load('jupyter_jobqueue');
}

export * from './tokens';
export default [model, panel, running];
