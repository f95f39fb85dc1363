import { FormComponent } from '@jupyterlab/ui-components';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import type { ErrorSchema } from '@rjsf/utils';
import { customizeValidator } from '@rjsf/validator-ajv8';
import * as React from 'react';

import type { ISchema } from '../api/types';
import type { Errors } from '../components/errormessage';
import type { IFormProps } from './draft';
import { changed, groups, uiSchema } from './schema';

const validator = customizeValidator<ReadonlyJSONObject>();

function extraErrors(errors: Errors): ErrorSchema<ReadonlyJSONObject> {
  const named = Object.entries(errors).filter(([field]) => field);
  return Object.fromEntries(
    named.map(([field, text]) => [field, { __errors: [text] }])
  ) as ErrorSchema<ReadonlyJSONObject>;
}

/** Give the inputs accessible names and descriptions: the form's template only shows them nearby. */
function nameInputs(form: HTMLElement): void {
  form.querySelectorAll('.jp-root > fieldset > .form-group').forEach(group => {
    const text = (selector: string): string =>
      group.querySelector(selector)?.textContent ?? '';
    const label = text('.jp-FormGroup-fieldLabel, .checkbox label');
    const help = text('.jp-FormGroup-description, .field-description');
    group.querySelectorAll('.form-control, [type=checkbox]').forEach(field => {
      field.setAttribute('aria-label', label);
      field.setAttribute('aria-description', help);
    });
    group.querySelectorAll('.jp-ArrayOperationsButton').forEach(button => {
      const action = button.getAttribute('title');
      button.setAttribute('aria-label', `${label}: ${action}`);
    });
  });
}

/** The options of the schema that have a value; and the values of all other options. */
function split(options: Record<string, unknown>, schema: ISchema) {
  const values = Object.entries(options);
  const isShown = ([name]: [string, unknown]) => name in schema.properties;
  return {
    shown: Object.fromEntries(values.filter(isShown)) as ReadonlyJSONObject,
    others: Object.fromEntries(values.filter(value => !isShown(value)))
  };
}

/** The form of some options. It does not change the others. */
export function Options(
  props: IFormProps & { id: string; schema: ISchema }
): JSX.Element {
  const { draft, id, schema, trans, onChange } = props;
  const { shown, others } = split(draft.options, schema);
  const form = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => nameInputs(form.current!));
  return (
    <div ref={form}>
      <FormComponent
        compact
        idPrefix={id}
        schema={schema}
        uiSchema={uiSchema(schema, trans)}
        formData={shown}
        validator={validator}
        noHtml5Validate
        liveValidate
        showErrorList={false}
        extraErrors={extraErrors(draft.errors)}
        onChange={({ formData }) =>
          onChange({ options: { ...others, ...changed(formData, schema) } })
        }
      />
    </div>
  );
}

/** The options that few people need; they open by themselves if one of them has an error. */
export function MoreOptions(props: IFormProps): JSX.Element {
  const { draft, trans } = props;
  const details = React.useRef<HTMLDetailsElement>(null);
  const shown = React.useMemo(
    () => groups(draft.schema!, trans),
    [draft.schema, trans]
  );
  const hasError = shown.some(({ schema }) =>
    Object.keys(schema.properties).some(name => draft.errors[name])
  );
  React.useEffect(() => {
    if (hasError) {
      details.current!.open = true;
    }
  }, [hasError]);
  return (
    <details className="jp-JobQueue-more" ref={details}>
      <summary>{trans.__('More options')}</summary>
      {shown.map(({ id, title, schema }) => (
        <section key={id} aria-label={title}>
          <h4>{title}</h4>
          <Options {...props} id={`more-${id}`} schema={schema} />
        </section>
      ))}
    </details>
  );
}
