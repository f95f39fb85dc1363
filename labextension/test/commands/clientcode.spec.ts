import { Clipboard, Notification } from '@jupyterlab/apputils';
import { NotebookActions } from '@jupyterlab/notebook';
import type { INotebookTracker } from '@jupyterlab/notebook';
import { Drag } from '@lumino/dragdrop';
import { fireEvent } from '@testing-library/react';

import { insertCode, startDrag } from '../../src/commands/clientcode';
import { trans } from '../utils';

const CODE = 'client = Client()';

/** A cell with as much of a model as is needed. */
function makeCell(type: string, source: string) {
  const sharedModel = {
    getSource: () => source,
    setSource: (text: string) => void (source = text)
  };
  return { model: { type, sharedModel } };
}

describe('#insertCode()', () => {
  let copy: jest.SpyInstance;
  let insert: jest.SpyInstance;

  beforeEach(() => {
    copy = jest.spyOn(Clipboard, 'copyToSystem').mockReturnValue();
    insert = jest
      .spyOn(NotebookActions, 'insertBelow')
      .mockImplementation(notebook => {
        Object.assign(notebook, { activeCell: makeCell('code', '') });
      });
  });

  afterEach(() => {
    Notification.dismiss();
  });

  function insertAt(cell: ReturnType<typeof makeCell> | null): {
    source: string;
  } {
    const content = { activeCell: cell };
    const notebooks = { currentWidget: { content } };
    insertCode(CODE, notebooks as unknown as INotebookTracker, trans);
    return { source: content.activeCell!.model.sharedModel.getSource() };
  }

  it.each([
    ['no notebooks', null],
    ['no notebook open', { currentWidget: null } as INotebookTracker]
  ])('should copy when there is %s', (_, notebooks) => {
    insertCode(CODE, notebooks, trans);
    expect(copy.mock.calls).toEqual([[CODE]]);
    expect(Notification.manager.notifications[0].message).toContain(
      'the client code was copied'
    );
    expect(insert).not.toHaveBeenCalled();
  });

  it('should make a cell below one that is used', () => {
    const used = makeCell('code', 'import dask');
    expect(insertAt(used).source).toBe(CODE);
    expect(insert).toHaveBeenCalledTimes(1);
    expect(used.model.sharedModel.getSource()).toBe('import dask');
    expect(copy).not.toHaveBeenCalled();
  });

  it('should make a cell below one of text', () => {
    const text = makeCell('markdown', '');
    expect(insertAt(text).source).toBe(CODE);
    expect(text.model.sharedModel.getSource()).toBe('');
  });

  it('should use an empty cell', () => {
    const empty = makeCell('code', ' \n');
    expect(insertAt(empty).source).toBe(CODE);
    expect(empty.model.sharedModel.getSource()).toBe(CODE);
    expect(insert).not.toHaveBeenCalled();
  });

  it('should make a cell where there is none', () => {
    expect(insertAt(null).source).toBe(CODE);
  });
});

describe('#startDrag()', () => {
  let start: jest.SpyInstance;

  beforeEach(() => {
    start = jest.spyOn(Drag.prototype, 'start').mockResolvedValue('none');
  });

  afterEach(() => {
    fireEvent.pointerUp(document);
  });

  function move(clientX: number, clientY: number): void {
    document.dispatchEvent(
      new PointerEvent('pointermove', { clientX, clientY })
    );
  }

  function press(code: () => string | undefined = () => CODE): void {
    startDrag({ clientX: 100, clientY: 100 }, 'slurm-1', code);
  }

  it('should wait until the pointer has moved five pixels', () => {
    press();
    move(100, 100);
    move(103, 103);
    expect(start).not.toHaveBeenCalled();
    move(103, 104);
    expect(start.mock.calls).toEqual([[103, 104]]);
  });

  it('should carry a code cell, and the code as text', () => {
    press();
    move(110, 100);
    const drag = start.mock.contexts[0] as Drag;
    expect(drag.mimeData.getData('application/vnd.jupyter.cells')).toEqual([
      {
        cell_type: 'code',
        execution_count: null,
        metadata: {},
        outputs: [],
        source: CODE
      }
    ]);
    expect(drag.mimeData.getData('text/plain')).toBe(CODE);
    expect(drag.supportedActions).toBe('copy');
    expect(drag.dragImage!.textContent).toBe('slurm-1');
  });

  it('should begin once', () => {
    press();
    move(110, 100);
    move(120, 100);
    expect(start).toHaveBeenCalledTimes(1);
  });

  it('should not begin after the pointer is released', () => {
    press();
    fireEvent.pointerUp(document);
    move(200, 200);
    expect(start).not.toHaveBeenCalled();
  });

  it('should wait for the code', () => {
    let code = '';
    press(() => code);
    move(110, 100);
    expect(start).not.toHaveBeenCalled();
    code = CODE;
    move(111, 100);
    expect(start).toHaveBeenCalledTimes(1);
  });

  it('should dispose of the drag at its end', async () => {
    press();
    move(110, 100);
    await start.mock.results[0].value;
    expect((start.mock.contexts[0] as Drag).isDisposed).toBe(true);
  });
});
