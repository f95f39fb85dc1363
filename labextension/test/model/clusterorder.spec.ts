import { PromiseDelegate } from '@lumino/coreutils';

import { ClusterModel } from '../../src/model/clusters';
import { RequestError } from '../../src/api/request';
import { EVENT_SCHEMA } from '../../src/model/clusters';
import type { ICluster } from '../../src/api/types';
import { FakeAPI, FakeEvents, makeCluster, makeJob, pass } from '../utils';

/** What happens while an answer of the server is still on its way. */
describe('ClusterModel, in any order of answers', () => {
  let api: FakeAPI;
  let events: FakeEvents;
  let model: ClusterModel;

  beforeEach(async () => {
    jest.useFakeTimers();
    api = new FakeAPI();
    api.clusters = [makeCluster()];
    events = new FakeEvents();
    model = new ClusterModel(api, events.manager);
    model.isActive = true;
    await pass();
  });

  afterEach(() => {
    model.dispose();
  });

  /** Let the next list be answered by hand. */
  function late(): PromiseDelegate<ICluster[]> {
    const answer = new PromiseDelegate<ICluster[]>();
    jest.spyOn(api, 'list').mockReturnValueOnce(answer.promise);
    return answer;
  }

  it('should keep a new cluster that an older list does not know', async () => {
    const answer = late();
    await pass(5000);
    const made = await model.create({ profile: 'slurm', options: {} });
    const seen: (readonly string[])[] = [];
    model.stateChanged.connect(() =>
      seen.push(model.clusters.map(each => each.id))
    );
    answer.resolve([makeCluster()]);
    await pass();
    expect(seen.filter(ids => !ids.includes(made.id))).toEqual([]);
    expect(model.find(made.id)).toBeDefined();
  });

  it('should not go back to the number of jobs before scaling', async () => {
    const answer = late();
    await pass(5000);
    await model.scale('c1', 9);
    const seen: number[] = [];
    model.stateChanged.connect(() => seen.push(model.find('c1')!.wanted));
    answer.resolve([makeCluster({ wanted: 2 })]);
    await pass();
    expect(seen.filter(wanted => wanted !== 9)).toEqual([]);
    expect(model.find('c1')!.wanted).toBe(9);
  });

  it('should not miss an event that comes while a list is on its way', async () => {
    const answer = late();
    await pass(5000);
    api.clusters = [makeCluster({ workers: 7 })];
    events.emit(EVENT_SCHEMA);
    answer.resolve([makeCluster({ workers: 4 })]);
    await pass(1000);
    expect(model.find('c1')!.workers).toBe(7);
  });

  it('should send few requests for many events', async () => {
    api.calls.length = 0;
    for (let count = 0; count < 100; count += 1) {
      events.emit(EVENT_SCHEMA);
      await pass(10);
    }
    expect(api.callsOf('list').length).toBeGreaterThan(1);
    expect(api.callsOf('list').length).toBeLessThan(10);
  });

  it('should show the list when the jobs of one cluster cannot be had', async () => {
    api.jobList = [makeJob()];
    await model.toggleJobs('c1');
    api.errors.jobs = new RequestError('No such cluster.', 404);
    api.clusters = [makeCluster({ workers: 7 })];
    await pass(5000);
    expect(model.error).toBe(null);
    expect(model.find('c1')!.workers).toBe(7);
  });

  it('should resolve while the panel is hidden', async () => {
    model.isActive = false;
    api.clusters = [makeCluster({ workers: 7 })];
    const done = model.refresh();
    await pass();
    await done;
    expect(model.find('c1')!.workers).toBe(7);
    api.calls.length = 0;
    await pass(60_000);
    expect(api.calls).toEqual([]);
  });
});
