import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import { Debouncer } from '@lumino/polling';
import * as React from 'react';

import type { ClusterModel } from '../model/clusters';
import { NewClusterForm } from './form';
import { errorsOf } from '../components/errormessage';
import type { Errors } from '../components/errormessage';
import { sizeErrors, sizeRequest } from '../components/size';
import type { ISize } from '../components/size';
import type { ISubmitBody } from '../components/formdialog';
import type { IProfile, ISchema, IScript } from '../tokens';

const OWN_FIELDS = ['name', 'jobs', 'minimum', 'maximum'];

/** What a person has chosen so far, and what the server says of it. */
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

/** The body of *New cluster*: keeps the draft and asks the server for schema and preview. */
export class NewClusterBody extends ReactWidget implements ISubmitBody {
  /**
   * @param model - Creates the cluster.
   * @param trans - The language.
   * @param preferred - Name of the profile to begin with.
   */
  constructor(
    private readonly model: ClusterModel,
    private readonly trans: TranslationBundle,
    private readonly preferred = ''
  ) {
    super();
    this.addClass('jp-JobQueue-newCluster');
    void this.begin();
  }

  async submit(): Promise<boolean> {
    const { draft } = this;
    if (!draft.profile) {
      return false;
    }
    const missing = sizeErrors(draft.size, this.trans);
    if (Object.keys(missing).length) {
      this.change({ errors: missing });
      return false;
    }
    try {
      await this.model.create({
        profile: draft.profile.name,
        options: draft.options,
        ...(draft.name.trim() ? { name: draft.name.trim() } : {}),
        ...sizeRequest(draft.size)
      });
      return true;
    } catch (error) {
      this.change({ errors: this.errors(error) });
      return false;
    }
  }

  dispose(): void {
    if (!this.isDisposed) {
      this.preview.dispose();
      super.dispose();
    }
  }

  protected render(): JSX.Element {
    return (
      <NewClusterForm
        draft={this.draft}
        trans={this.trans}
        onChange={change => this.onChange(change)}
        onProfile={name => void this.choose(name)}
      />
    );
  }

  private async begin(): Promise<void> {
    try {
      const profiles = await this.model.profiles();
      this.change({ profiles });
      const usable = profiles.filter(profile => profile.usable);
      const first = usable.find(each => each.name === this.preferred);
      await this.choose((first ?? usable[0])?.name ?? '');
    } catch (error) {
      this.change({ errors: this.errors(error) });
    }
  }

  private async choose(name: string): Promise<void> {
    const profile = this.draft.profiles.find(each => each.name === name);
    if (!profile) {
      return;
    }
    this.chosen = name;
    try {
      const schema = await this.model.schema(profile);
      if (name === this.chosen) {
        this.onChange({ profile, schema, options: {}, script: null });
      }
    } catch (error) {
      this.change({ errors: this.errors(error) });
    }
  }

  private onChange(change: Partial<IDraft>): void {
    this.change({ ...change, errors: {} });
    void this.preview.invoke();
  }

  private change(change: Partial<IDraft>): void {
    this.draft = { ...this.draft, ...change };
    if (!this.isDisposed) {
      this.update();
    }
  }

  /** Ask for the script; only the answer to the newest question is shown. */
  private async ask(): Promise<void> {
    const { profile, options } = this.draft;
    if (!profile) {
      return;
    }
    const question = ++this.asked;
    if (this.isIncomplete()) {
      this.change({ script: null });
      return;
    }
    try {
      const wish = { profile: profile.name, options };
      const script = await this.model.preview(wish);
      if (question === this.asked) {
        this.change({ script });
      }
    } catch (error) {
      if (question === this.asked) {
        this.change({ script: null, errors: this.errors(error) });
      }
    }
  }

  /** Whether an option is still missing that every job needs. */
  private isIncomplete(): boolean {
    const { schema, options } = this.draft;
    return (schema?.required ?? []).some(
      name =>
        options[name] === undefined &&
        schema?.properties[name]?.default === undefined
    );
  }

  private errors(error: unknown): Errors {
    const options = Object.keys(this.draft.schema?.properties ?? {});
    return errorsOf(error, new Set([...OWN_FIELDS, ...options]));
  }

  private asked = 0;
  private chosen = '';
  private readonly preview = new Debouncer(() => this.ask(), 250);
  private draft: IDraft = {
    profiles: [],
    profile: null,
    schema: null,
    options: {},
    name: '',
    size: { adaptive: false, jobs: 1, range: { minimum: 0, maximum: 10 } },
    script: null,
    errors: {}
  };
}
