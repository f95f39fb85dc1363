import { JSONExt } from '@lumino/coreutils';
import type { ReadonlyJSONValue } from '@lumino/coreutils';

import type { JobQueueAPI } from '../api/api';
import type { ICluster, IJob } from '../api/types';

/** What is fetched for single clusters: open job tables, and the code that connects a client. */
export class ClusterDetails {
  /**
   * @param api - The server.
   * @param onChange - Called when the jobs of a cluster have changed.
   */
  constructor(
    private readonly api: JobQueueAPI,
    private readonly onChange: () => void
  ) {}

  /** Ids of the clusters whose job table is open. */
  readonly expanded = new Set<string>();

  jobs(id: string): readonly IJob[] {
    return this._jobs.get(id) ?? [];
  }

  clientCode(id: string): string | undefined {
    return this._clientCode.get(id);
  }

  async fetchClientCode(id: string): Promise<string> {
    const code = await this.api.clientCode(id);
    this._clientCode.set(id, code);
    return code;
  }

  async toggleJobs(id: string): Promise<void> {
    if (!this.expanded.delete(id)) {
      this.expanded.add(id);
      await this.fetchJobs(id).catch(() => undefined);
    }
    this.onChange();
  }

  /** Fetch what is shown of these clusters, and their client code in case somebody drags a card. */
  async fetch(clusters: ICluster[]): Promise<void> {
    const open = clusters.filter(({ id }) => this.expanded.has(id));
    const connected = clusters.filter(
      ({ id, scheduler_address }) =>
        scheduler_address && !this._clientCode.has(id)
    );
    await Promise.all([
      ...open.map(({ id }) => this.fetchJobs(id).catch(() => undefined)),
      ...connected.map(({ id }) => this.fetchClientCode(id).catch(() => ''))
    ]);
  }

  private async fetchJobs(id: string): Promise<void> {
    const jobs = await this.api.jobs(id);
    const before = this._jobs.get(id);
    this._jobs.set(id, jobs);
    if (!isEqual(before, jobs)) {
      this.onChange();
    }
  }

  private readonly _jobs = new Map<string, IJob[]>();
  private readonly _clientCode = new Map<string, string>();
}

/** Whether two responses of the server are equal. */
export function isEqual(one: unknown, other: unknown): boolean {
  return JSONExt.deepEqual(
    (one ?? null) as ReadonlyJSONValue,
    (other ?? null) as ReadonlyJSONValue
  );
}
