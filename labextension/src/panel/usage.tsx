import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { coreHours, until } from '../components/format';
import type { ICluster } from '../tokens';

/** Part of the budget from which on it is pointed out. */
const NEARLY = 0.9;

/** Whether little of the budget is left. */
function isScarce({ budget, core_hours: used }: ICluster): boolean {
  return budget !== null && used > NEARLY * budget;
}

/** Say what was used, and of how much: `3.2 of 10 core-hours`. */
function use(cluster: ICluster, trans: TranslationBundle): string {
  const { budget, core_hours: used } = cluster;
  if (budget === null) {
    // Less than is shown would be told as zero.
    return used < 0.05 ? '' : trans.__('%1 core-hours', coreHours(used));
  }
  const amounts = [coreHours(used), coreHours(budget)];
  if (used >= budget) {
    return trans.__('%1 of %2 core-hours: used up', ...amounts);
  }
  return isScarce(cluster)
    ? trans.__('%1 of %2 core-hours: nearly used up', ...amounts)
    : trans.__('%1 of %2 core-hours', ...amounts);
}

/** Say when the first running job reaches its walltime. */
function nextEnd(cluster: ICluster, trans: TranslationBundle): string {
  const { next_end: end, jobs } = cluster;
  if (end === null || end * 1000 < Date.now()) {
    return '';
  }
  return jobs.running === 1
    ? trans.__('job ends in %1', until(end, trans))
    : trans.__('first job ends in %1', until(end, trans));
}

/** Say when the cluster closes by itself, and why. */
function closing(cluster: ICluster, trans: TranslationBundle): string {
  const { closes_at: time, closes_why: why } = cluster;
  if (time === null) {
    return '';
  }
  return why === 'idle'
    ? trans.__('closes in %1: idle', until(time, trans))
    : trans.__('closes in %1: age limit', until(time, trans));
}

/** Say what all jobs so far may come to. */
function asked(
  { core_hours_asked: amount }: ICluster,
  trans: TranslationBundle
): string | undefined {
  return amount === null
    ? undefined
    : trans.__(
        'All jobs so far would use %1 core-hours until their walltime.',
        coreHours(amount)
      );
}

/** Use and times of a cluster in one quiet line; nothing while there is nothing to say. */
export function Facts(props: {
  cluster: ICluster;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { cluster, trans } = props;
  const used = (
    <span
      title={asked(cluster, trans)}
      className={isScarce(cluster) ? 'jp-mod-scarce' : undefined}
    >
      {use(cluster, trans)}
    </span>
  );
  const facts = [
    use(cluster, trans) && used,
    nextEnd(cluster, trans),
    closing(cluster, trans)
  ].filter(fact => fact);
  return facts.length ? <Line facts={facts} /> : null;
}

/** Facts side by side; one that does not fit goes to the next line as a whole. */
function Line({ facts }: { facts: React.ReactNode[] }): JSX.Element {
  return (
    <div className="jp-JobQueue-facts">
      <div>
        {facts.map((fact, place) => (
          <React.Fragment key={place}>
            <span className="jp-JobQueue-fact">{fact}</span>{' '}
          </React.Fragment>
        ))}
      </div>
    </div>
  );
}
