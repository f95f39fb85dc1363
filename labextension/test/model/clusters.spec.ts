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
    it('should ask nothing until it is set', async () => {
      await pass(60_000);
      expect(api.calls).toEqual([]);
      expect(model.isReady).toBe(false);
    });

    it('should ask at once when it is set', async () => {
      model.isActive = true;
      await pass();
      expect(api.asked('list')).toHaveLength(1);
      expect(model.isReady).toBe(true);
      expect(model.clusters).toEqual(api.clusters);
    });

    it('should ask again every five seconds', async () => {
      await activate();
      await pass(4999);
      expect(api.asked('list')).toHaveLength(0);
      await pass(1);
      expect(api.asked('list')).toHaveLength(1);
      await pass(5000);
      expect(api.asked('list')).toHaveLength(2);
    });

    it('should ask no more when it is unset', async () => {
      await activate();
      model.isActive = false;
      await pass(60_000);
      expect(api.calls).toEqual([]);
    });

    it('should ask nothing after disposal', async () => {
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

    it('should be silent when nothing changed', async () => {
      await activate();
      await pass(20_000);
      expect(api.asked('list')).toHaveLength(4);
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
      api.refusals.list = new RequestError('No answer.', 504);
      await pass(5000);
      expect(model.error!.message).toBe('No answer.');
      expect(model.clusters).toEqual([makeCluster()]);
      expect(changes).toHaveBeenCalledTimes(1);
    });

    it('should be told once', async () => {
      await activate();
      api.refusals.list = new RequestError('No answer.', 504);
      await pass(300_000);
      expect(api.asked('list').length).toBeGreaterThan(1);
      expect(changes).toHaveBeenCalledTimes(1);
    });

    it('should be asked about less and less often', async () => {
      await activate();
      jest.spyOn(Math, 'random').mockReturnValue(0.999);
      api.refusals.list = new RequestError('No answer.', 504);
      await pass(5000);
      expect(api.asked('list')).toHaveLength(1);
      await pass(10_000);
      expect(api.asked('list')).toHaveLength(1);
      await pass(5000);
      expect(api.asked('list')).toHaveLength(2);
    });

    it('should be cleared by the next good answer', async () => {
      await activate();
      api.refusals.list = new RequestError('No answer.', 504);
      await pass(5000);
      delete api.refusals.list;
      await pass(60_000);
      expect(model.error).toBe(null);
      expect(changes).toHaveBeenCalledTimes(2);
    });

    it('should make the model ready', async () => {
      api.refusals.list = new RequestError('Not Found', 404);
      model.isActive = true;
      await pass();
      expect(model.isReady).toBe(true);
      expect(model.error).toBe(api.refusals.list);
    });
  });

  describe('#events', () => {
    it('should refresh at an event of ours', async () => {
      await activate();
      events.say(EVENT_SCHEMA);
      await pass();
      expect(api.asked('list')).toHaveLength(1);
    });

    it('should not care for others', async () => {
      await activate();
      events.say('https://events.jupyter.org/contents_service/v1');
      await pass();
      expect(api.asked('list')).toHaveLength(0);
    });

    it('should not refresh while nobody looks', async () => {
      await activate();
      model.isActive = false;
      events.say(EVENT_SCHEMA);
      await pass(1000);
      expect(api.asked('list')).toHaveLength(0);
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
      const wish = { profile: 'slurm', options: {}, jobs: 1 };
      const made = await model.create(wish);
      expect(api.asked('create')).toEqual([[wish]]);
      expect(model.clusters.map(each => each.id)).toEqual(['c1', made.id]);
      expect(changes).toHaveBeenCalledTimes(1);
    });

    it('should leave the list alone when it is refused', async () => {
      await activate();
      api.refusals.create = new RequestError('Too much.', 400, 'jobs');
      await expect(
        model.create({ profile: 'slurm', options: {} })
      ).rejects.toBe(api.refusals.create);
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

    it('should ask for the list then', async () => {
      await act();
      await pass();
      expect(api.asked('list')).toHaveLength(1);
    });

    it('should ask for the list after a refusal too', async () => {
      const refusal = new RequestError('Wrong state.', 409);
      api.refusals[name as 'scale'] = refusal;
      await expect(act()).rejects.toBe(refusal);
      await pass();
      expect(api.asked('list')).toHaveLength(1);
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

    it('should show the truth again after a refusal', async () => {
      await activate();
      api.refusals.close = new RequestError('scancel failed.', 502);
      const done = expect(model.close('c1')).rejects.toBe(api.refusals.close);
      await pass();
      await done;
      expect(model.find('c1')!.state).toBe('running');
    });
  });

  describe('#snippet()', () => {
    it('should be there before it is asked for', async () => {
      model.isActive = true;
      await pass();
      expect(model.clientCode('c1')).toBe('client = c1');
    });

    it('should be fetched once', async () => {
      await activate();
      await pass(20_000);
      expect(api.asked('clientCode')).toEqual([]);
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
      api.refusals.clientCode = new RequestError('Wrong state.', 409);
      await activate();
      expect(model.error).toBe(null);
      expect(model.clusters).toHaveLength(1);
      delete api.refusals.clientCode;
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
      expect(api.asked('jobs')).toEqual([]);
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
      expect(api.asked('jobs')).toEqual([['c1'], ['c1']]);
      expect(changes).not.toHaveBeenCalled();
      api.jobList = [makeJob({ state: 'failed' })];
      await pass(5000);
      expect(model.jobs('c1')[0].state).toBe('failed');
      expect(changes).toHaveBeenCalledTimes(1);
    });

    it('should open even when the jobs cannot be had', async () => {
      api.refusals.jobs = new RequestError('squeue failed.', 502);
      await model.toggleJobs('c1');
      expect(model.expanded.has('c1')).toBe(true);
      expect(changes).toHaveBeenCalled();
    });

    it('should not cost the list when the jobs cannot be had', async () => {
      await model.toggleJobs('c1');
      api.refusals.jobs = new RequestError('No such cluster.', 404);
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
      expect(api.asked('jobs')).toEqual([]);
    });

    it('should stop when the cluster is gone', async () => {
      await model.toggleJobs('c1');
      api.clusters = [];
      api.calls.length = 0;
      await pass(10_000);
      expect(api.asked('jobs')).toEqual([]);
    });
  });

  describe('#refresh()', () => {
    it('should bear disposal in its midst', async () => {
      const done = model.refresh();
      model.dispose();
      await expect(done).resolves.toBe(undefined);
    });

    it('should ask even when nobody looks at the panel', async () => {
      void model.refresh();
      await pass();
      expect(api.asked('list')).toHaveLength(1);
    });
  });

  describe('#dispose()', () => {
    it('should stop polling and listening', async () => {
      await activate();
      model.dispose();
      events.say(EVENT_SCHEMA);
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
