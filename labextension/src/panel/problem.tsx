import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { ICluster } from '../api/types';
import { TextButton } from '../components/buttons';

/** Whether jobs merely wait because a limit is reached: nothing is wrong, and nothing needs doing. */
function isLimited({ state, waiting }: ICluster): boolean {
  return waiting > 0 && (state === 'starting' || state === 'running');
}

/** Show the names of options, which the server writes between backticks, as code. */
function withCode(text: string): React.ReactNode {
  return text
    .split('`')
    .map((part, place) => (place % 2 ? <code key={place}>{part}</code> : part));
}

interface IProblemProps {
  cluster: ICluster;
  trans: TranslationBundle;
  onRetry: () => void;
}

/** What is wrong: a sentence, the cause if it is known, and the output of the batch system. */
export function Problem(props: IProblemProps): JSX.Element | null {
  const { cluster, trans, onRetry } = props;
  const { detail, details, diagnosis } = cluster;
  if (!detail && !details && !diagnosis) {
    return null;
  }
  const limited = isLimited(cluster);
  return (
    <div
      className={`jp-JobQueue-problem${limited ? ' jp-mod-limited' : ''}`}
      role={limited ? 'status' : 'alert'}
    >
      {detail && <p>{detail}</p>}
      {diagnosis && <Diagnosis text={diagnosis} trans={trans} />}
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

function Diagnosis(props: {
  text: string;
  trans: TranslationBundle;
}): JSX.Element {
  return (
    <div className="jp-JobQueue-diagnosis">
      <b>{props.trans.__('Cause')}</b>
      <p>{withCode(props.text)}</p>
    </div>
  );
}
