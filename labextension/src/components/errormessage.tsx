import * as React from 'react';

import { RequestError } from '../api/request';

/** What the server or the queue said against a request, by the field at fault; `''` is for none. */
export type Errors = Record<string, string>;

/** Put an error where it belongs: `options.cores` at `cores`, one of no field at `''`. */
export function errorsOf(error: unknown, fields: ReadonlySet<string>): Errors {
  const said = error instanceof Error ? error.message : String(error);
  if (!(error instanceof RequestError)) {
    return { '': said };
  }
  const field = error.field.split('.').pop() ?? '';
  const words = [said, error.details].filter(text => text).join('\n');
  return fields.has(field) ? { [field]: words } : { '': words };
}

/** An error that belongs to no field. */
export function Refusal(props: { text?: string }): JSX.Element | null {
  if (!props.text) {
    return null;
  }
  return (
    <pre className="jp-JobQueue-refusal" role="alert">
      {props.text}
    </pre>
  );
}
