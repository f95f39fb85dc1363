import * as React from 'react';

import { RequestError } from '../api/request';

/** Error messages by the field that they are shown at; those at `''` belong to no field. */
export type Errors = Record<string, string>;

/** Sort an error to its field: `options.cores` to `cores`, and to `''` what matches none of `fields`. */
export function fieldErrors(
  error: unknown,
  fields: ReadonlySet<string>
): Errors {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof RequestError)) {
    return { '': message };
  }
  const field = error.field.split('.').pop() ?? '';
  const text = [message, error.details].filter(part => part).join('\n');
  return fields.has(field) ? { [field]: text } : { '': text };
}

/** An error that belongs to no field. */
export function ErrorMessage(props: { text?: string }): JSX.Element | null {
  if (!props.text) {
    return null;
  }
  return (
    <pre className="jp-JobQueue-errorMessage" role="alert">
      {props.text}
    </pre>
  );
}

/** An error below its field. */
export function FieldError(props: { text?: string }): JSX.Element | null {
  if (!props.text) {
    return null;
  }
  return (
    <div className="jp-JobQueue-fieldError" role="alert">
      {props.text}
    </div>
  );
}
