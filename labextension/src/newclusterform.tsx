import type { TranslationBundle } from '@jupyterlab/translation';
import { FormComponent } from '@jupyterlab/ui-components';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import type { ErrorSchema, UiSchema } from '@rjsf/utils';
import { customizeValidator } from '@rjsf/validator-ajv8';
import * as React from 'react';

import type { IDraft } from './newcluster';
import { Refusal } from './refusal';
import { ScriptView } from './script';
import { SizeForm } from './sizeform';
import type { IProfile, ISchema } from './tokens';

const validator = customizeValidator<ReadonlyJSONObject>();

interface IFormProps {
  draft: IDraft;
  trans: TranslationBundle;
  onChange: (change: Partial<IDraft>) => void;
  onProfile: (name: string) => void;
}

/** The part of a schema that a form shows at once, or behind *More options*. */
export function part(schema: ISchema, group: 'main' | 'more'): ISchema {
  const chosen = Object.entries(schema.properties).filter(
    ([, property]) => (property['x-group'] ?? 'more') === group
  );
  return { type: 'object', properties: Object.fromEntries(chosen) };
}

/** Show an example in the empty field, and nothing that would submit the form by itself. */
function uiSchema(schema: ISchema): UiSchema<ReadonlyJSONObject> {
  const fields = Object.entries(schema.properties).map(([name, property]) => {
    const examples = property.examples as unknown[] | undefined;
    return [name, { 'ui:placeholder': examples ? String(examples[0]) : '' }];
  });
  return Object.fromEntries(fields);
}

function extraErrors(draft: IDraft): ErrorSchema<ReadonlyJSONObject> {
  const named = Object.entries(draft.errors).filter(([field]) => field);
  return Object.fromEntries(
    named.map(([field, text]) => [field, { __errors: [text] }])
  ) as ErrorSchema<ReadonlyJSONObject>;
}

function Options(props: IFormProps & { group: 'main' | 'more' }): JSX.Element {
  const { draft, group, onChange } = props;
  const schema = React.useMemo(
    () => part(draft.schema!, group),
    [draft.schema, group]
  );
  const names = Object.keys(schema.properties);
  const values = Object.entries(draft.options);
  const shown = values.filter(([name]) => names.includes(name));
  const others = values.filter(([name]) => !names.includes(name));
  const form = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => nameInputs(form.current));
  return (
    <div ref={form}>
      <FormComponent
        compact
        idPrefix={group === 'main' ? 'root' : 'more'}
        schema={schema}
        uiSchema={uiSchema(schema)}
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
function More(props: IFormProps): JSX.Element {
  const { draft, trans } = props;
  const details = React.useRef<HTMLDetailsElement>(null);
  const names = Object.keys(part(draft.schema!, 'more').properties);
  const faulty = names.some(name => draft.errors[name]);
  React.useEffect(() => {
    if (faulty) {
      details.current!.open = true;
    }
  }, [faulty]);
  return (
    <details className="jp-JobQueue-more" ref={details}>
      <summary>{trans.__('More options')}</summary>
      <Options {...props} group="more" />
    </details>
  );
}

/** Give each input its label for screen readers too: the form's template shows it beside. */
function nameInputs(form: HTMLElement | null): void {
  form?.querySelectorAll('.form-group .form-group').forEach(group => {
    const label = group.querySelector('.jp-FormGroup-fieldLabel')?.textContent;
    group
      .querySelectorAll('input, select')
      .forEach(field => field.setAttribute('aria-label', label ?? ''));
  });
}

/** Keep what differs from the profile: the rest is the server's to fill in. */
export function changed(
  data: ReadonlyJSONObject | undefined,
  schema: ISchema
): Record<string, unknown> {
  const given = Object.entries(data ?? {}).filter(([name, value]) => {
    const standard = schema.properties[name]?.default;
    return (
      value !== undefined && JSON.stringify(value) !== JSON.stringify(standard)
    );
  });
  return Object.fromEntries(given);
}

function profileLabel(profile: IProfile): string {
  const why = profile.usable ? '' : ` — ${profile.reason}`;
  return `${profile.name} (${profile.label})${why}`;
}

function Profile(props: IFormProps): JSX.Element {
  const { draft, trans, onProfile } = props;
  const problems = draft.profile?.problems ?? [];
  return (
    <div className="jp-JobQueue-field">
      <label htmlFor="jp-JobQueue-profile">{trans.__('Profile')}</label>
      <select
        id="jp-JobQueue-profile"
        value={draft.profile?.name ?? ''}
        onChange={event => onProfile(event.target.value)}
      >
        {draft.profiles.map(profile => (
          <option
            key={profile.name}
            value={profile.name}
            disabled={!profile.usable}
          >
            {profileLabel(profile)}
          </option>
        ))}
      </select>
      {draft.profile && draft.profile.origin !== 'built-in' && (
        <div className="jp-JobQueue-hint" title={draft.profile.origin}>
          {trans.__('from %1', draft.profile.origin)}
        </div>
      )}
      {problems.map(problem => (
        <div key={problem} className="jp-JobQueue-fieldError">
          {problem}
        </div>
      ))}
    </div>
  );
}

function Name(props: IFormProps): JSX.Element {
  const { draft, trans, onChange } = props;
  return (
    <div className="jp-JobQueue-field">
      <label htmlFor="jp-JobQueue-name">{trans.__('Name')}</label>
      <input
        id="jp-JobQueue-name"
        className="jp-mod-styled"
        placeholder={trans.__('chosen for you')}
        value={draft.name}
        aria-invalid={!!draft.errors.name}
        onChange={event => onChange({ name: event.target.value })}
      />
      {draft.errors.name && (
        <div className="jp-JobQueue-fieldError" role="alert">
          {draft.errors.name}
        </div>
      )}
    </div>
  );
}

/** The form of *New cluster*: wishes on one side, the job script that they make on the other. */
export function NewClusterForm(props: IFormProps): JSX.Element {
  const { draft, trans, onChange } = props;
  return (
    <div className="jp-JobQueue-columns">
      <div className="jp-JobQueue-wishes">
        <div className="jp-JobQueue-pair">
          <Profile {...props} />
          <Name {...props} />
        </div>
        {draft.schema && <Options {...props} group="main" />}
        <SizeForm
          size={draft.size}
          errors={draft.errors}
          trans={trans}
          onChange={size => onChange({ size })}
        />
        {draft.schema && <More {...props} />}
      </div>
      <div className="jp-JobQueue-preview">
        <h3>{trans.__('Job script')}</h3>
        <Refusal text={draft.errors['']} />
        <ScriptView script={draft.script} trans={trans} />
      </div>
    </div>
  );
}
