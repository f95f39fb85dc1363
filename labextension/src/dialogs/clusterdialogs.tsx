import { Clipboard, Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import * as React from 'react';

import { Decisions } from './adaptivelog';
import { LogView } from './joblog';
import type { ClusterModel } from '../model/clusters';
import { NewClusterBody } from '../newcluster/body';
import { errorsOf, Refusal } from '../components/errormessage';
import type { Errors } from '../components/errormessage';
import { ScriptView } from '../components/jobscript';
import { NumberField, RangeFields } from '../components/size';
import { LateDialog, SubmitDialog } from '../components/formdialog';
import type { ISubmitBody } from '../components/formdialog';
import type { ICluster, Stream } from '../tokens';

/** Ask for everything that makes a cluster, and make it. */
export async function askNewCluster(
  model: ClusterModel,
  trans: TranslationBundle,
  preferred?: string
): Promise<void> {
  const dialog = new SubmitDialog({
    title: trans.__('New cluster'),
    body: new NewClusterBody(model, trans, preferred),
    accept: trans.__('Create'),
    cancel: trans.__('Cancel'),
    className: 'jp-mod-wide'
  });
  await dialog.launch();
}

/** The body of a dialog that asks for numbers. */
class NumbersBody<T> extends ReactWidget implements ISubmitBody {
  constructor(
    private value: T,
    private readonly form: (
      value: T,
      errors: Errors,
      change: (value: T) => void
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
      const fields = new Set(['jobs', 'minimum', 'maximum']);
      this.errors = errorsOf(error, fields);
      this.update();
      return false;
    }
  }

  protected render(): JSX.Element {
    return (
      <>
        {this.form(this.value, this.errors, value => {
          this.value = value;
          this.errors = {};
          this.update();
        })}
        <Refusal text={this.errors['']} />
      </>
    );
  }

  private errors: Errors = {};
}

/** Ask for a number of jobs. */
export async function askScale(
  model: ClusterModel,
  cluster: ICluster,
  trans: TranslationBundle
): Promise<void> {
  const body = new NumbersBody(
    cluster.wanted,
    (jobs, errors, change) => (
      <>
        <NumberField
          id="jp-JobQueue-jobs"
          label={trans.__('Number of jobs')}
          value={jobs}
          error={errors.jobs}
          autoFocus
          onChange={change}
        />
        <p className="jp-JobQueue-hint">
          {trans.__('%1 workers', (jobs || 0) * cluster.processes)}
          {' · '}
          {trans.__('%1 cores', (jobs || 0) * cluster.cores_per_job)}
        </p>
      </>
    ),
    jobs => model.scale(cluster.id, jobs)
  );
  const title = trans.__('Scale %1', cluster.name);
  const words = { accept: trans.__('Scale'), cancel: trans.__('Cancel') };
  await new SubmitDialog({ title, body, ...words }).launch();
}

/** Ask for a range of jobs. */
export async function askAdapt(
  model: ClusterModel,
  cluster: ICluster,
  trans: TranslationBundle
): Promise<void> {
  const { minimum, maximum } = cluster.adapt ?? { minimum: 0, maximum: null };
  const body = new NumbersBody(
    { minimum, maximum: maximum ?? Math.max(10, cluster.wanted) },
    (range, errors, change) => (
      <>
        <RangeFields
          range={range}
          errors={errors}
          trans={trans}
          onChange={change}
        />
        <p className="jp-JobQueue-hint">
          {trans.__(
            'The work decides how many jobs there are. Scale ends adaptive mode.'
          )}
        </p>
      </>
    ),
    range => model.adapt(cluster.id, range)
  );
  const title = trans.__('Adapt %1', cluster.name);
  const words = { accept: trans.__('Adapt'), cancel: trans.__('Cancel') };
  await new SubmitDialog({ title, body, ...words }).launch();
}

/** Show the job script of a cluster. */
export async function showScript(
  model: ClusterModel,
  cluster: ICluster,
  trans: TranslationBundle
): Promise<void> {
  const script = await model.script(cluster.id);
  const view = (
    <ScriptView
      script={script}
      trans={trans}
      onCopy={text => Clipboard.copyToSystem(text)}
    />
  );
  await showText(trans.__('Job script of %1', cluster.name), view, trans);
}

/** Show something to read: long lines with room for them, a table in the size of a page. */
async function showText(
  title: string,
  view: JSX.Element,
  trans: TranslationBundle,
  size: 'jp-mod-wide' | 'jp-mod-page' = 'jp-mod-wide'
): Promise<void> {
  const dialog = new LateDialog({
    title,
    body: ReactWidget.create(view),
    buttons: [Dialog.okButton({ label: trans.__('Close') })],
    hasClose: true
  });
  dialog.addClass('jp-JobQueue-dialog');
  dialog.addClass(size);
  await dialog.launch();
}

/** Ask before a cluster and its jobs are ended; true if the person agrees. */
export async function confirmShutdown(
  cluster: ICluster,
  trans: TranslationBundle
): Promise<boolean> {
  const { button } = await showDialog({
    title: trans.__('Shut down %1?', cluster.name),
    body: trans.__(
      'Its jobs are cancelled, pending ones too, and results on its workers are lost.'
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label: trans.__('Shut down') })
    ]
  });
  return button.accept;
}

/** Show a job's output. */
export async function showLog(
  model: ClusterModel,
  id: string,
  job: string,
  trans: TranslationBundle
): Promise<void> {
  const read = (stream: Stream) => model.log(id, job, stream);
  const view = <LogView read={read} trans={trans} />;
  await showText(trans.__('Log of %1', job), view, trans);
}

/** Show what the adaptive policy of a cluster decided, as long as it is open. */
export async function showDecisions(
  model: ClusterModel,
  cluster: ICluster,
  trans: TranslationBundle
): Promise<void> {
  const view = (
    <UseSignal signal={model.stateChanged}>
      {() => (
        <Decisions cluster={model.find(cluster.id) ?? cluster} trans={trans} />
      )}
    </UseSignal>
  );
  const title = trans.__('Adaptive decisions of %1', cluster.name);
  await showText(title, view, trans, 'jp-mod-page');
}
