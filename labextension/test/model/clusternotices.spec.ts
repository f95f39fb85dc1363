import { PromiseDelegate } from '@lumino/coreutils';

import { ClusterModel } from '../../src/model/clusters';
import { RequestError } from '../../src/api/request';
import type { INotice } from '../../src/api/types';
import { FakeAPI, makeCluster, pass } from '../utils';

const NOTICE = { id: 'n1', when: 1000, text: 'slurm-2 is gone.' };

describe('ClusterModel', () => {
  let api: FakeAPI;
  let model: ClusterModel;
  let changes: jest.Mock;

  beforeEach(async () => {
    jest.useFakeTimers();
    api = new FakeAPI();
    api.clusters = [makeCluster()];
    api.noticeList = [NOTICE];
    model = new ClusterModel(api);
    changes = jest.fn();
    model.isActive = true;
    await pass();
    model.stateChanged.connect(() => changes());
    api.calls.length = 0;
  });

  afterEach(() => {
    model.dispose();
  });

  describe('#notices', () => {
    it('should come with the clusters', async () => {
      expect(model.notices).toEqual([NOTICE]);
      await pass(5000);
      expect(api.callsOf('notices')).toHaveLength(1);
      expect(api.callsOf('list')).toHaveLength(1);
      expect(changes).not.toHaveBeenCalled();
    });

    it('should not be fetched while the panel is hidden', async () => {
      model.isActive = false;
      await pass(60_000);
      expect(api.callsOf('notices')).toEqual([]);
    });

    it('should be signalled when there is another', async () => {
      api.noticeList = [NOTICE, { ...NOTICE, id: 'n2' }];
      await pass(5000);
      expect(changes).toHaveBeenCalledTimes(1);
      expect(model.notices).toHaveLength(2);
    });

    it('should not keep the clusters from being shown', async () => {
      api.errors.notices = new RequestError('Not Found', 404);
      api.clusters = [];
      await pass(5000);
      expect(model.error).toBe(null);
      expect(model.clusters).toEqual([]);
      expect(model.notices).toEqual([NOTICE]);
    });
  });

  describe('#dismiss()', () => {
    it('should take it away at once', async () => {
      const gone = model.dismiss('n1');
      expect(model.notices).toEqual([]);
      expect(changes).toHaveBeenCalledTimes(1);
      await pass();
      await gone;
      expect(api.callsOf('dismiss')).toEqual([['n1']]);
      expect(model.notices).toEqual([]);
    });

    it('should not let an older answer bring it back', async () => {
      const older = new PromiseDelegate<INotice[]>();
      jest.spyOn(api, 'notices').mockReturnValueOnce(older.promise);
      await pass(5000);
      const shown: number[] = [];
      model.stateChanged.connect(() => shown.push(model.notices.length));
      const gone = model.dismiss('n1');
      older.resolve([NOTICE]);
      await pass();
      await gone;
      expect(shown).toEqual([0]);
    });
  });

  describe('#countdowns', () => {
    const draws = async (seconds: number): Promise<number> => {
      await pass(5000);
      changes.mockClear();
      await pass(seconds * 1000);
      return changes.mock.calls.length;
    };

    it.each([{ next_end: 1e10 }, { closes_at: 1e10 }])(
      'should be drawn anew each half minute for %j',
      async change => {
        api.clusters = [makeCluster(change)];
        expect(await draws(29)).toBe(0);
        expect(await draws(60)).toBe(2);
      }
    );

    it('should need no drawing where there are none', async () => {
      expect(await draws(120)).toBe(0);
    });

    it('should not be drawn while nobody looks', async () => {
      api.clusters = [makeCluster({ next_end: 1e10 })];
      await pass(5000);
      model.isActive = false;
      expect(await draws(120)).toBe(0);
    });
  });
});
