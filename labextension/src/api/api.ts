import type { ServerConnection } from '@jupyterlab/services';

import { request } from './request';
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

/** The server's REST interface; the only place that knows its paths. */
export class JobQueueAPI {
  constructor(readonly settings: ServerConnection.ISettings) {}

  /** List the clusters, without counting as activity of the user. */
  list(): Promise<ICluster[]> {
    return this.get('clusters?no_track_activity=1');
  }

  /** List what there is to say about clusters that are gone. */
  notices(): Promise<INotice[]> {
    return this.get('notices?no_track_activity=1');
  }

  dismiss(notice: string): Promise<void> {
    const path = `notices/${encodeURIComponent(notice)}`;
    return request(this.settings, path, { method: 'DELETE' });
  }

  profiles(): Promise<IProfile[]> {
    return this.get('profiles');
  }

  schema(profile: IProfile): Promise<ISchema> {
    const query = `profile=${encodeURIComponent(profile.name)}`;
    return this.get(`systems/${profile.system}/schema?${query}`);
  }

  preview(wish: Pick<IRequest, 'profile' | 'options'>): Promise<IScript> {
    return this.post('job-script', wish);
  }

  create(wish: IRequest): Promise<ICluster> {
    return this.post('clusters', wish);
  }

  scale(id: string, jobs: number): Promise<ICluster> {
    return this.post(`clusters/${id}/scale`, { jobs });
  }

  adapt(id: string, range: IRange): Promise<ICluster> {
    return this.post(`clusters/${id}/adapt`, range);
  }

  retry(id: string): Promise<ICluster> {
    return this.post(`clusters/${id}/retry`, {});
  }

  close(id: string): Promise<void> {
    return request(this.settings, `clusters/${id}`, { method: 'DELETE' });
  }

  script(id: string): Promise<IScript> {
    return this.get(`clusters/${id}/job-script`);
  }

  jobs(id: string): Promise<IJob[]> {
    return this.get(`clusters/${id}/jobs?no_track_activity=1`);
  }

  log(id: string, job: string, stream: Stream): Promise<ILog> {
    const name = encodeURIComponent(job);
    return this.get(`clusters/${id}/jobs/${name}/log?stream=${stream}`);
  }

  async client(id: string): Promise<string> {
    return (await this.get<{ code: string }>(`clusters/${id}/client`)).code;
  }

  private get<T>(path: string): Promise<T> {
    return request<T>(this.settings, path);
  }

  private post<T>(path: string, body: unknown): Promise<T> {
    const init = { method: 'POST', body: JSON.stringify(body) };
    return request<T>(this.settings, path, init);
  }
}
