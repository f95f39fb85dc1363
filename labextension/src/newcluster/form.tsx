import * as React from 'react';

import { ErrorMessage, FieldError } from '../components/errormessage';
import { JobScript } from '../components/jobscript';
import { SizeForm } from '../components/size';
import type { IFormProps } from './draft';
import { MoreOptions, Options } from './options';
import { ProfileField, UnusableProfiles } from './profile';
import { part } from './schema';

/** The form of *New cluster* on one side, the job script that results from it on the other. */
export function NewClusterForm(props: IFormProps): JSX.Element {
  const { draft, trans } = props;
  return (
    <div className="jp-JobQueue-columns">
      <div className="jp-JobQueue-form">
        <Fields {...props} />
      </div>
      <div className="jp-JobQueue-preview">
        <h3>{trans.__('Job script')}</h3>
        <ErrorMessage text={draft.errors['']} />
        <JobScript script={draft.script} trans={trans} />
      </div>
    </div>
  );
}

function Fields(props: IFormProps): JSX.Element {
  const { draft, trans, onChange } = props;
  const main = React.useMemo(
    () => draft.schema && part(draft.schema, 'main'),
    [draft.schema]
  );
  return (
    <>
      <div className="jp-JobQueue-pair">
        <ProfileField {...props} />
        <NameField {...props} />
      </div>
      <UnusableProfiles profiles={draft.profiles} trans={trans} />
      {main && <Options {...props} id="root" schema={main} />}
      <SizeForm
        size={draft.size}
        errors={draft.errors}
        trans={trans}
        onChange={size => onChange({ size })}
      />
      {draft.schema && <MoreOptions {...props} />}
    </>
  );
}

function NameField({ draft, trans, onChange }: IFormProps): JSX.Element {
  return (
    <div className="jp-JobQueue-field">
      <label htmlFor="jp-JobQueue-name">{trans.__('Name')}</label>
      <input
        id="jp-JobQueue-name"
        className="jp-mod-styled"
        placeholder={trans.__('automatic')}
        value={draft.name}
        aria-invalid={!!draft.errors.name}
        onChange={event => onChange({ name: event.target.value })}
      />
      <FieldError text={draft.errors.name} />
    </div>
  );
}
