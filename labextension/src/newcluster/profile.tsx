import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IProfile } from '../api/types';
import type { IFormProps } from './draft';

function profileLabel({ name, label }: IProfile): string {
  return `${name} (${label})`;
}

/** The choice of a profile, from those that can be used on this machine. */
export function ProfileField(props: IFormProps): JSX.Element {
  const { draft, trans, onProfile } = props;
  const usable = draft.profiles.filter(({ usable }) => usable);
  return (
    <div className="jp-JobQueue-field">
      <label htmlFor="jp-JobQueue-profile">{trans.__('Profile')}</label>
      <select
        id="jp-JobQueue-profile"
        value={draft.profile?.name ?? ''}
        onChange={event => onProfile(event.target.value)}
      >
        {usable.map(profile => (
          <option key={profile.name} value={profile.name}>
            {profileLabel(profile)}
          </option>
        ))}
      </select>
      {draft.profile && <Details profile={draft.profile} trans={trans} />}
    </div>
  );
}

/** The file that sets a profile, and the problems that were found in it. */
function Details(props: {
  profile: IProfile;
  trans: TranslationBundle;
}): JSX.Element {
  const { origin, problems } = props.profile;
  return (
    <>
      {origin !== 'built-in' && (
        <div className="jp-JobQueue-hint" title={origin}>
          {props.trans.__('from %1', origin)}
        </div>
      )}
      {problems.map(problem => (
        <div key={problem} className="jp-JobQueue-fieldError">
          {problem}
        </div>
      ))}
    </>
  );
}

interface IProfilesProps {
  profiles: readonly IProfile[];
  trans: TranslationBundle;
}

/** The profiles that cannot be used on this machine, with the reasons; closed if there are others. */
export function UnusableProfiles(props: IProfilesProps): JSX.Element | null {
  const { profiles, trans } = props;
  const unusable = profiles.filter(({ usable }) => !usable);
  if (!unusable.length) {
    return null;
  }
  const title = trans._n(
    '%1 profile cannot be used here',
    '%1 profiles cannot be used here',
    unusable.length
  );
  return (
    <details
      className="jp-JobQueue-unusable"
      open={unusable.length === profiles.length}
    >
      <summary>{title}</summary>
      <Reasons profiles={unusable} />
    </details>
  );
}

function Reasons(props: { profiles: readonly IProfile[] }): JSX.Element {
  return (
    <dl>
      {props.profiles.map(profile => (
        <React.Fragment key={profile.name}>
          <dt>{profileLabel(profile)}</dt>
          <dd>{profile.reason}</dd>
        </React.Fragment>
      ))}
    </dl>
  );
}
