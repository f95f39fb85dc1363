import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import { Debouncer } from '@lumino/polling';
import * as React from 'react';

import { fieldErrors } from '../components/errormessage';
import type { Errors } from '../components/errormessage';
import type { IFormBody } from '../components/formdialog';
import { sizeErrors, sizeRequest } from '../components/size';
import type { IClusterModel } from '../tokens';
import { EMPTY_DRAFT, isIncomplete } from './draft';
import type { IDraft } from './draft';
import { NewClusterForm } from './form';

/** The fields that are not options of the batch system. */
const OWN_FIELDS = ['name', 'jobs', 'minimum', 'maximum'];

/** Milliseconds after the last change until the preview is requested. */
const PREVIEW_DELAY = 250;

/** The body of *New cluster*: keeps the draft, and requests schema and preview from the server. */
export class NewClusterBody extends ReactWidget implements IFormBody {
  /**
   * @param model - Creates the cluster.
   * @param trans - The language.
   * @param preferred - Name of the profile to begin with.
   */
  constructor(
    private readonly model: IClusterModel,
    private readonly trans: TranslationBundle,
    private readonly preferred = ''
  ) {
    super();
    this.addClass('jp-JobQueue-newCluster');
    void this.loadProfiles();
  }

  async submit(): Promise<boolean> {
    const { profile, size } = this.draft;
    const errors = sizeErrors(size, this.trans);
    if (!profile) {
      return false;
    }
    if (Object.keys(errors).length) {
      this.change({ errors });
      return false;
    }
    try {
      await this.create(profile.name);
      return true;
    } catch (error) {
      this.showError(error);
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
        onProfile={name => void this.chooseProfile(name)}
      />
    );
  }

  private async create(profile: string): Promise<void> {
    const { options, size } = this.draft;
    const name = this.draft.name.trim();
    await this.model.create({
      profile,
      options,
      ...(name ? { name } : {}),
      ...sizeRequest(size)
    });
  }

  private async loadProfiles(): Promise<void> {
    try {
      const profiles = await this.model.profiles();
      this.change({ profiles });
      const usable = profiles.filter(profile => profile.usable);
      const first = usable.find(({ name }) => name === this.preferred);
      await this.chooseProfile((first ?? usable[0])?.name ?? '');
    } catch (error) {
      this.showError(error);
    }
  }

  private async chooseProfile(name: string): Promise<void> {
    const profile = this.draft.profiles.find(profile => profile.name === name);
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
      this.showError(error);
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

  /** Request the job script; only the response to the latest request is shown. */
  private async loadPreview(): Promise<void> {
    const { profile, options } = this.draft;
    if (!profile) {
      return;
    }
    const request = ++this.previews;
    if (isIncomplete(this.draft)) {
      this.change({ script: null });
      return;
    }
    try {
      const script = await this.model.preview({
        profile: profile.name,
        options
      });
      if (request === this.previews) {
        this.change({ script });
      }
    } catch (error) {
      if (request === this.previews) {
        this.change({ script: null, errors: this.errorsOf(error) });
      }
    }
  }

  private showError(error: unknown): void {
    this.change({ errors: this.errorsOf(error) });
  }

  private errorsOf(error: unknown): Errors {
    const options = Object.keys(this.draft.schema?.properties ?? {});
    return fieldErrors(error, new Set([...OWN_FIELDS, ...options]));
  }

  private draft = EMPTY_DRAFT;
  private chosen = '';
  private previews = 0;
  private readonly preview = new Debouncer(
    () => this.loadPreview(),
    PREVIEW_DELAY
  );
}
