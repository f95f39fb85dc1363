import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IRange } from '../tokens';

/** How many jobs: a number, or a range that the work decides in. */
export interface ISize {
  adaptive: boolean;
  jobs: number;
  range: { minimum: number; maximum: number };
}

/** Keep of a size what the server is asked. */
export function sizeRequest(size: ISize): { jobs?: number; adapt?: IRange } {
  return size.adaptive ? { adapt: size.range } : { jobs: size.jobs };
}

/** What is missing in a size, by field: an emptied field would be sent as none at all. */
export function sizeErrors(
  size: ISize,
  trans: TranslationBundle
): Record<string, string> {
  const asked = size.adaptive ? size.range : { jobs: size.jobs };
  const missing = Object.entries(asked).filter(([, value]) =>
    Number.isNaN(value)
  );
  const text = trans.__('Enter a number.');
  return Object.fromEntries(missing.map(([field]) => [field, text]));
}

/** One labelled number. */
export function NumberField(props: {
  id: string;
  label: string;
  value: number;
  error?: string;
  autoFocus?: boolean;
  onChange: (value: number) => void;
}): JSX.Element {
  const { id, label, value, error, onChange } = props;
  return (
    <div className="jp-JobQueue-field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="jp-mod-styled"
        type="number"
        min={0}
        step={1}
        autoFocus={props.autoFocus}
        value={Number.isNaN(value) ? '' : value}
        aria-invalid={!!error}
        onChange={event => onChange(event.target.valueAsNumber)}
      />
      {error && (
        <div className="jp-JobQueue-fieldError" role="alert">
          {error}
        </div>
      )}
    </div>
  );
}

/** Minimum and maximum. */
export function RangeFields(props: {
  range: ISize['range'];
  errors: Record<string, string>;
  trans: TranslationBundle;
  onChange: (range: ISize['range']) => void;
}): JSX.Element {
  const { range, errors, trans, onChange } = props;
  return (
    <div className="jp-JobQueue-pair">
      <NumberField
        id="jp-JobQueue-minimum"
        label={trans.__('Fewest jobs')}
        value={range.minimum}
        error={errors.minimum}
        onChange={minimum => onChange({ ...range, minimum })}
      />
      <NumberField
        id="jp-JobQueue-maximum"
        label={trans.__('Most jobs')}
        value={range.maximum}
        error={errors.maximum}
        onChange={maximum => onChange({ ...range, maximum })}
      />
    </div>
  );
}

/** A choice between a fixed number and a range. */
export function SizeForm(props: {
  size: ISize;
  errors: Record<string, string>;
  trans: TranslationBundle;
  onChange: (size: ISize) => void;
}): JSX.Element {
  const { size, errors, trans, onChange } = props;
  const choices: [boolean, string][] = [
    [false, trans.__('Fixed')],
    [true, trans.__('Adaptive')]
  ];
  return (
    <fieldset className="jp-JobQueue-size">
      <legend>{trans.__('Size')}</legend>
      <div className="jp-JobQueue-choices">
        {choices.map(([adaptive, label]) => (
          <label key={label}>
            <input
              type="radio"
              name="jp-JobQueue-mode"
              checked={size.adaptive === adaptive}
              onChange={() => onChange({ ...size, adaptive })}
            />
            {label}
          </label>
        ))}
      </div>
      {size.adaptive ? (
        <RangeFields
          range={size.range}
          errors={errors}
          trans={trans}
          onChange={range => onChange({ ...size, range })}
        />
      ) : (
        <NumberField
          id="jp-JobQueue-jobs"
          label={trans.__('Number of jobs')}
          value={size.jobs}
          error={errors.jobs}
          onChange={jobs => onChange({ ...size, jobs })}
        />
      )}
    </fieldset>
  );
}
