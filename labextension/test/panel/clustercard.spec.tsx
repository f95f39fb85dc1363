import { fireEvent, render, screen, within } from '@testing-library/react';
import * as React from 'react';

import { ClusterCard } from '../../src/panel/clustercard';
import type { ClusterState } from '../../src/api/types';
import { makeCluster, makeJob, trans } from '../utils';

describe('ClusterCard', () => {
  const callbacks = {
    onAction: jest.fn(),
    onToggle: jest.fn(),
    onLog: jest.fn(),
    onDragStart: jest.fn()
  };

  beforeEach(() => {
    jest.clearAllMocks();
  });

  function show(
    change: Parameters<typeof makeCluster>[0] = {},
    expanded = false
  ): HTMLElement {
    render(
      <ClusterCard
        cluster={makeCluster(change)}
        jobs={[makeJob()]}
        expanded={expanded}
        trans={trans}
        {...callbacks}
      />
    );
    return screen.getByRole('listitem', { name: change.name ?? 'slurm-1' });
  }

  const button = (name: string): HTMLButtonElement =>
    screen.getByRole('button', { name });

  describe('#header', () => {
    it.each<[ClusterState, string, string]>([
      ['starting', 'starting', 'ui-components:circle-empty'],
      ['running', 'ready', 'ui-components:check'],
      ['degraded', 'degraded', 'ui-components:error'],
      ['closing', 'closing', 'ui-components:circle-empty'],
      ['closed', 'closed', 'ui-components:close'],
      ['failed', 'failed', 'ui-components:error']
    ])('should show %s by text and icon', (state, text, icon) => {
      const card = show({ state });
      expect(screen.getByRole('status').textContent).toBe(text);
      expect(
        card
          .querySelector('.jp-JobQueue-stateIcon svg')!
          .getAttribute('data-icon')
      ).toBe(icon);
      expect(card.dataset.state).toBe(state);
    });

    it('should show a state of a newer server as it is', () => {
      show({ state: 'resting' as ClusterState });
      expect(screen.getByRole('status').textContent).toBe('resting');
    });

    it('should show name and batch system', () => {
      const card = show({ name: 'mine', system: 'local' });
      expect(within(card).getByText('mine').title).toBe('mine');
      expect(within(card).getByText('local')).toBeTruthy();
      expect(card.dataset.clusterId).toBe('c1');
    });

    it('should begin a drag', () => {
      show();
      fireEvent.pointerDown(screen.getByText('slurm-1'));
      expect(callbacks.onDragStart).toHaveBeenCalledTimes(1);
    });
  });

  describe('#counts', () => {
    it('should show the jobs and the target', () => {
      show({ jobs: { running: 2, pending: 1 }, wanted: 3 });
      expect(button('2 running · 1 pending 3 wanted')).toBeTruthy();
    });

    it('should show the range of an autoscaling cluster', () => {
      show({ adapt: { minimum: 0, maximum: 10 } });
      expect(screen.getByText('autoscale 0–10')).toBeTruthy();
      expect(screen.queryByText('2 wanted')).toBe(null);
    });

    it('should open and close the jobs', () => {
      show();
      const counts = button('2 running 2 wanted');
      expect(counts.getAttribute('aria-expanded')).toBe('false');
      expect(screen.queryByRole('table')).toBe(null);
      fireEvent.click(counts);
      expect(callbacks.onToggle).toHaveBeenCalledTimes(1);
    });

    it('should show the jobs when it is open', () => {
      show({}, true);
      const counts = button('2 running 2 wanted');
      expect(counts.getAttribute('aria-expanded')).toBe('true');
      fireEvent.click(button('Log of slurm-1-0'));
      expect(callbacks.onLog).toHaveBeenCalledWith('slurm-1-0');
    });

    it('should show what is connected', () => {
      show();
      expect(screen.getByText('4 workers · 8 cores · 16 GiB')).toBeTruthy();
    });
  });

  describe('#reason', () => {
    it('should show why jobs wait', () => {
      show({ reason: '(Resources)' });
      expect(screen.getByText('Waiting: (Resources)')).toBeTruthy();
    });

    it('should be absent when none wait', () => {
      show();
      expect(screen.queryByText(/Waiting/)).toBe(null);
    });
  });

  describe('#problem', () => {
    const problem = {
      detail: 'Jobs are refused.',
      details: 'sbatch: error: Invalid account'
    };

    it('should be absent when all is well', () => {
      show();
      expect(screen.queryByRole('alert')).toBe(null);
    });

    it('should show sentence and details', () => {
      show({ state: 'degraded', ...problem });
      const alert = screen.getByRole('alert');
      expect(within(alert).getByText(problem.detail)).toBeTruthy();
      const details = within(alert).getByText(problem.details);
      expect(details.tagName).toBe('PRE');
      expect(details.tabIndex).toBe(0);
    });

    it('should offer to retry when degraded', () => {
      show({ state: 'degraded', ...problem });
      fireEvent.click(button('Retry'));
      expect(callbacks.onAction.mock.calls).toEqual([['retry']]);
    });

    it.each<ClusterState>(['starting', 'running', 'closing', 'failed'])(
      'should not offer to retry when %s',
      state => {
        show({ state, ...problem });
        expect(screen.getByRole('alert')).toBeTruthy();
        expect(screen.queryByRole('button', { name: 'Retry' })).toBe(null);
      }
    );
  });

  describe('#usage and #notes', () => {
    it('should be absent when there is nothing to show', () => {
      const card = show();
      expect(card.querySelector('.jp-JobQueue-usage')).toBe(null);
      expect(card.querySelector('.jp-JobQueue-notes')).toBe(null);
    });

    it('should show core-hours and notes', () => {
      const notes = [{ when: 1000, text: 'found again' }];
      const card = show({ core_hours: 3.2, budget: 10, notes });
      expect(within(card).getByText('3.2 of 10 core-hours')).toBeTruthy();
      expect(within(card).getByText(/found again/)).toBeTruthy();
    });
  });

  describe('#actions', () => {
    const actions: [string, string][] = [
      ['Scale', 'scale'],
      ['Autoscale', 'adapt'],
      ['Show job script', 'script'],
      ['Insert client code', 'clientCode'],
      ['Open dashboard', 'dashboard'],
      ['Shut down cluster', 'shutdown']
    ];

    it.each(actions)('%s should trigger %s', (name, action) => {
      show();
      fireEvent.click(button(name));
      expect(callbacks.onAction.mock.calls).toEqual([[action]]);
    });

    it.each<[ClusterState, string[]]>([
      ['starting', ['script', 'shutdown']],
      ['running', actions.map(([, action]) => action)],
      ['degraded', actions.map(([, action]) => action)],
      ['closing', ['script']],
      ['failed', ['script', 'shutdown']]
    ])('should offer when %s what is possible then', (state, possible) => {
      show({ state });
      const enabled = actions.filter(([name]) => !button(name).disabled);
      expect(enabled.map(([, action]) => action)).toEqual(possible);
    });

    it('should offer no dashboard while there is none', () => {
      show({ dashboard: '' });
      expect(button('Open dashboard').disabled).toBe(true);
    });

    it('should be within reach of the keyboard', () => {
      const card = show({ state: 'degraded', detail: 'Refused.' }, true);
      expect(card.tabIndex).toBe(0);
      const buttons = within(card).getAllByRole<HTMLButtonElement>('button');
      expect(buttons).toHaveLength(9);
      for (const each of buttons) {
        expect(each.tagName).toBe('BUTTON');
        expect(each.type).toBe('button');
        expect(each.tabIndex).toBe(0);
        each.focus();
        expect(document.activeElement).toBe(each);
      }
    });
  });
});
