import { ServerConnection } from '@jupyterlab/services';

import { request, RequestError } from '../../src/api/request';

function settings(response: () => Response): {
  settings: ServerConnection.ISettings;
  fetch: jest.Mock;
} {
  const fetch = jest.fn(async () => response());
  return {
    fetch,
    settings: ServerConnection.makeSettings({
      baseUrl: 'http://localhost:8888/user/me/',
      fetch
    })
  };
}

async function refusalOf(
  body: string,
  status: number,
  statusText = ''
): Promise<RequestError> {
  const answer = () => new Response(body, { status, statusText });
  const error = await request(settings(answer).settings, 'clusters').catch(
    error => error
  );
  expect(error).toBeInstanceOf(RequestError);
  return error as RequestError;
}

describe('request', () => {
  describe('#request()', () => {
    it('should go below the base URL', async () => {
      const server = settings(() => new Response('[]'));
      expect(await request(server.settings, 'clusters')).toEqual([]);
      // A GET carries a time stamp against caches.
      expect(server.fetch.mock.calls[0][0].url).toMatch(
        /^http:\/\/localhost:8888\/user\/me\/jobqueue\/api\/clusters\?\d+$/
      );
    });

    it('should answer nothing when there is nothing', async () => {
      const server = settings(() => new Response(null, { status: 204 }));
      const init = { method: 'DELETE' };
      expect(await request(server.settings, 'clusters/c1', init)).toBe(
        undefined
      );
      expect(server.fetch.mock.calls[0][0].method).toBe('DELETE');
    });

    it('should read message, field and details of an error', async () => {
      const body = JSON.stringify({
        message: 'At most 64 cores.',
        reason: 'OptionError',
        field: 'options.cores',
        details: 'sbatch: error: CPU count is too high'
      });
      const error = await refusalOf(body, 400);
      expect(error.message).toBe('At most 64 cores.');
      expect(error.status).toBe(400);
      expect(error.field).toBe('options.cores');
      expect(error.details).toBe('sbatch: error: CPU count is too high');
    });

    it.each([
      [400, 'OptionError', 'No such option.'],
      [404, 'UnknownCluster', 'No cluster c9.'],
      [409, 'WrongState', 'It is shutting down.'],
      [502, 'CommandFailed', 'sbatch failed.'],
      [504, 'CommandTimeout', 'squeue did not answer.']
    ])(
      'should accept an error %d without field or details',
      async (status, reason, message) => {
        const error = await refusalOf(
          JSON.stringify({ message, reason }),
          status
        );
        expect({ ...error, message: error.message }).toEqual({
          message,
          status,
          field: '',
          details: ''
        });
      }
    );

    it('should show the status of an error page', async () => {
      const page = '<html><body><h1>Bad gateway</h1></body></html>';
      const error = await refusalOf(page, 502, 'Bad Gateway');
      expect(error.message).toBe('502 Bad Gateway');
      expect(error.status).toBe(502);
      expect(error.field).toBe('');
      expect(error.details).toBe('');
    });

    it('should show the status of an empty error', async () => {
      const error = await refusalOf('', 403, 'Forbidden');
      expect(error.message).toBe('403 Forbidden');
    });

    it('should pass on that the network is down', async () => {
      const server = settings(() => {
        throw new TypeError('Failed to fetch');
      });
      await expect(request(server.settings, 'clusters')).rejects.toThrow(
        'Failed to fetch'
      );
    });
  });
});
