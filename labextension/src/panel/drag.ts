import type { ICodeCell } from '@jupyterlab/nbformat';
import { MimeData } from '@lumino/coreutils';
import { Drag } from '@lumino/dragdrop';

/** The type that notebooks accept for cells. */
const CELLS = 'application/vnd.jupyter.cells';

/** Pixels that the pointer moves before a drag begins. */
const THRESHOLD = 5;

/** Where the pointer is. */
export interface IPosition {
  clientX: number;
  clientY: number;
}

/** Drag client code into a notebook, once the pointer has moved far enough from where it was pressed. */
export function startDrag(
  press: IPosition,
  name: string,
  code: () => string | undefined
): void {
  const end = (): void => {
    document.removeEventListener('pointermove', move, true);
    document.removeEventListener('pointerup', end, true);
  };
  const move = (event: PointerEvent): void => {
    const text = code();
    if (distance(event, press) >= THRESHOLD && text) {
      end();
      void drag(event, name, text);
    }
  };
  document.addEventListener('pointermove', move, true);
  document.addEventListener('pointerup', end, true);
}

function distance(one: IPosition, other: IPosition): number {
  return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
}

async function drag(
  { clientX, clientY }: IPosition,
  name: string,
  code: string
): Promise<void> {
  const mimeData = new MimeData();
  mimeData.setData(CELLS, [codeCell(code)]);
  mimeData.setData('text/plain', code);
  const drag = new Drag({
    mimeData,
    dragImage: dragImage(name),
    supportedActions: 'copy',
    proposedAction: 'copy',
    source: null
  });
  await drag.start(clientX, clientY);
  drag.dispose();
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
