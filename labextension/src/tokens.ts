import { Token } from '@lumino/coreutils';
import type { JSONSchema7 } from 'json-schema';

import type { ClusterModel } from './model/clusters';

/** The clusters of the server, for other extensions. */
export type IClusterModel = ClusterModel;
export const IClusterModel = new Token<IClusterModel>(
  'jupyter-jobqueue:IClusterModel',
  'The Dask clusters on the job queue.'
);

/** The states of a cluster. */
export type ClusterState =
  'starting' | 'running' | 'degraded' | 'closing' | 'closed' | 'failed';

/** The states of a job. */
export type JobState =
  | 'submitting'
  | 'pending'
  | 'held'
  | 'starting'
  | 'running'
  | 'closing'
  | 'done'
  | 'failed'
  | 'cancelled'
  | 'lost';

/** A range of jobs. */
export interface IRange {
  minimum: number;
  maximum: number | null;
}

/** One step of the adaptive policy; `when` is seconds since the epoch. */
export interface IDecision {
  when: number;
  jobs: number;
  reason: string;
}

/** What happened beyond the ordinary; `when` is seconds since the epoch. */
export interface INote {
  when: number;
  text: string;
}

/** A note about a cluster that is gone. */
export interface INotice extends INote {
  id: string;
}

/** A cluster as the server tells it. */
export interface ICluster {
  id: string;
  name: string;
  system: string;
  profile: string;
  state: ClusterState;
  /** One sentence for people; empty when all is well. */
  detail: string;
  /** The batch system's own words, or the end of a log. */
  details: string;
  /** A known cause of failed starts, in plain words; empty if none. */
  diagnosis: string;
  /** Seconds since the epoch. */
  created: number;
  scheduler_address: string;
  /** Path below the server's base URL; empty while there is none. */
  dashboard: string;
  /** Jobs wanted. */
  wanted: number;
  adapt: IRange | null;
  /** Workers in one job. */
  processes: number;
  cores_per_job: number;
  /** Bytes. */
  memory_per_job: number;
  jobs: Partial<Record<JobState, number>>;
  /** Why jobs wait, in the queue's words. */
  reason: string;
  /** Jobs wanted that a limit holds back. */
  waiting: number;
  workers: number;
  cores: number;
  /** Bytes. */
  memory: number;
  /** Core-hours used so far. */
  core_hours: number;
  /** What all jobs so far would use until their walltime; null where there is none. */
  core_hours_asked: number | null;
  /** Core-hours after which nothing more is submitted. */
  budget: number | null;
  /** Seconds since the epoch when the cluster closes by itself. */
  closes_at: number | null;
  closes_why: '' | 'idle' | 'age';
  /** Seconds since the epoch when the first of its running jobs reaches its walltime. */
  next_end: number | null;
  /** Oldest first. */
  decisions: IDecision[];
  /** Oldest first. */
  notes: INote[];
}

/** A job as the server tells it; times are seconds since the epoch. */
export interface IJob {
  name: string;
  id: string;
  state: JobState;
  reason: string;
  node: string;
  exit_code: number | null;
  signal: number | null;
  submitted: number | null;
  started: number | null;
  ended: number | null;
  /** When its walltime is over. */
  ends: number | null;
  estimated_start: number | null;
  workers: string[];
  stdout: string;
  stderr: string;
}

/** A named preset. */
export interface IProfile {
  name: string;
  system: string;
  label: string;
  usable: boolean;
  reason: string;
  origin: string;
  options: Record<string, unknown>;
  problems: string[];
}

/** The options of a batch system. */
export interface ISchema extends JSONSchema7 {
  properties: Record<
    string,
    JSONSchema7 & { 'x-group'?: 'main' | 'more'; 'x-unit'?: string }
  >;
}

/** A job script and the command that submits it. */
export interface IScript {
  script: string;
  command: string;
}

/** The end of a job's output. */
export interface ILog {
  job: string;
  stream: Stream;
  path: string;
  text: string;
  truncated: boolean;
}

/** Which output of a job. */
export type Stream = 'stdout' | 'stderr';

/** What a cluster is to be made from. */
export interface IRequest {
  profile: string;
  options: Record<string, unknown>;
  name?: string;
  jobs?: number;
  adapt?: IRange;
}

/** The commands; each takes the argument `id`, the cluster's or notice's, unless it is about none. */
export namespace CommandIDs {
  export const create = 'jobqueue:create';
  export const refresh = 'jobqueue:refresh';
  export const scale = 'jobqueue:scale';
  export const adapt = 'jobqueue:adapt';
  export const script = 'jobqueue:job-script';
  export const snippet = 'jobqueue:insert-client';
  export const dashboard = 'jobqueue:dashboard';
  export const shutdown = 'jobqueue:shut-down';
  export const retry = 'jobqueue:retry';
  export const log = 'jobqueue:job-log';
  export const decisions = 'jobqueue:decisions';
  export const dismiss = 'jobqueue:dismiss-notice';
  export const openDashboard = 'jobqueue:open-dashboard';
}

/** The schema of the server's events. */
export const EVENT_SCHEMA =
  'https://events.jupyter.org/jupyter_jobqueue/cluster/v1';
