import { render, screen } from '@testing-library/react';
import * as React from 'react';

import { Usage } from '../../src/panel/usage';
import { makeCluster, trans } from '../utils';
import type { ClusterChange } from '../utils';

const NOW = 1_700_000_000;

describe('Usage', () => {
  beforeEach(() => {
    jest.spyOn(Date, 'now').mockReturnValue(NOW * 1000);
  });

  function facts(change: ClusterChange): string[] {
    render(<Usage cluster={makeCluster(change)} trans={trans} />);
    return [...document.querySelectorAll('.jp-JobQueue-fact')].map(
      each => each.textContent!
    );
  }

  it('should be absent when there is nothing to show', () => {
    expect(facts({ core_hours: 0.04 })).toEqual([]);
    expect(document.querySelector('.jp-JobQueue-usage')).toBe(null);
  });

  it('should show core-hours and times in one line', () => {
    const shown = facts({
      core_hours: 3.21,
      next_end: NOW + 720,
      closes_at: NOW + 1500,
      closes_why: 'idle'
    });
    expect(shown).toEqual([
      '3.2 core-hours',
      'first job ends in 12 min',
      'closes in 25 min: idle'
    ]);
  });

  describe('#budget', () => {
    it.each([
      [0, 10, '0 of 10 core-hours', false],
      [3.2, 10, '3.2 of 10 core-hours', false],
      [9, 10, '9 of 10 core-hours', false],
      [9.1, 10, '9.1 of 10 core-hours: nearly used up', true],
      [10, 10, '10 of 10 core-hours: used up', true],
      [121, 120, '121 of 120 core-hours: used up', true]
    ])('should show %d of %d', (core_hours, budget, text, scarce) => {
      expect(facts({ core_hours, budget })).toEqual([text]);
      const classes = screen.getByText(text).classList;
      expect(classes.contains('jp-mod-scarce')).toBe(scarce);
    });

    it('should show the maximum as a tooltip', () => {
      facts({ core_hours: 2, core_hours_asked: 12.5 });
      expect(screen.getByText('2 core-hours').title).toBe(
        'Up to 12.5 core-hours if every job runs to its walltime.'
      );
    });

    it('should have no tooltip where there is no walltime', () => {
      facts({ core_hours: 2 });
      expect(screen.getByText('2 core-hours').title).toBe('');
    });
  });

  describe('#countdowns', () => {
    it('should know one job from the first of several', () => {
      const shown = facts({ jobs: { running: 1 }, next_end: NOW + 5400 });
      expect(shown).toEqual(['job ends in 1 h 30 min']);
    });

    it('should not show an end in the past', () => {
      expect(facts({ next_end: NOW - 1 })).toEqual([]);
    });

    it('should show no seconds', () => {
      expect(facts({ next_end: NOW + 59 })).toEqual([
        'first job ends in under 1 min'
      ]);
    });

    it('should show the age limit', () => {
      const shown = facts({ closes_at: NOW + 3600, closes_why: 'age' });
      expect(shown).toEqual(['closes in 1 h: age limit']);
    });
  });
});
