import type { TranslationBundle } from '@jupyterlab/translation';

import type { ClusterState, ICluster, JobState } from '../api/types';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Format an amount of memory: `16 GiB`, `1.9 GiB`. */
export function bytes(size: number): string {
  let unit = 0;
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  const text = size >= 10 ? size.toFixed(0) : size.toFixed(1);
  return `${text.replace(/\.0$/, '')} ${UNITS[unit]}`;
}

const STEPS: [number, string][] = [
  [86400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's']
];

/** Format a duration: `3 min`, `1 h 30 min`, `2 d`. */
export function period(seconds: number): string {
  const place = STEPS.findIndex(([size]) => seconds >= size || size === 1);
  const [size, unit] = STEPS[place];
  const text = `${Math.max(0, Math.floor(seconds / size))} ${unit}`;
  if (place > 1) {
    return text;
  }
  // Days and hours are so long that the next smaller unit matters.
  const [smallerSize, smallerUnit] = STEPS[place + 1];
  const rest = Math.floor((seconds % size) / smallerSize);
  return rest ? `${text} ${rest} ${smallerUnit}` : text;
}

/** Format the time until a moment; without seconds, as cards are not drawn every second. */
export function until(time: number, trans: TranslationBundle): string {
  const seconds = time - Date.now() / 1000;
  return seconds < 60 ? trans.__('under 1 min') : period(seconds);
}

/** Format a moment: the time of day, and the date unless it is today. */
export function clock(
  when: number,
  timeStyle: 'short' | 'medium' = 'short'
): string {
  const date = new Date(when * 1000);
  const isToday = date.toDateString() === new Date().toDateString();
  const day = isToday ? {} : { dateStyle: 'short' as const };
  return date.toLocaleString(undefined, { timeStyle, ...day });
}

/** Format an amount of core-hours: `3.2`, `120`. */
export function coreHours(amount: number): string {
  return amount >= 100
    ? amount.toFixed(0)
    : amount.toFixed(1).replace(/\.0$/, '');
}

/** Name the state of a cluster. */
export function clusterState(
  state: ClusterState,
  trans: TranslationBundle
): string {
  const names: Record<ClusterState, string> = {
    starting: trans.__('starting'),
    running: trans.__('ready'),
    degraded: trans.__('degraded'),
    closing: trans.__('closing'),
    closed: trans.__('closed'),
    failed: trans.__('failed')
  };
  return names[state] ?? state;
}

/** Name the state of a job. */
export function jobState(state: JobState, trans: TranslationBundle): string {
  const names: Record<JobState, string> = {
    submitting: trans.__('submitting'),
    pending: trans.__('pending'),
    held: trans.__('held'),
    starting: trans.__('starting'),
    running: trans.__('running'),
    closing: trans.__('closing'),
    done: trans.__('done'),
    failed: trans.__('failed'),
    cancelled: trans.__('cancelled'),
    lost: trans.__('lost')
  };
  return names[state] ?? state;
}

/** The states that a card counts, in this order. */
const COUNTED: JobState[] = [
  'running',
  'starting',
  'pending',
  'held',
  'submitting',
  'closing',
  'failed',
  'lost'
];

/** Count the jobs that matter now: `2 running · 3 pending · 1 failed`. */
export function jobCounts(cluster: ICluster, trans: TranslationBundle): string {
  const counts = COUNTED.filter(state => cluster.jobs[state]).map(
    state => `${cluster.jobs[state]} ${jobState(state, trans)}`
  );
  return counts.join(' · ') || trans.__('no jobs');
}

/** Format the size that a cluster should have: `4 wanted` or `autoscale 0–10`. */
export function targetSize(
  cluster: ICluster,
  trans: TranslationBundle
): string {
  if (cluster.adapt) {
    const { minimum, maximum } = cluster.adapt;
    return trans.__('autoscale %1–%2', minimum, maximum ?? '∞');
  }
  return trans.__('%1 wanted', cluster.wanted);
}

/** Format what is connected: `4 workers · 8 cores · 16 GiB`. */
export function resources(cluster: ICluster, trans: TranslationBundle): string {
  return [
    trans._n('%1 worker', '%1 workers', cluster.workers),
    trans._n('%1 core', '%1 cores', cluster.cores),
    bytes(cluster.memory).replace(' ', '\u00a0')
  ].join(' · ');
}
