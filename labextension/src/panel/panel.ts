import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { CommandToolbarButton, SidePanel } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Panel } from '@lumino/widgets';

import { ClusterList } from './clusterlist';
import type { Action } from './clustercard';
import { queueIcon } from '../components/icons';
import type { ClusterModel } from '../model/clusters';
import { startDrag } from '../commands/clientcode';
import { CommandIDs } from '../tokens';

const COMMANDS: Record<Action, string> = {
  scale: CommandIDs.scale,
  adapt: CommandIDs.adapt,
  script: CommandIDs.script,
  snippet: CommandIDs.snippet,
  dashboard: CommandIDs.dashboard,
  shutdown: CommandIDs.shutdown,
  retry: CommandIDs.retry
};

/** The side panel: a toolbar and the list of clusters. */
export class ClusterPanel extends SidePanel {
  constructor(
    private readonly model: ClusterModel,
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
    this.addWidget(this.list(commands, trans));
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

  private list(
    commands: CommandRegistry,
    trans: TranslationBundle
  ): ClusterList {
    const { model } = this;
    const callbacks = {
      onCreate: () => void commands.execute(CommandIDs.create),
      onAction: (action: Action, id: string) =>
        void commands.execute(COMMANDS[action], { id }),
      onLog: (id: string, job: string) =>
        void commands.execute(CommandIDs.log, { id, job }),
      onDismiss: (id: string) =>
        void commands.execute(CommandIDs.dismiss, { id }),
      onDragStart: (id: string, press: { clientX: number; clientY: number }) =>
        startDrag(press, model.find(id)?.name ?? '', () => model.snippet(id))
    };
    return new ClusterList(model, callbacks, trans);
  }
}
