import { FormComponent } from '@jupyterlab/ui-components';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import type { ErrorSchema } from '@rjsf/utils';
import { customizeValidator } from '@rjsf/validator-ajv8';
import * as React from 'react';

import type { IDraft } from './body';
import type { IFormProps } from './form';
import { changed, groups, uiSchema } from './schema';
import type { ISchema } from '../tokens';

const validator = customizeValidator<ReadonlyJSONObject>();

function extraErrors(draft: IDraft): ErrorSchema<ReadonlyJSONObject> {
  const named = Object.entries(draft.errors).filter(([field]) => field);
  return Object.fromEntries(
    named.map(([field, text]) => [field, { __errors: [text] }])
  ) as ErrorSchema<ReadonlyJSONObject>;
}

/** Say to screen readers what the form's template only shows beside: labels and help. */
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

/** The form of some options; what is chosen in the others stays. */
export function Options(
  props: IFormProps & { id: string; schema: ISchema }
): JSX.Element {
  const { draft, id, schema, trans, onChange } = props;
  const values = Object.entries(draft.options);
  const shown = values.filter(([name]) => name in schema.properties);
  const others = values.filter(([name]) => !(name in schema.properties));
  const form = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => nameInputs(form.current!));
  return (
    <div ref={form}>
      <FormComponent
        compact
        idPrefix={id}
        schema={schema}
        uiSchema={uiSchema(schema, trans)}
        formData={Object.fromEntries(shown) as ReadonlyJSONObject}
        validator={validator}
        noHtml5Validate
        liveValidate
        showErrorList={false}
        extraErrors={extraErrors(draft)}
        onChange={({ formData }) =>
          onChange({
            options: {
              ...Object.fromEntries(others),
              ...changed(formData, schema)
            }
          })
        }
      />
    </div>
  );
}

/** The options that few need; they open by themselves when one is at fault. */
export function MoreOptions(props: IFormProps): JSX.Element {
  const { draft, trans } = props;
  const details = React.useRef<HTMLDetailsElement>(null);
  const shown = React.useMemo(
    () => groups(draft.schema!, trans),
    [draft.schema, trans]
  );
  const faulty = shown.some(({ schema }) =>
    Object.keys(schema.properties).some(name => draft.errors[name])
  );
  React.useEffect(() => {
    if (faulty) {
      details.current!.open = true;
    }
  }, [faulty]);
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
