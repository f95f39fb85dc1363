import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { TextButton } from '../components/buttons';
import type { ICluster } from '../tokens';

/** Whether jobs only wait for room below a limit: nothing is wrong, and nothing is to be done. */
function isLimited(cluster: ICluster): boolean {
  const isWell = cluster.state === 'starting' || cluster.state === 'running';
  return cluster.waiting > 0 && isWell;
}

/** Show the names of options, which the server puts between backticks, as code. */
function marked(text: string): React.ReactNode {
  return text
    .split('`')
    .map((part, place) => (place % 2 ? <code key={place}>{part}</code> : part));
}

/** What went wrong: the server's sentence, the cause if it is known, the queue's own words. */
export function Trouble(props: {
  cluster: ICluster;
  trans: TranslationBundle;
  onRetry: () => void;
}): JSX.Element | null {
  const { cluster, trans, onRetry } = props;
  const { detail, details, diagnosis } = cluster;
  if (!detail && !details && !diagnosis) {
    return null;
  }
  const limited = isLimited(cluster);
  return (
    <div
      className={`jp-JobQueue-trouble${limited ? ' jp-mod-limited' : ''}`}
      role={limited ? 'status' : 'alert'}
    >
      {detail && <p>{detail}</p>}
      {diagnosis && (
        <div className="jp-JobQueue-diagnosis">
          <b>{trans.__('Cause')}</b>
          <p>{marked(diagnosis)}</p>
        </div>
      )}
      {details && <pre tabIndex={0}>{details}</pre>}
      {cluster.state === 'degraded' && (
        <TextButton
          action="retry"
          label={trans.__('Retry')}
          onClick={onRetry}
        />
      )}
    </div>
  );
}
