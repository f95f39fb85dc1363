import { Drag } from '@lumino/dragdrop';
import { fireEvent } from '@testing-library/react';

import { startDrag } from '../../src/panel/drag';

const CODE = 'client = Client()';

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
