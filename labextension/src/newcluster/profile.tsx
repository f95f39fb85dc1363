import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IFormProps } from './form';
import type { IProfile } from '../tokens';

function profileLabel({ name, label }: IProfile): string {
  return `${name} (${label})`;
}

/** The choice of a profile, among those that can be used. */
export function ProfileField(props: IFormProps): JSX.Element {
  const { draft, trans, onProfile } = props;
  const { profile, profiles } = draft;
  return (
    <div className="jp-JobQueue-field">
      <label htmlFor="jp-JobQueue-profile">{trans.__('Profile')}</label>
      <select
        id="jp-JobQueue-profile"
        value={profile?.name ?? ''}
        onChange={event => onProfile(event.target.value)}
      >
        {profiles
          .filter(({ usable }) => usable)
          .map(each => (
            <option key={each.name} value={each.name}>
              {profileLabel(each)}
            </option>
          ))}
      </select>
      {profile && profile.origin !== 'built-in' && (
        <div className="jp-JobQueue-hint" title={profile.origin}>
          {trans.__('from %1', profile.origin)}
        </div>
      )}
      {profile?.problems.map(problem => (
        <div key={problem} className="jp-JobQueue-fieldError">
          {problem}
        </div>
      ))}
    </div>
  );
}

/** The profiles that cannot be used here and why, folded away unless there are no others. */
export function UnusableProfiles(props: {
  profiles: readonly IProfile[];
  trans: TranslationBundle;
}): JSX.Element | null {
  const { profiles, trans } = props;
  const unusable = profiles.filter(({ usable }) => !usable);
  if (!unusable.length) {
    return null;
  }
  return (
    <details
      className="jp-JobQueue-unusable"
      open={unusable.length === profiles.length}
    >
      <summary>
        {trans._n(
          '%1 profile cannot be used here',
          '%1 profiles cannot be used here',
          unusable.length
        )}
      </summary>
      <dl>
        {unusable.map(each => (
          <React.Fragment key={each.name}>
            <dt>{profileLabel(each)}</dt>
            <dd>{each.reason}</dd>
          </React.Fragment>
        ))}
      </dl>
    </details>
  );
}
