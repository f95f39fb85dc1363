import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { ICreateRequest } from '../api/types';
import { FieldError } from './errormessage';
import type { Errors } from './errormessage';

/** How many jobs a cluster has: a fixed number, or a range that it scales in. */
export interface ISize {
  adaptive: boolean;
  jobs: number;
  range: { minimum: number; maximum: number };
}

/** The part of a size that a request contains. */
export function sizeRequest(
  size: ISize
): Pick<ICreateRequest, 'jobs' | 'adapt'> {
  return size.adaptive ? { adapt: size.range } : { jobs: size.jobs };
}

/** The missing numbers of a size, by field; a request would silently leave them out. */
export function sizeErrors(size: ISize, trans: TranslationBundle): Errors {
  const numbers = size.adaptive ? size.range : { jobs: size.jobs };
  const missing = Object.entries(numbers).filter(([, value]) =>
    Number.isNaN(value)
  );
  const text = trans.__('Enter a number.');
  return Object.fromEntries(missing.map(([field]) => [field, text]));
}

interface INumberProps {
  id: string;
  label: string;
  value: number;
  error?: string;
  autoFocus?: boolean;
  onChange: (value: number) => void;
}

/** A labelled number. */
export function NumberField(props: INumberProps): JSX.Element {
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
      <FieldError text={error} />
    </div>
  );
}

/** The number of jobs of a fixed size. */
export function JobsField(props: {
  jobs: number;
  errors: Errors;
  trans: TranslationBundle;
  autoFocus?: boolean;
  onChange: (jobs: number) => void;
}): JSX.Element {
  return (
    <NumberField
      id="jp-JobQueue-jobs"
      label={props.trans.__('Number of jobs')}
      value={props.jobs}
      error={props.errors.jobs}
      autoFocus={props.autoFocus}
      onChange={props.onChange}
    />
  );
}

interface IRangeProps {
  range: ISize['range'];
  errors: Errors;
  trans: TranslationBundle;
  onChange: (range: ISize['range']) => void;
}

/** The limits between which a cluster scales by itself. */
export function RangeFields(props: IRangeProps): JSX.Element {
  const { range, errors, trans, onChange } = props;
  return (
    <div className="jp-JobQueue-pair">
      <NumberField
        id="jp-JobQueue-minimum"
        label={trans.__('Minimum jobs')}
        value={range.minimum}
        error={errors.minimum}
        onChange={minimum => onChange({ ...range, minimum })}
      />
      <NumberField
        id="jp-JobQueue-maximum"
        label={trans.__('Maximum jobs')}
        value={range.maximum}
        error={errors.maximum}
        onChange={maximum => onChange({ ...range, maximum })}
      />
    </div>
  );
}

interface ISizeProps {
  size: ISize;
  errors: Errors;
  trans: TranslationBundle;
  onChange: (size: ISize) => void;
}

/** The choice between a fixed size and a range. */
function Mode({ size, trans, onChange }: ISizeProps): JSX.Element {
  const choices: [boolean, string][] = [
    [false, trans.__('Fixed')],
    [true, trans.__('Autoscale')]
  ];
  return (
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
  );
}

/** The size of a new cluster. */
export function SizeForm(props: ISizeProps): JSX.Element {
  const { size, errors, trans, onChange } = props;
  return (
    <fieldset className="jp-JobQueue-size">
      <legend>{trans.__('Size')}</legend>
      <Mode {...props} />
      {size.adaptive ? (
        <RangeFields
          range={size.range}
          errors={errors}
          trans={trans}
          onChange={range => onChange({ ...size, range })}
        />
      ) : (
        <JobsField
          jobs={size.jobs}
          errors={errors}
          trans={trans}
          onChange={jobs => onChange({ ...size, jobs })}
        />
      )}
    </fieldset>
  );
}
