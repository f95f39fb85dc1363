import type { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { INote, INotice } from '../api/types';
import { IconButton } from '../components/buttons';
import { clock } from '../components/format';

/** The number of notes that a card shows without a click. */
const RECENT = 2;

/** Move the focus to a neighbour before the notice that has it disappears. */
function focusNeighbour(button: HTMLElement): void {
  const item = button.closest('li')!;
  const neighbour = item.nextElementSibling ?? item.previousElementSibling;
  neighbour?.querySelector('button')?.focus();
}

interface INoticesProps {
  notices: readonly INotice[];
  trans: TranslationBundle;
  onDismiss: (id: string) => void;
}

/** Messages about clusters that no longer exist, newest first. */
export function Notices(props: INoticesProps): JSX.Element | null {
  const { notices, trans, onDismiss } = props;
  if (!notices.length) {
    return null;
  }
  return (
    <ul className="jp-JobQueue-notices" aria-label={trans.__('Notices')}>
      {[...notices].reverse().map(notice => (
        <Notice
          key={notice.id}
          notice={notice}
          trans={trans}
          onDismiss={onDismiss}
        />
      ))}
    </ul>
  );
}

interface INoticeProps extends Omit<INoticesProps, 'notices'> {
  notice: INotice;
}

function Notice({ notice, trans, onDismiss }: INoticeProps): JSX.Element {
  const { id, when, text } = notice;
  return (
    <li className="jp-JobQueue-notice">
      <div role="status">
        <time>{clock(when)}</time> {text}
      </div>
      <IconButton
        action="dismiss"
        label={trans.__('Dismiss: %1', text)}
        icon={closeIcon}
        onClick={event => {
          focusNeighbour(event.currentTarget);
          onDismiss(id);
        }}
      />
    </li>
  );
}

/** Unusual events in the life of a cluster, newest first; the older ones open with a click. */
export function Notes(props: {
  notes: readonly INote[];
  trans: TranslationBundle;
}): JSX.Element | null {
  const { notes, trans } = props;
  if (!notes.length) {
    return null;
  }
  const newest = [...notes].reverse();
  const older = newest.slice(RECENT);
  return (
    <div className="jp-JobQueue-notes">
      <NoteList notes={newest.slice(0, RECENT)} label={trans.__('Notes')} />
      {older.length > 0 && (
        <details>
          <summary>{trans._n('%1 older', '%1 older', older.length)}</summary>
          <NoteList notes={older} label={trans.__('Older notes')} />
        </details>
      )}
    </div>
  );
}

function NoteList(props: {
  notes: readonly INote[];
  label: string;
}): JSX.Element {
  return (
    <ul aria-label={props.label}>
      {props.notes.map(({ when, text }) => (
        <li key={`${when} ${text}`}>
          <time>{clock(when)}</time> {text}
        </li>
      ))}
    </ul>
  );
}
