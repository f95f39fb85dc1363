import { VDomModel } from '@jupyterlab/ui-components';
import type { Event } from '@jupyterlab/services';
import { JSONExt } from '@lumino/coreutils';
import type { ReadonlyJSONValue } from '@lumino/coreutils';
import { Poll } from '@lumino/polling';

import type { JobQueueAPI } from '../api/api';
import { Calm } from './throttle';
import type { RequestError } from '../api/request';
import { EVENT_SCHEMA } from '../tokens';
import type {
  ICluster,
  IJob,
  ILog,
  INotice,
  IProfile,
  IRange,
  IRequest,
  ISchema,
  IScript,
  Stream
} from '../tokens';

/** Milliseconds after which countdowns are drawn anew, even if the server tells nothing new. */
const REDRAW = 30_000;

/** The clusters of the server, kept true by its events and by a slow poll. */
export class ClusterModel extends VDomModel {
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
        const wanted = this._active || this.poll.state.phase === 'refreshed';
        return wanted ? 'when-hidden' : true;
      }
    });
    events?.stream.connect(this.onEvent, this);
  }

  /** The clusters, oldest first. */
  get clusters(): readonly ICluster[] {
    return this._clusters;
  }

  /** What there is to say about clusters that are gone, oldest first. */
  get notices(): readonly INotice[] {
    return this._notices;
  }

  /** What the server last said against being asked; null while it answers. */
  get error(): RequestError | Error | null {
    return this._error;
  }

  /** Whether the server has answered at all. */
  get isReady(): boolean {
    return this._ready;
  }

  /** Whether anybody looks; nothing is polled otherwise. */
  get isActive(): boolean {
    return this._active;
  }
  set isActive(value: boolean) {
    this._active = value;
    if (value && !this.isDisposed) {
      void this.refresh();
    }
  }

  /** Milliseconds between two questions while somebody looks. */
  set interval(value: number) {
    this.poll.frequency = { ...this.poll.frequency, interval: value };
  }

  /** Ids of the clusters whose job table is open. */
  get expanded(): ReadonlySet<string> {
    return this._expanded;
  }

  find(id: string): ICluster | undefined {
    return this._clusters.find(cluster => cluster.id === id);
  }

  jobs(id: string): readonly IJob[] {
    return this._jobs.get(id) ?? [];
  }

  /** The code that connects a client, if it is known already. */
  snippet(id: string): string | undefined {
    return this._snippets.get(id);
  }

  async fetchSnippet(id: string): Promise<string> {
    const code = await this.api.client(id);
    this._snippets.set(id, code);
    return code;
  }

  /** Ask the server now. */
  async refresh(): Promise<void> {
    await this.poll.refresh();
    // A model disposed of in between has nothing more to say.
    await this.poll.tick.catch(() => undefined);
  }

  async toggleJobs(id: string): Promise<void> {
    if (!this._expanded.delete(id)) {
      this._expanded.add(id);
      await this.fetchJobs(id).catch(() => undefined);
    }
    this.stateChanged.emit();
  }

  async create(wish: IRequest): Promise<ICluster> {
    return this.act(() => this.api.create(wish));
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

  /** Take a notice away: here at once, then at the server. */
  async dismiss(notice: string): Promise<void> {
    this._notices = this._notices.filter(({ id }) => id !== notice);
    this._changes += 1;
    this.stateChanged.emit();
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

  preview(wish: Pick<IRequest, 'profile' | 'options'>): Promise<IScript> {
    return this.api.preview(wish);
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
    this.calm.dispose();
    this.poll.dispose();
    super.dispose();
  }

  /** Do what the server answers with the cluster as it is then; the list follows in any case. */
  private async act(action: () => Promise<ICluster>): Promise<ICluster> {
    try {
      return this.put(await action());
    } finally {
      void this.refresh();
    }
  }

  private put(cluster: ICluster): ICluster {
    const others = this._clusters.filter(each => each.id !== cluster.id);
    const known = others.length < this._clusters.length;
    this._clusters = known
      ? this._clusters.map(each => (each.id === cluster.id ? cluster : each))
      : [...this._clusters, cluster];
    this._changes += 1;
    this.stateChanged.emit();
    return cluster;
  }

  private async fetch(): Promise<void> {
    const changes = this._changes;
    const question = ++this._asked;
    try {
      const [clusters, notices] = await Promise.all([
        this.api.list(),
        this.api.notices().catch(() => this._notices)
      ]);
      await this.fetchDetails(clusters);
      // An answer from before an action, or older than one shown, is not the truth any more.
      if (changes === this._changes && question > this._answered) {
        this._answered = question;
        this.take(clusters, notices, null);
      }
    } catch (error) {
      this.take(this._clusters, this._notices, error as Error);
      throw error;
    }
  }

  private async fetchDetails(clusters: ICluster[]): Promise<void> {
    const ids = new Set(clusters.map(cluster => cluster.id));
    const open = [...this._expanded].filter(id => ids.has(id));
    const connected = clusters.filter(
      each => each.scheduler_address && !this._snippets.has(each.id)
    );
    await Promise.all([
      ...open.map(id => this.fetchJobs(id).catch(() => undefined)),
      ...connected.map(each => this.fetchSnippet(each.id).catch(() => ''))
    ]);
  }

  private async fetchJobs(id: string): Promise<void> {
    const jobs = await this.api.jobs(id);
    const before = this._jobs.get(id);
    this._jobs.set(id, jobs);
    if (!same(before, jobs)) {
      this.stateChanged.emit();
    }
  }

  private take(
    clusters: readonly ICluster[],
    notices: readonly INotice[],
    error: Error | null
  ): void {
    const changed =
      !this._ready ||
      error?.message !== this._error?.message ||
      !same(notices, this._notices) ||
      !same(clusters, this._clusters) ||
      this.isCountdownDue(clusters);
    this._clusters = clusters;
    this._notices = notices;
    this._error = error;
    this._ready = true;
    if (changed) {
      this._drawn = Date.now();
      this.stateChanged.emit();
    }
  }

  /** Whether a countdown on a card is behind the clock. */
  private isCountdownDue(clusters: readonly ICluster[]): boolean {
    return (
      Date.now() - this._drawn >= REDRAW &&
      clusters.some(each => each.next_end !== null || each.closes_at !== null)
    );
  }

  private onEvent(_: unknown, emission: Event.Emission): void {
    if (emission.schema_id === EVENT_SCHEMA && this._active) {
      this.calm.ask();
    }
  }

  private readonly poll: Poll;
  private readonly calm = new Calm(() => void this.poll.refresh());
  private _active = false;
  private _changes = 0;
  private _asked = 0;
  private _answered = 0;
  private _ready = false;
  private _drawn = 0;
  private _clusters: readonly ICluster[] = [];
  private _notices: readonly INotice[] = [];
  private _error: Error | null = null;
  private readonly _expanded = new Set<string>();
  private readonly _jobs = new Map<string, IJob[]>();
  private readonly _snippets = new Map<string, string>();
}

function same(one: unknown, other: unknown): boolean {
  return JSONExt.deepEqual(
    (one ?? null) as ReadonlyJSONValue,
    (other ?? null) as ReadonlyJSONValue
  );
}
