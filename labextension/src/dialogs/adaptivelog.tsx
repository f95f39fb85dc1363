import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { clock } from '../components/format';
import type { ICluster } from '../tokens';

function silence(cluster: ICluster, trans: TranslationBundle): string {
  return cluster.adapt
    ? trans.__('Nothing decided yet.')
    : trans.__('None: this cluster is not adaptive, its size is set by hand.');
}

/** What the adaptive policy decided and why, newest first. */
export function Decisions(props: {
  cluster: ICluster;
  trans: TranslationBundle;
}): JSX.Element {
  const { cluster, trans } = props;
  if (!cluster.decisions.length) {
    return <p className="jp-JobQueue-note">{silence(cluster, trans)}</p>;
  }
  return (
    <div className="jp-JobQueue-decisions" tabIndex={0}>
      <table aria-label={trans.__('Adaptive decisions')}>
        <thead>
          <tr>
            <th scope="col">{trans.__('Time')}</th>
            <th scope="col">{trans.__('Jobs')}</th>
            <th scope="col">{trans.__('Reason')}</th>
          </tr>
        </thead>
        <tbody>
          {[...cluster.decisions].reverse().map(({ when, jobs, reason }) => (
            <tr key={`${when} ${jobs} ${reason}`}>
              <td>{clock(when, 'medium')}</td>
              <td>{jobs}</td>
              <td>{reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
