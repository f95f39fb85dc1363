/** What other extensions use: the model and the commands. Importing this file has no side effects. */
import type { VDomRenderer } from '@jupyterlab/ui-components';
import { Token } from '@lumino/coreutils';

import type {
  ICluster,
  ICreateRequest,
  IJob,
  ILog,
  INotice,
  IPreviewRequest,
  IProfile,
  IRange,
  ISchema,
  IScript,
  Stream
} from './api/types';

/** The Dask clusters of the server. */
export interface IClusterModel extends VDomRenderer.IModel {
  /** The clusters, oldest first. */
  readonly clusters: readonly ICluster[];
  /** Messages about clusters that no longer exist, oldest first. */
  readonly notices: readonly INotice[];
  /** Why the last request for the list failed; null if it succeeded. */
  readonly error: Error | null;
  /** Whether the first response has arrived. */
  readonly isReady: boolean;
  /** Whether the list is visible; the model polls only then. */
  isActive: boolean;
  /** Milliseconds between two polls. */
  interval: number;
  /** Ids of the clusters whose job table is open. */
  readonly expanded: ReadonlySet<string>;

  find(id: string): ICluster | undefined;
  /** The jobs of a cluster whose job table is open. */
  jobs(id: string): readonly IJob[];
  /** The code that connects a client, if it has been fetched. */
  clientCode(id: string): string | undefined;
  fetchClientCode(id: string): Promise<string>;

  /** Fetch the list now. */
  refresh(): Promise<void>;
  toggleJobs(id: string): Promise<void>;
  create(request: ICreateRequest): Promise<ICluster>;
  scale(id: string, jobs: number): Promise<void>;
  adapt(id: string, range: IRange): Promise<void>;
  retry(id: string): Promise<void>;
  close(id: string): Promise<void>;
  /** Remove a notice. */
  dismiss(notice: string): Promise<void>;

  profiles(): Promise<IProfile[]>;
  schema(profile: IProfile): Promise<ISchema>;
  preview(request: IPreviewRequest): Promise<IScript>;
  script(id: string): Promise<IScript>;
  log(id: string, job: string, stream: Stream): Promise<ILog>;
}

export const IClusterModel = new Token<IClusterModel>(
  'jupyter-jobqueue:IClusterModel',
  'The Dask clusters on the job queue.'
);

/** Ids of the commands. Each takes the `id` of a cluster or notice, unless it concerns neither. */
export namespace CommandIDs {
  export const create = 'jobqueue:create';
  export const refresh = 'jobqueue:refresh';
  export const scale = 'jobqueue:scale';
  export const adapt = 'jobqueue:adapt';
  export const script = 'jobqueue:job-script';
  export const clientCode = 'jobqueue:insert-client';
  export const dashboard = 'jobqueue:dashboard';
  export const shutdown = 'jobqueue:shut-down';
  export const retry = 'jobqueue:retry';
  export const log = 'jobqueue:job-log';
  export const adaptiveLog = 'jobqueue:decisions';
  export const dismiss = 'jobqueue:dismiss-notice';
  export const openDashboard = 'jobqueue:open-dashboard';
}
