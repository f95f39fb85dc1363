import type { TranslationBundle } from '@jupyterlab/translation';

import type { IProfile, ISchema, IScript } from '../api/types';
import type { Errors } from '../components/errormessage';
import type { ISize } from '../components/size';

/** What has been entered for a new cluster so far, and what the server returned for it. */
export interface IDraft {
  profiles: IProfile[];
  profile: IProfile | null;
  schema: ISchema | null;
  options: Record<string, unknown>;
  name: string;
  size: ISize;
  script: IScript | null;
  errors: Errors;
}

/** The properties of the form and its parts. */
export interface IFormProps {
  draft: IDraft;
  trans: TranslationBundle;
  onChange: (change: Partial<IDraft>) => void;
  onProfile: (name: string) => void;
}

export const EMPTY_DRAFT: IDraft = {
  profiles: [],
  profile: null,
  schema: null,
  options: {},
  name: '',
  size: { adaptive: false, jobs: 1, range: { minimum: 0, maximum: 10 } },
  script: null,
  errors: {}
};

/** Whether an option that every job needs has neither a value nor a default. */
export function isIncomplete({ schema, options }: IDraft): boolean {
  return (schema?.required ?? []).some(
    name =>
      options[name] === undefined &&
      schema?.properties[name]?.default === undefined
  );
}
