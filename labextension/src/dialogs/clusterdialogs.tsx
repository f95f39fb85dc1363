import { Clipboard, Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { ICluster, Stream } from '../api/types';
import { ReactDialog } from '../components/formdialog';
import { JobScript } from '../components/jobscript';
import type { IClusterModel } from '../tokens';
import { AdaptiveLog } from './adaptivelog';
import { JobLog } from './joblog';

/** Show the job script of a cluster. */
export async function showScript(
  model: IClusterModel,
  cluster: ICluster,
  trans: TranslationBundle
): Promise<void> {
  const script = await model.script(cluster.id);
  const view = (
    <JobScript
      script={script}
      trans={trans}
      onCopy={text => Clipboard.copyToSystem(text)}
    />
  );
  await showText(trans.__('Job script of %1', cluster.name), view, trans);
}

/** Show the output of a job. */
export async function showLog(
  model: IClusterModel,
  cluster: ICluster,
  job: string,
  trans: TranslationBundle
): Promise<void> {
  const read = (stream: Stream) => model.log(cluster.id, job, stream);
  const view = <JobLog read={read} trans={trans} />;
  await showText(trans.__('Log of %1', job), view, trans);
}

/** Show the decisions of a cluster's adaptive policy; new ones appear while the dialog is open. */
export async function showAdaptiveLog(
  model: IClusterModel,
  cluster: ICluster,
  trans: TranslationBundle
): Promise<void> {
  const current = () => model.find(cluster.id) ?? cluster;
  const view = (
    <UseSignal signal={model.stateChanged}>
      {() => <AdaptiveLog cluster={current()} trans={trans} />}
    </UseSignal>
  );
  const title = trans.__('Autoscaling decisions of %1', cluster.name);
  await showText(title, view, trans, 'jp-mod-page');
}

/** Show something to read: `wide` has room for long lines, `page` is the width of a table. */
async function showText(
  title: string,
  view: JSX.Element,
  trans: TranslationBundle,
  width: 'jp-mod-wide' | 'jp-mod-page' = 'jp-mod-wide'
): Promise<void> {
  const dialog = new ReactDialog({
    title,
    body: ReactWidget.create(view),
    buttons: [Dialog.okButton({ label: trans.__('Close') })],
    hasClose: true
  });
  dialog.addClass('jp-JobQueue-dialog');
  dialog.addClass(width);
  await dialog.launch();
}

/** Ask for confirmation to shut down a cluster. */
export async function confirmShutdown(
  cluster: ICluster,
  trans: TranslationBundle
): Promise<boolean> {
  const { button } = await showDialog({
    title: trans.__('Shut down %1?', cluster.name),
    body: trans.__(
      'All its jobs are cancelled, pending ones too, and results on its workers are lost.'
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label: trans.__('Shut down') })
    ]
  });
  return button.accept;
}
