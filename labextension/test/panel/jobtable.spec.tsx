import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import { JobTable } from '../../src/panel/jobtable';
import type { IJob, JobState } from '../../src/api/types';
import { makeJob, trans } from '../utils';

const NOW = 1_700_000_000;
const ENDS: JobState[] = ['done', 'failed', 'cancelled', 'lost'];

describe('JobTable', () => {
  const onLog = jest.fn();

  beforeEach(() => {
    onLog.mockClear();
    jest.spyOn(Date, 'now').mockReturnValue(NOW * 1000);
  });

  function show(...jobs: IJob[]): void {
    render(<JobTable jobs={jobs} trans={trans} onLog={onLog} />);
  }

  /** The texts of a job's row. */
  function texts(name: string): string[] {
    const row = document.querySelector(`tr[data-job="${name}"]`)!;
    return [...row.querySelectorAll('div, span')].map(
      each => each.textContent!
    );
  }

  it('should show that there are none', () => {
    show();
    expect(screen.getByText('No jobs yet.')).toBeTruthy();
    expect(screen.queryByRole('table')).toBe(null);
  });

  it('should name its columns', () => {
    show(makeJob());
    const headers = screen.getAllByRole('columnheader');
    expect(headers.map(each => each.textContent)).toEqual([
      'Job',
      'State',
      'Log'
    ]);
    expect(screen.getByRole('table', { name: 'Jobs' })).toBeTruthy();
  });

  it('should show the newest first', () => {
    show(makeJob({ name: 'a' }), makeJob({ name: 'b' }));
    const rows = [...document.querySelectorAll<HTMLElement>('tbody tr')];
    expect(rows.map(each => each.dataset.job)).toEqual(['b', 'a']);
  });

  it('should show id, state and node', () => {
    show(makeJob());
    expect(texts('slurm-1-0')).toEqual([
      'slurm-1-0',
      '23_0',
      'running',
      'node1'
    ]);
  });

  it.each<[string, Partial<IJob>, string]>([
    ['reason', { node: '', reason: 'Priority' }, 'Priority'],
    [
      'exit code',
      { state: 'failed', reason: 'NonZeroExitCode', exit_code: 2 },
      'node1 · NonZeroExitCode · exit code 2'
    ],
    ['signal', { state: 'failed', signal: 9 }, 'node1 · signal 9'],
    ['no good exit', { state: 'done', exit_code: 0, signal: 0 }, 'node1'],
    [
      'start to come',
      { state: 'pending', node: '', estimated_start: NOW + 600 },
      'may start in 10 min'
    ],
    [
      'no start that is over',
      { state: 'pending', node: '', estimated_start: NOW - 1 },
      ''
    ],
    ['time left', { ends: NOW + 5400 }, 'node1 · 1 h 30 min left'],
    ['last minute', { ends: NOW + 30 }, 'node1 · under 1 min left'],
    [
      'time left before it has workers',
      { state: 'starting', ends: NOW + 60 },
      'node1 · 1 min left'
    ],
    ['no time that is over', { ends: NOW - 1 }, 'node1'],
    [
      'no time left of what has ended',
      { state: 'done', ends: NOW + 600 },
      'node1'
    ]
  ])('should remark on the %s', (_, change, remark) => {
    show(makeJob(change));
    expect(texts('slurm-1-0')[3]).toBe(remark);
  });

  it('should show the log of the right job', () => {
    show(makeJob({ name: 'a' }), makeJob({ name: 'b' }));
    fireEvent.click(screen.getByRole('button', { name: 'Log of a' }));
    expect(onLog.mock.calls).toEqual([['a']]);
  });

  describe('#fold', () => {
    const jobs = (count: number): IJob[] =>
      Array.from({ length: count }, (_, number) =>
        makeJob({
          name: `j${number}`,
          state: number % 30 ? ENDS[number % 4] : 'running'
        })
      );
    const shown = (): string[] =>
      [...document.querySelectorAll<HTMLElement>('tr[data-job]')].map(
        each => each.dataset.job!
      );
    const fold = (): HTMLElement | null =>
      screen.queryByRole('button', { name: /ended job/ });

    it('should show all of a few', () => {
      show(...jobs(60));
      expect(shown()).toHaveLength(60);
      expect(fold()).toBe(null);
    });

    it('should show of many the live ones, newest first', () => {
      show(...jobs(61));
      expect(shown()).toEqual(['j60', 'j30', 'j0']);
      expect(fold()!.textContent).toBe('58 ended jobs');
      expect(fold()!.getAttribute('aria-expanded')).toBe('false');
    });

    it('should show the ended ones below after a click, and hide them', () => {
      show(...jobs(61));
      fireEvent.click(fold()!);
      expect(shown().slice(0, 4)).toEqual(['j60', 'j30', 'j0', 'j59']);
      expect(shown()).toHaveLength(61);
      expect(fold()!.getAttribute('aria-expanded')).toBe('true');
      fireEvent.click(fold()!);
      expect(shown()).toHaveLength(3);
    });

    it('should show many that all live', () => {
      show(...jobs(100).map(job => ({ ...job, state: 'pending' as const })));
      expect(shown()).toHaveLength(100);
      expect(fold()).toBe(null);
    });
  });
});
