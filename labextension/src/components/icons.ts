import { LabIcon } from '@jupyterlab/ui-components';

import svg from '../../style/icon.svg';

/** Jobs in a queue, of which the last is working. */
export const queueIcon = new LabIcon({
  name: 'jupyter-jobqueue:queue',
  svgstr: svg
});
