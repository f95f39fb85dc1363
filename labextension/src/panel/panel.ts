import type { TranslationBundle } from '@jupyterlab/translation';
import { CommandToolbarButton, SidePanel } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { Panel } from '@lumino/widgets';

import { queueIcon } from '../components/icons';
import { CommandIDs } from '../tokens';
import type { IClusterModel } from '../tokens';
import { ClusterList } from './clusterlist';
import type { IListCallbacks } from './clusterlist';
import { startDrag } from './drag';
import { logIn } from './login';

/** The side panel: a toolbar and the list of clusters. */
export class ClusterPanel extends SidePanel {
  constructor(
    private readonly model: IClusterModel,
    commands: CommandRegistry,
    trans: TranslationBundle
  ) {
    super({ content: new Panel() });
    this.id = 'jupyter-jobqueue-panel';
    this.addClass('jp-JobQueue-panel');
    this.title.icon = queueIcon;
    this.title.caption = trans.__('Dask clusters on the job queue');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', this.title.caption);
    this.fillToolbar(commands, trans);
    this.addWidget(new ClusterList(model, callbacks(model, commands), trans));
  }

  protected onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.model.isActive = true;
  }

  protected onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    this.model.isActive = false;
  }

  private fillToolbar(
    commands: CommandRegistry,
    trans: TranslationBundle
  ): void {
    const create = new CommandToolbarButton({
      commands,
      id: CommandIDs.create,
      label: trans.__('New cluster')
    });
    create.addClass('jp-JobQueue-create');
    this.toolbar.addItem('create', create);
    const refresh = { commands, id: CommandIDs.refresh, label: '' };
    this.toolbar.addItem('refresh', new CommandToolbarButton(refresh));
    this.toolbar.node.setAttribute('aria-label', trans.__('Cluster actions'));
  }
}

/** Execute a command for everything that somebody does in the list. */
function callbacks(
  model: IClusterModel,
  commands: CommandRegistry
): IListCallbacks {
  return {
    onCreate: () => void commands.execute(CommandIDs.create),
    onLogin: () => logIn(model),
    onAction: (action, id) => void commands.execute(CommandIDs[action], { id }),
    onLog: (id, job) => void commands.execute(CommandIDs.log, { id, job }),
    onDismiss: id => void commands.execute(CommandIDs.dismiss, { id }),
    onDragStart: (id, press) =>
      startDrag(press, model.find(id)?.name ?? '', () => model.clientCode(id))
  };
}
