import { PageConfig } from '@jupyterlab/coreutils';

import type { IClusterModel } from '../tokens';

/**
 * Open the server's first page, which leads to the login, beside this one: notebooks that are not
 * saved stay. Whoever comes back from there sees the clusters.
 */
export function logIn(model: Pick<IClusterModel, 'refresh'>): void {
  window.open(PageConfig.getBaseUrl(), '_blank', 'noopener');
  const refresh = () => void model.refresh();
  window.addEventListener('focus', refresh, { once: true });
}
