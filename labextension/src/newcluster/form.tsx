import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IDraft } from './body';
import { MoreOptions, Options } from './options';
import { ProfileField, UnusableProfiles } from './profile';
import { Refusal } from '../components/errormessage';
import { part } from './schema';
import { ScriptView } from '../components/jobscript';
import { SizeForm } from '../components/size';

/** What the form and its parts are given. */
export interface IFormProps {
  draft: IDraft;
  trans: TranslationBundle;
  onChange: (change: Partial<IDraft>) => void;
  onProfile: (name: string) => void;
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
  const main = React.useMemo(
    () => draft.schema && part(draft.schema, 'main'),
    [draft.schema]
  );
  return (
    <div className="jp-JobQueue-columns">
      <div className="jp-JobQueue-wishes">
        <div className="jp-JobQueue-pair">
          <ProfileField {...props} />
          <Name {...props} />
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
      </div>
      <div className="jp-JobQueue-preview">
        <h3>{trans.__('Job script')}</h3>
        <Refusal text={draft.errors['']} />
        <ScriptView script={draft.script} trans={trans} />
      </div>
    </div>
  );
}
