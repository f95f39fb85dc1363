import { Clipboard, Notification } from '@jupyterlab/apputils';
import type { ICodeCell } from '@jupyterlab/nbformat';
import { NotebookActions } from '@jupyterlab/notebook';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { MimeData } from '@lumino/coreutils';
import { Drag } from '@lumino/dragdrop';

const CELLS = 'application/vnd.jupyter.cells';
const FAR_ENOUGH = 5;

/** Put code into a new cell below the active one; without a notebook, onto the clipboard. */
export function insertCode(
  code: string,
  notebooks: INotebookTracker | null,
  trans: TranslationBundle
): void {
  const notebook = notebooks?.currentWidget?.content;
  if (!notebook) {
    Clipboard.copyToSystem(code);
    Notification.info(
      trans.__('No notebook is open: the client code was copied instead.'),
      { autoClose: 5000 }
    );
    return;
  }
  const active = notebook.activeCell?.model;
  if (active?.type !== 'code' || active.sharedModel.getSource().trim()) {
    NotebookActions.insertBelow(notebook);
  }
  notebook.activeCell?.model.sharedModel.setSource(code.trimEnd());
}

function codeCell(code: string): ICodeCell {
  return {
    cell_type: 'code',
    execution_count: null,
    metadata: {},
    outputs: [],
    source: code.trimEnd()
  };
}

function dragImage(label: string): HTMLElement {
  const image = document.createElement('div');
  image.className = 'jp-JobQueue-dragImage';
  image.textContent = label;
  return image;
}

/** Begin a drag of client code once the pointer has moved far enough from where it was pressed. */
export function startDrag(
  press: { clientX: number; clientY: number },
  name: string,
  code: () => string | undefined
): void {
  const end = (): void => {
    document.removeEventListener('pointermove', move, true);
    document.removeEventListener('pointerup', end, true);
  };
  const move = (event: PointerEvent): void => {
    const distance = Math.hypot(
      event.clientX - press.clientX,
      event.clientY - press.clientY
    );
    const text = code();
    if (distance >= FAR_ENOUGH && text) {
      end();
      void drag(event, name, text);
    }
  };
  document.addEventListener('pointermove', move, true);
  document.addEventListener('pointerup', end, true);
}

async function drag(
  at: { clientX: number; clientY: number },
  name: string,
  code: string
): Promise<void> {
  const mimeData = new MimeData();
  mimeData.setData(CELLS, [codeCell(code)]);
  mimeData.setData('text/plain', code);
  const motion = new Drag({
    mimeData,
    dragImage: dragImage(name),
    supportedActions: 'copy',
    proposedAction: 'copy',
    source: null
  });
  await motion.start(at.clientX, at.clientY);
  motion.dispose();
}
