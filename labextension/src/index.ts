import { ILayoutRestorer } from '@jupyterlab/application';
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import type { IFrame, MainAreaWidget } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRunningSessionManagers } from '@jupyterlab/running';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { JobQueueAPI } from './api/api';
import { addCommands } from './commands/commands';
import type { IPreferences } from './commands/context';
import { dashboardWidget } from './commands/dashboard';
import { jobCounts } from './components/format';
import { queueIcon } from './components/icons';
import { ClusterModel } from './model/clusters';
import { ClusterPanel } from './panel/panel';
import { CommandIDs, IClusterModel } from './tokens';

const DOMAIN = 'jupyter_jobqueue';

const model: JupyterFrontEndPlugin<ClusterModel> = {
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
    clusters: ClusterModel,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    notebooks: INotebookTracker | null,
    settings: ISettingRegistry | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const preferences: IPreferences = {
      defaultProfile: '',
      confirmShutdown: true,
      pollInterval: 5
    };
    void settings?.load(panel.id).then(loaded => {
      const read = () => {
        Object.assign(preferences, loaded.composite);
        clusters.interval = preferences.pollInterval * 1000;
      };
      loaded.changed.connect(read);
      read();
    });
    addCommands({ app, model: clusters, notebooks, preferences, trans });
    addDashboards(app, restorer);
    const widget = new ClusterPanel(clusters, app.commands, trans);
    app.shell.add(widget, 'left', { rank: 550, type: 'Job queue' });
    restorer?.add(widget, widget.id);
    const category = trans.__('Job queue');
    for (const command of [
      CommandIDs.create,
      CommandIDs.scale,
      CommandIDs.adapt,
      CommandIDs.script,
      CommandIDs.snippet,
      CommandIDs.dashboard,
      CommandIDs.retry,
      CommandIDs.decisions,
      CommandIDs.shutdown
    ]) {
      palette?.addItem({ command, category, args: { isPalette: true } });
    }
  }
};

/** Add the command that opens a dashboard, and bring open ones back after a reload. */
function addDashboards(
  app: JupyterFrontEnd,
  restorer: ILayoutRestorer | null
): void {
  const tracker = new WidgetTracker<MainAreaWidget<IFrame>>({
    namespace: 'jupyter-jobqueue-dashboards'
  });
  app.commands.addCommand(CommandIDs.openDashboard, {
    describedBy: {
      args: {
        type: 'object',
        properties: { path: { type: 'string' }, name: { type: 'string' } }
      }
    },
    execute: async args => {
      const { baseUrl } = app.serviceManager.serverSettings;
      const widget = dashboardWidget(
        baseUrl,
        String(args.path),
        String(args.name)
      );
      const open = tracker.find(each => each.id === widget.id);
      if (open) {
        widget.dispose();
        app.shell.activateById(open.id);
        return open;
      }
      await tracker.add(widget);
      app.shell.add(widget, 'main', { mode: 'split-right' });
      return widget;
    }
  });
  const path = (widget: MainAreaWidget): string =>
    widget.id.replace('jupyter-jobqueue-dashboard-', '');
  void restorer?.restore(tracker, {
    command: CommandIDs.openDashboard,
    args: widget => ({ path: path(widget), name: widget.title.label }),
    name: path
  });
}

const running: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-jobqueue:running',
  description: 'Lists the clusters among what is running.',
  autoStart: true,
  requires: [IClusterModel, IRunningSessionManagers],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    clusters: ClusterModel,
    managers: IRunningSessionManagers,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    managers.add({
      name: trans.__('Dask clusters'),
      running: () =>
        clusters.clusters.map(cluster => ({
          icon: () => queueIcon,
          label: () => cluster.name,
          labelTitle: () => cluster.detail || cluster.system,
          detail: () => jobCounts(cluster, trans),
          open: () => app.shell.activateById('jupyter-jobqueue-panel'),
          shutdown: () => void clusters.close(cluster.id)
        })),
      shutdownAll: () =>
        clusters.clusters.forEach(({ id }) => void clusters.close(id)),
      refreshRunning: () => void clusters.refresh(),
      runningChanged: clusters.stateChanged,
      shutdownLabel: trans.__('Shut Down'),
      shutdownAllLabel: trans.__('Shut Down All'),
      shutdownAllConfirmationText: trans.__(
        'Shut down all Dask clusters and cancel their jobs?'
      )
    });
  }
};

export type { IPreferences };
export default [model, panel, running];
