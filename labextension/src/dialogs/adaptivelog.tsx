import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { ICluster } from '../api/types';
import { clock } from '../components/format';

function placeholder(cluster: ICluster, trans: TranslationBundle): string {
  return cluster.adapt
    ? trans.__('No decisions yet.')
    : trans.__('This cluster has a fixed size.');
}

interface IAdaptiveLogProps {
  cluster: ICluster;
  trans: TranslationBundle;
}

/** The decisions of the adaptive policy with their reasons, newest first. */
export function AdaptiveLog(props: IAdaptiveLogProps): JSX.Element {
  const { cluster, trans } = props;
  if (!cluster.decisions.length) {
    return <p className="jp-JobQueue-note">{placeholder(cluster, trans)}</p>;
  }
  return (
    <div className="jp-JobQueue-adaptiveLog" tabIndex={0}>
      <table aria-label={trans.__('Autoscaling decisions')}>
        <thead>
          <tr>
            <th scope="col">{trans.__('Time')}</th>
            <th scope="col">{trans.__('Jobs')}</th>
            <th scope="col">{trans.__('Reason')}</th>
          </tr>
        </thead>
        <Decisions cluster={cluster} />
      </table>
    </div>
  );
}

function Decisions({ cluster }: { cluster: ICluster }): JSX.Element {
  return (
    <tbody>
      {[...cluster.decisions].reverse().map(({ when, jobs, reason }) => (
        <tr key={`${when} ${jobs} ${reason}`}>
          <td>{clock(when, 'medium')}</td>
          <td>{jobs}</td>
          <td>{reason}</td>
        </tr>
      ))}
    </tbody>
  );
}
