import { Clipboard, Notification } from '@jupyterlab/apputils';
import { NotebookActions } from '@jupyterlab/notebook';
import type { INotebookTracker } from '@jupyterlab/notebook';

import { insertCode } from '../../src/commands/clientcode';
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
      'The client code was copied to the clipboard.'
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
