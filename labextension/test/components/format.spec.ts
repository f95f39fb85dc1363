import {
  bytes,
  clock,
  coreHours,
  jobCounts,
  jobState,
  period,
  resources,
  until,
  targetSize
} from '../../src/components/format';
import type { JobState } from '../../src/api/types';
import { makeCluster, trans } from '../utils';

describe('format', () => {
  describe('#bytes()', () => {
    it.each([
      [0, '0 B'],
      [999, '999 B'],
      [1023, '1 KiB'],
      [1024, '1 KiB'],
      [1536, '1.5 KiB'],
      [2 ** 20 * 1.94, '1.9 MiB'],
      [2 ** 20 * 1020, '1 GiB'],
      [2 ** 30 * 9.96, '10 GiB'],
      [2 ** 30 * 16, '16 GiB'],
      [2 ** 30 * 187.6, '188 GiB'],
      [2 ** 60 * 2, '2048 PiB']
    ])('should write %d as %s', (size, text) => {
      expect(bytes(size)).toBe(text);
    });
  });

  describe('#period()', () => {
    it.each([
      [-3, '0 s'],
      [0, '0 s'],
      [59.9, '59 s'],
      [60, '1 min'],
      [3599, '59 min'],
      [3600, '1 h'],
      [3600 * 1.5, '1 h 30 min'],
      [3600 * 2 + 59, '2 h'],
      [86_400 * 2 + 5, '2 d'],
      [86_400 + 3600 * 5, '1 d 5 h']
    ])('should write %d s as %s', (seconds, text) => {
      expect(period(seconds)).toBe(text);
    });
  });

  describe('#until()', () => {
    beforeEach(() => {
      jest.spyOn(Date, 'now').mockReturnValue(1_000_000);
    });

    it.each([
      [1600, '10 min'],
      [1060, '1 min'],
      [1059, 'under 1 min'],
      [900, 'under 1 min']
    ])('should format %d', (time, text) => {
      expect(until(time, trans)).toBe(text);
    });
  });

  describe('#clock()', () => {
    const today = new Date();
    today.setHours(14, 5, 9, 0);
    const seconds = today.getTime() / 1000;
    const formatted = (options: Intl.DateTimeFormatOptions, days = 0): string =>
      new Date(today.getTime() - days * 86_400_000).toLocaleString(
        undefined,
        options
      );

    it('should show the time of today', () => {
      expect(clock(seconds)).toBe(formatted({ timeStyle: 'short' }));
      expect(clock(seconds)).toMatch(/^0?2:05.PM$|^14:05$/);
    });

    it('should show the seconds where they matter', () => {
      expect(clock(seconds, 'medium')).toMatch(/^0?2:05:09.PM$|^14:05:09$/);
    });

    it('should show the date of another day', () => {
      expect(clock(seconds - 2 * 86_400)).toBe(
        formatted({ timeStyle: 'short', dateStyle: 'short' }, 2)
      );
    });
  });

  describe('#coreHours()', () => {
    it.each([
      [0, '0'],
      [0.06, '0.1'],
      [3.21, '3.2'],
      [10, '10'],
      [99.96, '100'],
      [120.4, '120']
    ])('should write %d as %s', (amount, text) => {
      expect(coreHours(amount)).toBe(text);
    });
  });

  describe('#jobState()', () => {
    it('should name a state', () => {
      expect(jobState('held', trans)).toBe('held');
    });

    it('should show a state of a newer server as it is', () => {
      expect(jobState('suspended' as JobState, trans)).toBe('suspended');
    });
  });

  describe('#jobCounts()', () => {
    it('should count what matters, what runs first', () => {
      const jobs = { failed: 1, pending: 3, running: 2, done: 9, cancelled: 4 };
      expect(jobCounts(makeCluster({ jobs }), trans)).toBe(
        '2 running · 3 pending · 1 failed'
      );
    });

    it('should leave out zeros', () => {
      const jobs = { running: 0, held: 1 };
      expect(jobCounts(makeCluster({ jobs }), trans)).toBe('1 held');
    });

    it('should show that there are none', () => {
      const jobs = { running: 0, done: 2 };
      expect(jobCounts(makeCluster({ jobs }), trans)).toBe('no jobs');
    });
  });

  describe('#targetSize()', () => {
    it('should show the jobs wanted', () => {
      expect(targetSize(makeCluster({ wanted: 0 }), trans)).toBe('0 wanted');
    });

    it('should show the range instead', () => {
      const adapt = { minimum: 0, maximum: 10 };
      expect(targetSize(makeCluster({ adapt }), trans)).toBe('autoscale 0–10');
    });

    it('should show a range without end', () => {
      const adapt = { minimum: 2, maximum: null };
      expect(targetSize(makeCluster({ adapt }), trans)).toBe('autoscale 2–∞');
    });
  });

  describe('#resources()', () => {
    it('should show what is connected', () => {
      expect(resources(makeCluster(), trans)).toBe(
        '4 workers · 8 cores · 16\u00a0GiB'
      );
    });

    it('should know one from many', () => {
      const one = makeCluster({ workers: 1, cores: 1, memory: 2 ** 30 });
      expect(resources(one, trans)).toBe('1 worker · 1 core · 1\u00a0GiB');
    });

    it('should format nothing', () => {
      const none = makeCluster({ workers: 0, cores: 0, memory: 0 });
      expect(resources(none, trans)).toBe('0 workers · 0 cores · 0\u00a0B');
    });
  });
});
