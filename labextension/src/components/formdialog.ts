import { Dialog } from '@jupyterlab/apputils';
import type { Widget } from '@lumino/widgets';

/** A body that does the work of its dialog. */
export interface ISubmitBody extends Widget {
  /** Do it; false keeps the dialog open with what the person typed. */
  submit(): Promise<boolean>;
}

/**
 * A dialog whose body is drawn after it was attached. That is when JupyterLab looks for the first
 * field, finds the buttons only, and would keep the Tab key among them.
 */
export class LateDialog<T> extends Dialog<T> {
  handleEvent(event: Event): void {
    const { key, shiftKey, type } = event as KeyboardEvent;
    const buttons = this.node.querySelectorAll('.jp-Dialog-footer button');
    const last = buttons[buttons.length - 1];
    if (type === 'keydown' && key === 'Tab' && !shiftKey) {
      if (document.activeElement === last) {
        event.preventDefault();
        event.stopPropagation();
        this.node.querySelector<HTMLElement>('button, input, select')?.focus();
        return;
      }
    }
    super.handleEvent(event);
  }
}

/** A dialog that closes only when its work is done, and does it only once at a time. */
export class SubmitDialog extends LateDialog<void> {
  constructor(options: {
    title: string;
    body: ISubmitBody;
    accept: string;
    cancel: string;
    className?: string;
  }) {
    const { title, body, accept, cancel } = options;
    const buttons = [
      Dialog.cancelButton({ label: cancel }),
      Dialog.okButton({ label: accept })
    ];
    super({ title, body, buttons, defaultButton: 1, hasClose: true });
    this.work = body;
    this.addClass('jp-JobQueue-dialog');
    if (options.className) {
      this.addClass(options.className);
    }
  }

  resolve(index?: number): void {
    if (index !== undefined && index !== 1) {
      super.resolve(index);
      return;
    }
    if (!this.busy) {
      void this.submit();
    }
  }

  private async submit(): Promise<void> {
    this.busy = true;
    this.addClass('jp-mod-busy');
    try {
      if ((await this.work.submit()) && !this.isDisposed) {
        super.resolve(1);
      }
    } finally {
      this.busy = false;
      this.removeClass('jp-mod-busy');
    }
  }

  private busy = false;
  private readonly work: ISubmitBody;
}
