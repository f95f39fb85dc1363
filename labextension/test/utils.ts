import type { Event } from '@jupyterlab/services';
import { ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { Stream } from '@lumino/signaling';
import { act } from '@testing-library/react';

import { JobQueueAPI } from '../src/api/api';
import type {
  ClusterState,
  ICluster,
  ICreateRequest,
  IJob,
  ILog,
  INotice,
  IPreviewRequest,
  IProfile,
  IRange,
  ISchema,
  IScript
} from '../src/api/types';

export const trans = nullTranslator.load('jupyter_jobqueue');

/** What a test may change of a cluster: the jobs in some states only, and states of old servers. */
export type ClusterChange = Partial<Omit<ICluster, 'jobs' | 'state'>> & {
  jobs?: Partial<ICluster['jobs']>;
  state?: ClusterState;
};

const NO_JOBS: ICluster['jobs'] = {
  submitting: 0,
  pending: 0,
  held: 0,
  starting: 0,
  running: 0,
  closing: 0,
  done: 0,
  failed: 0,
  cancelled: 0,
  lost: 0
};

/** A healthy cluster of two jobs. */
export function makeCluster(change: ClusterChange = {}): ICluster {
  const cluster = {
    id: 'c1',
    name: 'slurm-1',
    system: 'slurm',
    profile: 'slurm',
    state: 'running',
    detail: '',
    details: '',
    created: 1000,
    scheduler_address: 'tls://10.0.0.1:8786',
    dashboard: 'jobqueue/clusters/c1/dashboard/status',
    wanted: 2,
    adapt: null,
    processes: 2,
    cores_per_job: 4,
    memory_per_job: 8 * 2 ** 30,
    diagnosis: '',
    reason: '',
    waiting: 0,
    workers: 4,
    cores: 8,
    memory: 16 * 2 ** 30,
    core_hours: 0,
    core_hours_asked: null,
    budget: null,
    closes_at: null,
    closes_why: '',
    next_end: null,
    decisions: [],
    notes: [],
    ...change,
    jobs: { ...NO_JOBS, ...(change.jobs ?? { running: 2 }) }
  };
  return cluster as ICluster;
}

/** A job that runs. */
export function makeJob(change: Partial<IJob> = {}): IJob {
  return {
    name: 'slurm-1-0',
    id: '23_0',
    state: 'running',
    reason: '',
    node: 'node1',
    exit_code: null,
    signal: null,
    submitted: 1000,
    started: 1010,
    ended: null,
    ends: null,
    estimated_start: null,
    workers: ['slurm-1-0-0'],
    stdout: '/home/me/23_0.out',
    stderr: '/home/me/23_0.err',
    ...change
  };
}

/** A profile that can be used. */
export function makeProfile(change: Partial<IProfile> = {}): IProfile {
  return {
    name: 'slurm',
    system: 'slurm',
    label: 'Slurm',
    usable: true,
    reason: '',
    origin: 'built-in',
    options: {},
    problems: [],
    ...change
  };
}

export const SCHEMA: ISchema = {
  type: 'object',
  properties: {
    cores: {
      type: 'integer',
      title: 'Cores',
      description: 'CPUs of one job',
      default: 4,
      'x-group': 'main'
    },
    memory: {
      type: 'string',
      title: 'Memory',
      examples: ['16 GiB'],
      'x-group': 'main'
    },
    account: { type: 'string', title: 'Account', 'x-group': 'more' },
    nice: { type: 'integer', title: 'Nice' }
  }
};

export const SCRIPT: IScript = {
  script: '#!/bin/sh\n#SBATCH -J slurm-1\n# workers\ndask worker\n',
  command: 'sbatch --array=0-1'
};

/** The methods of the API. */
export type Method = Exclude<keyof JobQueueAPI, 'settings'>;

/** A server in memory that records its calls. */
export class FakeAPI extends JobQueueAPI {
  constructor() {
    super(ServerConnection.makeSettings());
  }

  clusters: ICluster[] = [];
  jobList: IJob[] = [];
  noticeList: INotice[] = [];
  profileList: IProfile[] = [makeProfile()];
  readonly errors: Partial<Record<Method, Error>> = {};
  readonly calls: [Method, ...unknown[]][] = [];

  /** What a method was called with, one entry a call. */
  callsOf(method: Method): unknown[][] {
    return this.calls
      .filter(([name]) => name === method)
      .map(([, ...args]) => args);
  }

  list(): Promise<ICluster[]> {
    // As from JSON: equal, never the same.
    return this.answer(() => structuredCopy(this.clusters), 'list');
  }

  notices(): Promise<INotice[]> {
    return this.answer(() => structuredCopy(this.noticeList), 'notices');
  }

  dismiss(notice: string): Promise<void> {
    return this.answer(
      () => {
        this.noticeList = this.noticeList.filter(({ id }) => id !== notice);
      },
      'dismiss',
      notice
    );
  }

  profiles(): Promise<IProfile[]> {
    return this.answer(() => this.profileList, 'profiles');
  }

  schema(profile: IProfile): Promise<ISchema> {
    return this.answer(() => SCHEMA, 'schema', profile.name);
  }

  preview(body: IPreviewRequest): Promise<IScript> {
    return this.answer(() => SCRIPT, 'preview', body);
  }

  create(body: ICreateRequest): Promise<ICluster> {
    return this.answer(
      () => {
        const made = makeCluster({ id: 'new', state: 'starting' });
        this.clusters = [...this.clusters, made];
        return made;
      },
      'create',
      body
    );
  }

  scale(id: string, jobs: number): Promise<ICluster> {
    const change = { wanted: jobs, adapt: null };
    return this.answer(() => this.alter(id, change), 'scale', id, jobs);
  }

  adapt(id: string, range: IRange): Promise<ICluster> {
    const change = { adapt: range };
    return this.answer(() => this.alter(id, change), 'adapt', id, range);
  }

  retry(id: string): Promise<ICluster> {
    const change = { state: 'running' as const, detail: '', details: '' };
    return this.answer(() => this.alter(id, change), 'retry', id);
  }

  close(id: string): Promise<void> {
    return this.answer(
      () => {
        this.clusters = this.clusters.filter(each => each.id !== id);
      },
      'close',
      id
    );
  }

  script(id: string): Promise<IScript> {
    return this.answer(() => SCRIPT, 'script', id);
  }

  jobs(id: string): Promise<IJob[]> {
    return this.answer(() => structuredCopy(this.jobList), 'jobs', id);
  }

  log(id: string, job: string, stream: 'stdout' | 'stderr'): Promise<ILog> {
    const log = { path: `/logs/${job}`, text: `${stream} of ${job}` };
    return this.answer(
      () => ({ job, stream, truncated: false, ...log }),
      'log',
      id,
      job,
      stream
    );
  }

  clientCode(id: string): Promise<string> {
    return this.answer(() => `client = ${id}`, 'clientCode', id);
  }

  private async answer<T>(
    value: () => T,
    method: Method,
    ...args: unknown[]
  ): Promise<T> {
    this.calls.push([method, ...args]);
    const error = this.errors[method];
    if (error) {
      throw error;
    }
    return value();
  }

  private alter(id: string, change: Partial<ICluster>): ICluster {
    this.clusters = this.clusters.map(each =>
      each.id === id ? { ...each, ...change } : each
    );
    return this.clusters.find(each => each.id === id)!;
  }
}

/** An event bus for tests. */
export class FakeEvents {
  readonly stream = new Stream<FakeEvents, Event.Emission>(this);

  emit(schema_id: string): void {
    this.stream.emit({ schema_id } as Event.Emission);
  }

  /** As what the model takes. */
  get manager(): Event.IManager {
    return this as unknown as Event.IManager;
  }
}

/** Let time pass, and whatever is due then be done and drawn. */
export async function pass(milliseconds = 0): Promise<void> {
  await act(async () => {
    await jest.advanceTimersByTimeAsync(milliseconds);
  });
}

function structuredCopy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}
