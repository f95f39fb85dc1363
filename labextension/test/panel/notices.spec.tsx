import { fireEvent, render, screen, within } from '@testing-library/react';
import * as React from 'react';

import { clock } from '../../src/components/format';
import { Notes, Notices } from '../../src/panel/notices';
import { trans } from '../utils';

/** Notes of these texts, each an hour after the one before. */
function notesOf(...texts: string[]): { when: number; text: string }[] {
  return texts.map((text, place) => ({ when: 3600 * place, text }));
}

const items = (list: HTMLElement): string[] =>
  within(list)
    .getAllByRole('listitem')
    .map(each => each.textContent!);

describe('Notes', () => {
  it('should show nothing of none', () => {
    const { container } = render(<Notes notes={[]} trans={trans} />);
    expect(container.innerHTML).toBe('');
  });

  it('should show the newest first, with the time', () => {
    render(<Notes notes={notesOf('a', 'b')} trans={trans} />);
    expect(items(screen.getByRole('list', { name: 'Notes' }))).toEqual([
      `${clock(3600)} b`,
      `${clock(0)} a`
    ]);
    expect(screen.queryByText(/older/)).toBe(null);
  });

  it('should fold older ones away', () => {
    render(<Notes notes={notesOf('a', 'b', 'c', 'd')} trans={trans} />);
    const fold = screen.getByText('2 older').closest('details')!;
    expect(fold.open).toBe(false);
    expect(items(fold)).toEqual([`${clock(3600)} b`, `${clock(0)} a`]);
    expect(items(screen.getByRole('list', { name: 'Notes' }))).toHaveLength(2);
  });
});

describe('Notices', () => {
  const onDismiss = jest.fn();
  const notices = notesOf('a', 'b').map(each => ({ ...each, id: each.text }));

  beforeEach(() => {
    onDismiss.mockClear();
    render(<Notices notices={notices} trans={trans} onDismiss={onDismiss} />);
  });

  const button = (text: string): HTMLElement =>
    screen.getByRole('button', { name: `Dismiss: ${text}` });

  it('should show each as a status, newest first', () => {
    expect(screen.getAllByRole('status').map(each => each.textContent)).toEqual(
      [`${clock(3600)} b`, `${clock(0)} a`]
    );
  });

  it('should dismiss the right one', () => {
    fireEvent.click(button('a'));
    expect(onDismiss.mock.calls).toEqual([['a']]);
  });

  it.each([
    ['a', 'b'],
    ['b', 'a']
  ])('should give the focus of %s to %s', (gone, other) => {
    button(gone).focus();
    fireEvent.click(button(gone));
    expect(document.activeElement).toBe(button(other));
  });
});
