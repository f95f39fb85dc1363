import { ServerConnection } from '@jupyterlab/services';

import { JobQueueAPI } from '../../src/api/api';
import { makeProfile } from '../utils';

const BASE = 'http://localhost:8888/';

/** Call a method with a server that sends one response, and return the request. */
async function send(
  call: (api: JobQueueAPI) => Promise<unknown>,
  answer: unknown = {}
): Promise<{ method: string; path: string; body: unknown; value: unknown }> {
  const fetch = jest.fn<Promise<Response>, [Request]>(
    async () => new Response(JSON.stringify(answer))
  );
  const settings = ServerConnection.makeSettings({
    baseUrl: BASE,
    fetch: fetch as ServerConnection.ISettings['fetch']
  });
  const value = await call(new JobQueueAPI(settings));
  expect(fetch).toHaveBeenCalledTimes(1);
  const [request] = fetch.mock.calls[0];
  const text = await request.text();
  return {
    method: request.method,
    path: request.url.slice(`${BASE}jobqueue/api/`.length),
    body: text ? JSON.parse(text) : undefined,
    value
  };
}

describe('JobQueueAPI', () => {
  const range = { minimum: 0, maximum: 10 };
  const body = { profile: 'gpu', options: { cores: 2 } };
  const none = undefined;
  const large = { ...body, name: 'big', jobs: 3 };

  it.each<
    [string, (api: JobQueueAPI) => Promise<unknown>, string, string, unknown]
  >([
    ['list', api => api.list(), 'GET', 'clusters?no_track_activity=1', none],
    [
      'notices',
      api => api.notices(),
      'GET',
      'notices?no_track_activity=1',
      none
    ],
    ['dismiss', api => api.dismiss('a/1'), 'DELETE', 'notices/a%2F1', none],
    ['profiles', api => api.profiles(), 'GET', 'profiles', none],
    [
      'schema',
      api => api.schema(makeProfile({ name: 'my gpu & co' })),
      'GET',
      'systems/slurm/schema?profile=my%20gpu%20%26%20co',
      none
    ],
    ['preview', api => api.preview(body), 'POST', 'job-script', body],
    ['create', api => api.create(large), 'POST', 'clusters', large],
    [
      'scale',
      api => api.scale('c1', 0),
      'POST',
      'clusters/c1/scale',
      { jobs: 0 }
    ],
    [
      'adapt',
      api => api.adapt('c1', range),
      'POST',
      'clusters/c1/adapt',
      range
    ],
    ['retry', api => api.retry('c1'), 'POST', 'clusters/c1/retry', {}],
    ['close', api => api.close('c1'), 'DELETE', 'clusters/c1', none],
    ['script', api => api.script('c1'), 'GET', 'clusters/c1/job-script', none],
    [
      'jobs',
      api => api.jobs('c1'),
      'GET',
      'clusters/c1/jobs?no_track_activity=1',
      none
    ],
    [
      'log',
      api => api.log('c1', 'slurm/1', 'stdout'),
      'GET',
      'clusters/c1/jobs/slurm%2F1/log?stream=stdout',
      none
    ],
    ['client', api => api.clientCode('c1'), 'GET', 'clusters/c1/client', none]
  ])('#%s() should request its path', async (_, call, method, path, body) => {
    const sent = await send(call);
    // A GET carries a time stamp against caches.
    expect(sent.path.replace(/[?&]\d+$/, '')).toBe(path);
    expect(sent.method).toBe(method);
    expect(sent.body).toEqual(body);
  });

  describe('#list()', () => {
    it('should answer the clusters', async () => {
      const { value } = await send(api => api.list(), [{ id: 'c1' }]);
      expect(value).toEqual([{ id: 'c1' }]);
    });
  });

  describe('#client()', () => {
    it('should answer the code alone', async () => {
      const { value } = await send(api => api.clientCode('c1'), {
        code: 'x = 1'
      });
      expect(value).toBe('x = 1');
    });
  });
});
