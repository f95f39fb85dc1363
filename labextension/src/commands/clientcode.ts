import { Clipboard, Notification } from '@jupyterlab/apputils';
import { NotebookActions } from '@jupyterlab/notebook';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';

/** Insert code below the active cell, or into it if it is empty. Without a notebook, copy the code. */
export function insertCode(
  code: string,
  notebooks: INotebookTracker | null,
  trans: TranslationBundle
): void {
  const notebook = notebooks?.currentWidget?.content;
  if (!notebook) {
    Clipboard.copyToSystem(code);
    Notification.info(
      trans.__(
        'No notebook is open. The client code was copied to the clipboard.'
      ),
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
