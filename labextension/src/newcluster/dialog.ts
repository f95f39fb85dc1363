import type { TranslationBundle } from '@jupyterlab/translation';

import { FormDialog } from '../components/formdialog';
import type { IClusterModel } from '../tokens';

/** The form is loaded when it is opened for the first time. */
const loadBody = () => import('./body');

let opened: Promise<void> | null = null;

/**
 * Open the dialog *New cluster*, unless it is open or loading.
 *
 * @param model - Creates the cluster.
 * @param trans - The language.
 * @param profile - Name of the profile to begin with.
 * @param load - Loads the body of the dialog.
 */
export function openNewCluster(
  model: IClusterModel,
  trans: TranslationBundle,
  profile = '',
  load = loadBody
): Promise<void> {
  opened ??= launch(model, trans, profile, load).finally(() => {
    opened = null;
  });
  return opened;
}

async function launch(
  model: IClusterModel,
  trans: TranslationBundle,
  profile: string,
  load: typeof loadBody
): Promise<void> {
  const { NewClusterBody } = await load().catch(cause => {
    // After an update, an open page requests files that no longer exist.
    throw new Error(
      trans.__('The form could not be loaded. Reload the page and try again.'),
      { cause }
    );
  });
  const dialog = new FormDialog({
    title: trans.__('New cluster'),
    body: new NewClusterBody(model, trans, profile),
    accept: trans.__('Create'),
    cancel: trans.__('Cancel'),
    className: 'jp-mod-wide'
  });
  await dialog.launch();
}
