import type { ServerConnection } from '@jupyterlab/services';

import { request } from './request';
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
} from './types';

/** The server's REST interface. Only this class knows its paths. */
export class JobQueueAPI {
  constructor(readonly settings: ServerConnection.ISettings) {}

  /** List the clusters; like other polls, this does not count as user activity. */
  list(): Promise<ICluster[]> {
    return this.get('clusters?no_track_activity=1');
  }

  /** List the notices about clusters that no longer exist. */
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

  preview(body: IPreviewRequest): Promise<IScript> {
    return this.post('job-script', body);
  }

  create(body: ICreateRequest): Promise<ICluster> {
    return this.post('clusters', body);
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

  async clientCode(id: string): Promise<string> {
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
