import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { ICluster } from '../api/types';
import { ErrorMessage, fieldErrors } from '../components/errormessage';
import type { Errors } from '../components/errormessage';
import { FormDialog } from '../components/formdialog';
import type { IFormBody } from '../components/formdialog';
import { JobsField, RangeFields } from '../components/size';
import type { IClusterModel } from '../tokens';

const FIELDS = new Set(['jobs', 'minimum', 'maximum']);

/** The body of a dialog that asks for a size. */
class SizeBody<T> extends ReactWidget implements IFormBody {
  constructor(
    private value: T,
    private readonly form: (
      value: T,
      errors: Errors,
      onChange: (value: T) => void
    ) => JSX.Element,
    private readonly send: (value: T) => Promise<void>
  ) {
    super();
    this.addClass('jp-JobQueue-numbers');
  }

  async submit(): Promise<boolean> {
    try {
      await this.send(this.value);
      return true;
    } catch (error) {
      this.errors = fieldErrors(error, FIELDS);
      this.update();
      return false;
    }
  }

  protected render(): JSX.Element {
    return (
      <>
        {this.form(this.value, this.errors, value => this.change(value))}
        <ErrorMessage text={this.errors['']} />
      </>
    );
  }

  private change(value: T): void {
    this.value = value;
    this.errors = {};
    this.update();
  }

  private errors: Errors = {};
}

/** Ask for the number of jobs of a cluster. */
export async function scaleCluster(
  model: IClusterModel,
  cluster: ICluster,
  trans: TranslationBundle
): Promise<void> {
  const body = new SizeBody(
    cluster.wanted,
    (jobs, errors, onChange) => (
      <>
        <JobsField
          jobs={jobs}
          errors={errors}
          trans={trans}
          autoFocus
          onChange={onChange}
        />
        <p className="jp-JobQueue-hint">{capacity(jobs, cluster, trans)}</p>
      </>
    ),
    jobs => model.scale(cluster.id, jobs)
  );
  const title = trans.__('Scale %1', cluster.name);
  await launch(title, body, trans.__('Scale'), trans);
}

/** Format what a number of jobs brings: `4 workers · 8 cores`. */
function capacity(
  jobs: number,
  cluster: ICluster,
  trans: TranslationBundle
): string {
  const count = jobs || 0;
  return [
    trans._n('%1 worker', '%1 workers', count * cluster.processes),
    trans._n('%1 core', '%1 cores', count * cluster.cores_per_job)
  ].join(' · ');
}

/** Ask for the limits between which a cluster scales by itself. */
export async function autoscaleCluster(
  model: IClusterModel,
  cluster: ICluster,
  trans: TranslationBundle
): Promise<void> {
  const { minimum, maximum } = cluster.adapt ?? { minimum: 0, maximum: null };
  const hint = trans.__(
    'The number of jobs follows the workload. Use Scale to return to a fixed size.'
  );
  const body = new SizeBody(
    { minimum, maximum: maximum ?? Math.max(10, cluster.wanted) },
    (range, errors, onChange) => (
      <>
        <RangeFields
          range={range}
          errors={errors}
          trans={trans}
          onChange={onChange}
        />
        <p className="jp-JobQueue-hint">{hint}</p>
      </>
    ),
    range => model.adapt(cluster.id, range)
  );
  const title = trans.__('Autoscale %1', cluster.name);
  await launch(title, body, trans.__('Autoscale'), trans);
}

async function launch(
  title: string,
  body: IFormBody,
  accept: string,
  trans: TranslationBundle
): Promise<void> {
  const cancel = trans.__('Cancel');
  await new FormDialog({ title, body, accept, cancel }).launch();
}
