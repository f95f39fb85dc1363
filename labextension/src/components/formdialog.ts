import { Dialog } from '@jupyterlab/apputils';
import type { Widget } from '@lumino/widgets';

/** The body of a form dialog. */
export interface IFormBody extends Widget {
  /** Send the form; false keeps the dialog open, with everything that was entered. */
  submit(): Promise<boolean>;
}

/**
 * A dialog whose body is drawn by React, which is after the dialog is attached. JupyterLab looks for
 * the first field before that, finds only the buttons, and would keep the Tab key among them.
 */
export class ReactDialog<T> extends Dialog<T> {
  handleEvent(event: Event): void {
    if (this.isTabFromLastButton(event)) {
      event.preventDefault();
      event.stopPropagation();
      this.node.querySelector<HTMLElement>('button, input, select')?.focus();
    } else {
      super.handleEvent(event);
    }
  }

  private isTabFromLastButton(event: Event): boolean {
    const { key, shiftKey, type } = event as KeyboardEvent;
    const buttons = this.node.querySelectorAll('.jp-Dialog-footer button');
    const isTab = type === 'keydown' && key === 'Tab' && !shiftKey;
    return isTab && document.activeElement === buttons[buttons.length - 1];
  }
}

/** A dialog that closes once its form is sent. It sends one request at a time. */
export class FormDialog extends ReactDialog<void> {
  constructor(options: {
    title: string;
    body: IFormBody;
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
    this.form = body;
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
    if (!this.isBusy) {
      void this.submit();
    }
  }

  private async submit(): Promise<void> {
    this.isBusy = true;
    this.addClass('jp-mod-busy');
    try {
      if ((await this.form.submit()) && !this.isDisposed) {
        super.resolve(1);
      }
    } finally {
      this.isBusy = false;
      this.removeClass('jp-mod-busy');
    }
  }

  private isBusy = false;
  private readonly form: IFormBody;
}
