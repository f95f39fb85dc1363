import type { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { IconButton } from '../components/buttons';
import { clock } from '../components/format';
import type { INote, INotice } from '../tokens';

/** Notes that are shown at once. */
const RECENT = 2;

/** Keep the focus among the notices when the one that has it goes. */
function leave(button: HTMLElement): void {
  const item = button.closest('li')!;
  const other = item.nextElementSibling ?? item.previousElementSibling;
  other?.querySelector('button')?.focus();
}

/** What there is to say about clusters that are gone, newest first, until it is dismissed. */
export function Notices(props: {
  notices: readonly INotice[];
  trans: TranslationBundle;
  onDismiss: (id: string) => void;
}): JSX.Element | null {
  const { notices, trans, onDismiss } = props;
  if (!notices.length) {
    return null;
  }
  return (
    <ul className="jp-JobQueue-notices" aria-label={trans.__('Notices')}>
      {[...notices].reverse().map(({ id, when, text }) => (
        <li key={id} className="jp-JobQueue-notice">
          <div role="status">
            <time>{clock(when)}</time> {text}
          </div>
          <IconButton
            action="dismiss"
            label={trans.__('Dismiss: %1', text)}
            icon={closeIcon}
            onClick={event => {
              leave(event.currentTarget);
              onDismiss(id);
            }}
          />
        </li>
      ))}
    </ul>
  );
}

/** What happened to a cluster beyond the ordinary, newest first, older things folded away. */
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
