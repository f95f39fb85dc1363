import type { ILayoutRestorer, JupyterFrontEnd } from '@jupyterlab/application';
import { IFrame, MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { queueIcon } from '../components/icons';
import { CommandIDs } from '../tokens';

type Dashboard = MainAreaWidget<IFrame>;

const ID_PREFIX = 'jupyter-jobqueue-dashboard-';

const ARGUMENTS = {
  args: {
    type: 'object' as const,
    properties: {
      path: { type: 'string' as const },
      name: { type: 'string' as const }
    }
  }
};

/** Add the command that opens a dashboard, and reopen the dashboards after a reload of the page. */
export function addDashboards(
  app: JupyterFrontEnd,
  restorer: ILayoutRestorer | null
): void {
  const tracker = new WidgetTracker<Dashboard>({
    namespace: 'jupyter-jobqueue-dashboards'
  });
  app.commands.addCommand(CommandIDs.openDashboard, {
    describedBy: ARGUMENTS,
    execute: args => open(app, tracker, args)
  });
  const path = ({ id }: Dashboard): string => id.replace(ID_PREFIX, '');
  void restorer?.restore(tracker, {
    command: CommandIDs.openDashboard,
    args: widget => ({ path: path(widget), name: widget.title.label }),
    name: path
  });
}

/** Show a dashboard, which may be open already. */
async function open(
  app: JupyterFrontEnd,
  tracker: WidgetTracker<Dashboard>,
  args: ReadonlyPartialJSONObject
): Promise<Dashboard> {
  const path = String(args.path);
  const shown = tracker.find(({ id }) => id === ID_PREFIX + path);
  if (shown) {
    app.shell.activateById(shown.id);
    return shown;
  }
  const { baseUrl } = app.serviceManager.serverSettings;
  const widget = makeDashboard(baseUrl, path, String(args.name));
  await tracker.add(widget);
  app.shell.add(widget, 'main', { mode: 'split-right' });
  return widget;
}

function makeDashboard(baseUrl: string, path: string, name: string): Dashboard {
  const content = new IFrame({
    sandbox: ['allow-scripts', 'allow-same-origin'],
    referrerPolicy: 'same-origin',
    loading: 'lazy'
  });
  content.url = URLExt.join(baseUrl, path);
  const widget = new MainAreaWidget({ content });
  widget.id = ID_PREFIX + path;
  widget.title.label = name;
  widget.title.icon = queueIcon;
  widget.title.closable = true;
  return widget;
}
