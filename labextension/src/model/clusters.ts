import type { Event } from '@jupyterlab/services';
import { VDomModel } from '@jupyterlab/ui-components';
import { Poll } from '@lumino/polling';

import type { JobQueueAPI } from '../api/api';
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
} from '../api/types';
import type { IClusterModel } from '../tokens';
import { ClusterDetails, isEqual } from './details';
import { Throttle } from './throttle';

/** The schema of the server's events. */
export const EVENT_SCHEMA =
  'https://events.jupyter.org/jupyter_jobqueue/cluster/v1';

/** Milliseconds after which countdowns are drawn again, even if the list has not changed. */
const REDRAW_INTERVAL = 30_000;

/** The clusters of the server, kept up to date by its events and by a slow poll. */
export class ClusterModel extends VDomModel implements IClusterModel {
  /**
   * @param api - The server.
   * @param events - The server's event bus, if there is one.
   */
  constructor(
    private readonly api: JobQueueAPI,
    private readonly events?: Event.IManager
  ) {
    super();
    this.poll = new Poll({
      auto: false,
      factory: () => this.fetch(),
      frequency: { interval: 5000, backoff: true, max: 60_000 },
      name: 'jupyter-jobqueue:clusters',
      standby: () => {
        const isDue = this._isActive || this.poll.state.phase === 'refreshed';
        return isDue ? 'when-hidden' : true;
      }
    });
    events?.stream.connect(this.onEvent, this);
  }

  get clusters(): readonly ICluster[] {
    return this._clusters;
  }

  get notices(): readonly INotice[] {
    return this._notices;
  }

  get error(): Error | null {
    return this._error;
  }

  get isReady(): boolean {
    return this._isReady;
  }

  get isActive(): boolean {
    return this._isActive;
  }
  set isActive(value: boolean) {
    this._isActive = value;
    if (value && !this.isDisposed) {
      void this.refresh();
    }
  }

  get interval(): number {
    return this.poll.frequency.interval;
  }
  set interval(value: number) {
    this.poll.frequency = { ...this.poll.frequency, interval: value };
  }

  get expanded(): ReadonlySet<string> {
    return this.details.expanded;
  }

  find(id: string): ICluster | undefined {
    return this._clusters.find(cluster => cluster.id === id);
  }

  jobs(id: string): readonly IJob[] {
    return this.details.jobs(id);
  }

  clientCode(id: string): string | undefined {
    return this.details.clientCode(id);
  }

  fetchClientCode(id: string): Promise<string> {
    return this.details.fetchClientCode(id);
  }

  async refresh(): Promise<void> {
    await this.poll.refresh();
    // The tick rejects if the model is disposed of in the meantime.
    await this.poll.tick.catch(() => undefined);
  }

  toggleJobs(id: string): Promise<void> {
    return this.details.toggleJobs(id);
  }

  create(request: ICreateRequest): Promise<ICluster> {
    return this.act(() => this.api.create(request));
  }

  async scale(id: string, jobs: number): Promise<void> {
    await this.act(() => this.api.scale(id, jobs));
  }

  async adapt(id: string, range: IRange): Promise<void> {
    await this.act(() => this.api.adapt(id, range));
  }

  async retry(id: string): Promise<void> {
    await this.act(() => this.api.retry(id));
  }

  async close(id: string): Promise<void> {
    const cluster = this.find(id);
    if (cluster) {
      this.put({ ...cluster, state: 'closing' });
    }
    try {
      await this.api.close(id);
    } finally {
      await this.refresh();
    }
  }

  async dismiss(notice: string): Promise<void> {
    this._notices = this._notices.filter(({ id }) => id !== notice);
    this.changed();
    try {
      await this.api.dismiss(notice);
    } finally {
      await this.refresh();
    }
  }

  profiles(): Promise<IProfile[]> {
    return this.api.profiles();
  }

  schema(profile: IProfile): Promise<ISchema> {
    return this.api.schema(profile);
  }

  preview(request: IPreviewRequest): Promise<IScript> {
    return this.api.preview(request);
  }

  script(id: string): Promise<IScript> {
    return this.api.script(id);
  }

  log(id: string, job: string, stream: Stream): Promise<ILog> {
    return this.api.log(id, job, stream);
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this.events?.stream.disconnect(this.onEvent, this);
    this.throttle.dispose();
    this.poll.dispose();
    super.dispose();
  }

  /** Show the cluster that an action returns, and fetch the list, even if the action fails. */
  private async act(action: () => Promise<ICluster>): Promise<ICluster> {
    try {
      return this.put(await action());
    } finally {
      void this.refresh();
    }
  }

  private put(cluster: ICluster): ICluster {
    this._clusters = this.find(cluster.id)
      ? this._clusters.map(old => (old.id === cluster.id ? cluster : old))
      : [...this._clusters, cluster];
    this.changed();
    return cluster;
  }

  /** Show a change made here; lists that were requested before it are outdated. */
  private changed(): void {
    this._changes += 1;
    this.stateChanged.emit();
  }

  private async fetch(): Promise<void> {
    const changes = this._changes;
    const request = ++this._requests;
    try {
      const [clusters, notices] = await Promise.all([
        this.api.list(),
        this.api.notices().catch(() => this._notices)
      ]);
      await this.details.fetch(clusters);
      // Skip a list from before a change made here, or older than the one that is shown.
      if (changes === this._changes && request > this._shownRequest) {
        this._shownRequest = request;
        this.update(clusters, notices, null);
      }
    } catch (error) {
      this.update(this._clusters, this._notices, error as Error);
      throw error;
    }
  }

  private update(
    clusters: readonly ICluster[],
    notices: readonly INotice[],
    error: Error | null
  ): void {
    const hasChanged =
      !this._isReady ||
      error?.message !== this._error?.message ||
      !isEqual(notices, this._notices) ||
      !isEqual(clusters, this._clusters) ||
      this.isCountdownDue(clusters);
    this._clusters = clusters;
    this._notices = notices;
    this._error = error;
    this._isReady = true;
    if (hasChanged) {
      this._drawnAt = Date.now();
      this.stateChanged.emit();
    }
  }

  /** Whether a countdown on a card is out of date. */
  private isCountdownDue(clusters: readonly ICluster[]): boolean {
    return (
      Date.now() - this._drawnAt >= REDRAW_INTERVAL &&
      clusters.some(
        ({ closes_at, next_end }) => closes_at !== null || next_end !== null
      )
    );
  }

  private onEvent(_: unknown, emission: Event.Emission): void {
    if (emission.schema_id === EVENT_SCHEMA && this._isActive) {
      this.throttle.invoke();
    }
  }

  private readonly poll: Poll;
  private readonly throttle = new Throttle(() => void this.poll.refresh());
  private readonly details = new ClusterDetails(this.api, () =>
    this.stateChanged.emit()
  );
  private _isActive = false;
  private _changes = 0;
  private _requests = 0;
  private _shownRequest = 0;
  private _isReady = false;
  private _drawnAt = 0;
  private _clusters: readonly ICluster[] = [];
  private _notices: readonly INotice[] = [];
  private _error: Error | null = null;
}
