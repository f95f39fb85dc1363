import { IFrame, MainAreaWidget } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';

import { queueIcon } from '../components/icons';

/**
 * A cluster's Dask dashboard in the main area.
 *
 * @param baseUrl - The server's.
 * @param path - The dashboard's path below it.
 * @param name - The cluster's.
 */
export function dashboardWidget(
  baseUrl: string,
  path: string,
  name: string
): MainAreaWidget<IFrame> {
  const content = new IFrame({
    sandbox: ['allow-scripts', 'allow-same-origin'],
    referrerPolicy: 'same-origin',
    loading: 'lazy'
  });
  content.url = URLExt.join(baseUrl, path);
  const widget = new MainAreaWidget({ content });
  widget.id = `jupyter-jobqueue-dashboard-${path}`;
  widget.title.label = name;
  widget.title.icon = queueIcon;
  widget.title.closable = true;
  return widget;
}
