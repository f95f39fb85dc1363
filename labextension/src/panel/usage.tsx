import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { ICluster } from '../api/types';
import { coreHours, until } from '../components/format';

/** The part of the budget from which on a card warns that it is nearly used up. */
const NEARLY = 0.9;

function isScarce({ budget, core_hours: used }: ICluster): boolean {
  return budget !== null && used > NEARLY * budget;
}

/** Format the core-hours used, and the budget: `3.2 of 10 core-hours`. */
function usedHours(cluster: ICluster, trans: TranslationBundle): string {
  const { budget, core_hours: used } = cluster;
  if (budget === null) {
    // A smaller amount would be rounded to zero.
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

/** Explain how much the core-hours can grow. */
function maximumHours(
  { core_hours_asked: amount }: ICluster,
  trans: TranslationBundle
): string | undefined {
  return amount === null
    ? undefined
    : trans.__(
        'Up to %1 core-hours if every job runs to its walltime.',
        coreHours(amount)
      );
}

/** Format the time until the first running job reaches its walltime. */
function nextEnd(cluster: ICluster, trans: TranslationBundle): string {
  const { next_end: end, jobs } = cluster;
  if (end === null || end * 1000 < Date.now()) {
    return '';
  }
  return jobs.running === 1
    ? trans.__('job ends in %1', until(end, trans))
    : trans.__('first job ends in %1', until(end, trans));
}

/** Format the time until the cluster closes by itself, with the reason. */
function closing(cluster: ICluster, trans: TranslationBundle): string {
  const { closes_at: time, closes_why: why } = cluster;
  if (time === null) {
    return '';
  }
  return why === 'idle'
    ? trans.__('closes in %1: idle', until(time, trans))
    : trans.__('closes in %1: age limit', until(time, trans));
}

/** The core-hours and the remaining times of a cluster; null if there are none. */
export function Usage(props: {
  cluster: ICluster;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { cluster, trans } = props;
  const hours = usedHours(cluster, trans);
  const facts = [
    hours && (
      <span
        title={maximumHours(cluster, trans)}
        className={isScarce(cluster) ? 'jp-mod-scarce' : undefined}
      >
        {hours}
      </span>
    ),
    nextEnd(cluster, trans),
    closing(cluster, trans)
  ].filter(fact => fact);
  return facts.length ? <Line facts={facts} /> : null;
}

/** Facts side by side; one that does not fit moves to the next line as a whole. */
function Line({ facts }: { facts: React.ReactNode[] }): JSX.Element {
  return (
    <div className="jp-JobQueue-usage">
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
