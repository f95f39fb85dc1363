import { PromiseDelegate } from '@lumino/coreutils';

import { ClusterModel } from '../../src/model/clusters';
import { RequestError } from '../../src/api/request';
import { EVENT_SCHEMA } from '../../src/model/clusters';
import type { ICluster } from '../../src/api/types';
import { FakeAPI, FakeEvents, makeCluster, makeJob, pass } from '../utils';

describe('ClusterModel', () => {
  let api: FakeAPI;
  let events: FakeEvents;
  let model: ClusterModel;
  let changes: jest.Mock;

  beforeEach(() => {
    jest.useFakeTimers();
    api = new FakeAPI();
    api.clusters = [makeCluster()];
    events = new FakeEvents();
    model = new ClusterModel(api, events.manager);
    changes = jest.fn();
    model.stateChanged.connect(() => changes());
  });

  afterEach(() => {
    model.dispose();
  });

  /** Look at the list, and forget what that made happen. */
  async function activate(): Promise<void> {
    model.isActive = true;
    await pass();
    changes.mockClear();
    api.calls.length = 0;
  }

  describe('#isActive', () => {
    it('should request nothing until it is set', async () => {
      await pass(60_000);
      expect(api.calls).toEqual([]);
      expect(model.isReady).toBe(false);
    });

    it('should request the list at once when it is set', async () => {
      model.isActive = true;
      await pass();
      expect(api.callsOf('list')).toHaveLength(1);
      expect(model.isReady).toBe(true);
      expect(model.clusters).toEqual(api.clusters);
    });

    it('should request the list every five seconds', async () => {
      await activate();
      await pass(4999);
      expect(api.callsOf('list')).toHaveLength(0);
      await pass(1);
      expect(api.callsOf('list')).toHaveLength(1);
      await pass(5000);
      expect(api.callsOf('list')).toHaveLength(2);
    });

    it('should request nothing more when it is unset', async () => {
      await activate();
      model.isActive = false;
      await pass(60_000);
      expect(api.calls).toEqual([]);
    });

    it('should request nothing after disposal', async () => {
      model.dispose();
      model.isActive = true;
      await pass(60_000);
      expect(api.calls).toEqual([]);
    });
  });

  describe('#stateChanged', () => {
    it('should be emitted once for the first answer', async () => {
      model.isActive = true;
      await pass();
      expect(changes).toHaveBeenCalledTimes(1);
    });

    it('should be emitted for an empty first answer', async () => {
      api.clusters = [];
      model.isActive = true;
      await pass();
      expect(changes).toHaveBeenCalledTimes(1);
    });

    it('should not signal when nothing has changed', async () => {
      await activate();
      await pass(20_000);
      expect(api.callsOf('list')).toHaveLength(4);
      expect(changes).not.toHaveBeenCalled();
    });

    it('should be emitted when something did', async () => {
      await activate();
      api.clusters = [makeCluster({ workers: 3 })];
      await pass(5000);
      expect(changes).toHaveBeenCalledTimes(1);
      expect(model.find('c1')!.workers).toBe(3);
    });
  });

  describe('#error', () => {
    it('should keep the last list', async () => {
      await activate();
      api.errors.list = new RequestError('No answer.', 504);
      await pass(5000);
      expect(model.error!.message).toBe('No answer.');
      expect(model.clusters).toEqual([makeCluster()]);
      expect(changes).toHaveBeenCalledTimes(1);
    });

    it('should be signalled once', async () => {
      await activate();
      api.errors.list = new RequestError('No answer.', 504);
      await pass(300_000);
      expect(api.callsOf('list').length).toBeGreaterThan(1);
      expect(changes).toHaveBeenCalledTimes(1);
    });

    it('should make polls less frequent', async () => {
      await activate();
      jest.spyOn(Math, 'random').mockReturnValue(0.999);
      api.errors.list = new RequestError('No answer.', 504);
      await pass(5000);
      expect(api.callsOf('list')).toHaveLength(1);
      await pass(10_000);
      expect(api.callsOf('list')).toHaveLength(1);
      await pass(5000);
      expect(api.callsOf('list')).toHaveLength(2);
    });

    it('should be cleared by the next good answer', async () => {
      await activate();
      api.errors.list = new RequestError('No answer.', 504);
      await pass(5000);
      delete api.errors.list;
      await pass(60_000);
      expect(model.error).toBe(null);
      expect(changes).toHaveBeenCalledTimes(2);
    });

    it('should make the model ready', async () => {
      api.errors.list = new RequestError('Not Found', 404);
      model.isActive = true;
      await pass();
      expect(model.isReady).toBe(true);
      expect(model.error).toBe(api.errors.list);
    });
  });

  describe('#events', () => {
    it('should refresh at an event of ours', async () => {
      await activate();
      events.emit(EVENT_SCHEMA);
      await pass();
      expect(api.callsOf('list')).toHaveLength(1);
    });

    it('should not care for others', async () => {
      await activate();
      events.emit('https://events.jupyter.org/contents_service/v1');
      await pass();
      expect(api.callsOf('list')).toHaveLength(0);
    });

    it('should not refresh while nobody looks', async () => {
      await activate();
      model.isActive = false;
      events.emit(EVENT_SCHEMA);
      await pass(1000);
      expect(api.callsOf('list')).toHaveLength(0);
    });

    it('should do without a bus', async () => {
      const alone = new ClusterModel(api);
      alone.isActive = true;
      await pass();
      expect(alone.clusters).toHaveLength(1);
      alone.dispose();
    });
  });

  describe('#create()', () => {
    it('should add the cluster at once', async () => {
      await activate();
      const request = { profile: 'slurm', options: {}, jobs: 1 };
      const made = await model.create(request);
      expect(api.callsOf('create')).toEqual([[request]]);
      expect(model.clusters.map(each => each.id)).toEqual(['c1', made.id]);
      expect(changes).toHaveBeenCalledTimes(1);
    });

    it('should leave the list alone when it is refused', async () => {
      await activate();
      api.errors.create = new RequestError('Too much.', 400, 'jobs');
      await expect(
        model.create({ profile: 'slurm', options: {} })
      ).rejects.toBe(api.errors.create);
      expect(model.clusters).toHaveLength(1);
      expect(changes).not.toHaveBeenCalled();
    });
  });

  describe.each<[string, () => Promise<void>, Partial<ICluster>]>([
    ['scale', () => model.scale('c1', 7), { wanted: 7 }],
    [
      'adapt',
      () => model.adapt('c1', { minimum: 1, maximum: 4 }),
      { adapt: { minimum: 1, maximum: 4 } }
    ],
    ['retry', () => model.retry('c1'), { state: 'running', detail: '' }]
  ])('#%s()', (name, act, change) => {
    beforeEach(async () => {
      api.clusters = [
        makeCluster({ state: 'degraded', detail: 'Refused.' }),
        makeCluster({ id: 'c2' })
      ];
      await activate();
    });

    it('should put the answer in its place at once', async () => {
      await act();
      expect(model.clusters.map(each => each.id)).toEqual(['c1', 'c2']);
      expect(model.find('c1')).toMatchObject(change);
      expect(changes).toHaveBeenCalledTimes(1);
      await pass();
    });

    it('should fetch the list then', async () => {
      await act();
      await pass();
      expect(api.callsOf('list')).toHaveLength(1);
    });

    it('should fetch the list after an error too', async () => {
      const error = new RequestError('Wrong state.', 409);
      api.errors[name as 'scale'] = error;
      await expect(act()).rejects.toBe(error);
      await pass();
      expect(api.callsOf('list')).toHaveLength(1);
      expect(model.find('c1')!.detail).toBe('Refused.');
    });
  });

  describe('#close()', () => {
    it('should show the closing state at once', async () => {
      await activate();
      const answer = new PromiseDelegate<void>();
      jest.spyOn(api, 'close').mockReturnValue(answer.promise);
      const done = model.close('c1');
      expect(model.find('c1')!.state).toBe('closing');
      expect(changes).toHaveBeenCalledTimes(1);
      api.clusters = [];
      answer.resolve();
      await pass();
      await done;
      expect(model.clusters).toEqual([]);
    });

    it('should show the old state again after an error', async () => {
      await activate();
      api.errors.close = new RequestError('scancel failed.', 502);
      const done = expect(model.close('c1')).rejects.toBe(api.errors.close);
      await pass();
      await done;
      expect(model.find('c1')!.state).toBe('running');
    });
  });

  describe('#clientCode()', () => {
    it('should be fetched in advance', async () => {
      model.isActive = true;
      await pass();
      expect(model.clientCode('c1')).toBe('client = c1');
    });

    it('should be fetched once', async () => {
      await activate();
      await pass(20_000);
      expect(api.callsOf('clientCode')).toEqual([]);
    });

    it('should wait for an address', async () => {
      api.clusters = [makeCluster({ scheduler_address: '' })];
      await activate();
      expect(model.clientCode('c1')).toBe(undefined);
      api.clusters = [makeCluster()];
      await pass(5000);
      expect(model.clientCode('c1')).toBe('client = c1');
    });

    it('should not cost the list when it is refused', async () => {
      api.errors.clientCode = new RequestError('Wrong state.', 409);
      await activate();
      expect(model.error).toBe(null);
      expect(model.clusters).toHaveLength(1);
      delete api.errors.clientCode;
      await pass(5000);
      expect(model.clientCode('c1')).toBe('client = c1');
    });
  });

  describe('#toggleJobs()', () => {
    beforeEach(async () => {
      api.jobList = [makeJob()];
      await activate();
    });

    it('should fetch no jobs of a closed table', async () => {
      await pass(20_000);
      expect(api.callsOf('jobs')).toEqual([]);
      expect(model.jobs('c1')).toEqual([]);
    });

    it('should fetch those of an open one', async () => {
      await model.toggleJobs('c1');
      expect(model.expanded.has('c1')).toBe(true);
      expect(model.jobs('c1')).toEqual([makeJob()]);
      expect(changes).toHaveBeenCalled();
    });

    it('should fetch them again with the list', async () => {
      await model.toggleJobs('c1');
      changes.mockClear();
      await pass(5000);
      expect(api.callsOf('jobs')).toEqual([['c1'], ['c1']]);
      expect(changes).not.toHaveBeenCalled();
      api.jobList = [makeJob({ state: 'failed' })];
      await pass(5000);
      expect(model.jobs('c1')[0].state).toBe('failed');
      expect(changes).toHaveBeenCalledTimes(1);
    });

    it('should open even when the jobs cannot be had', async () => {
      api.errors.jobs = new RequestError('squeue failed.', 502);
      await model.toggleJobs('c1');
      expect(model.expanded.has('c1')).toBe(true);
      expect(changes).toHaveBeenCalled();
    });

    it('should not cost the list when the jobs cannot be had', async () => {
      await model.toggleJobs('c1');
      api.errors.jobs = new RequestError('No such cluster.', 404);
      api.clusters = [makeCluster({ workers: 9 })];
      await pass(5000);
      expect(model.error).toBe(null);
      expect(model.find('c1')!.workers).toBe(9);
    });

    it('should stop when the table is closed', async () => {
      await model.toggleJobs('c1');
      await model.toggleJobs('c1');
      api.calls.length = 0;
      await pass(5000);
      expect(model.expanded.size).toBe(0);
      expect(api.callsOf('jobs')).toEqual([]);
    });

    it('should stop when the cluster is gone', async () => {
      await model.toggleJobs('c1');
      api.clusters = [];
      api.calls.length = 0;
      await pass(10_000);
      expect(api.callsOf('jobs')).toEqual([]);
    });
  });

  describe('#refresh()', () => {
    it('should survive disposal while it runs', async () => {
      const done = model.refresh();
      model.dispose();
      await expect(done).resolves.toBe(undefined);
    });

    it('should work while the panel is hidden', async () => {
      void model.refresh();
      await pass();
      expect(api.callsOf('list')).toHaveLength(1);
    });
  });

  describe('#dispose()', () => {
    it('should stop polling and listening', async () => {
      await activate();
      model.dispose();
      events.emit(EVENT_SCHEMA);
      await pass(60_000);
      expect(api.calls).toEqual([]);
      expect(model.isDisposed).toBe(true);
    });

    it('should be safe to call twice', () => {
      model.dispose();
      expect(() => model.dispose()).not.toThrow();
    });
  });
});
