import { render, screen, within } from '@testing-library/react';
import * as React from 'react';

import { AdaptiveLog } from '../../src/dialogs/adaptivelog';
import { clock } from '../../src/components/format';
import type { ICluster } from '../../src/api/types';
import { makeCluster, trans } from '../utils';

describe('AdaptiveLog', () => {
  function show(change: Partial<ICluster>): void {
    render(<AdaptiveLog cluster={makeCluster(change)} trans={trans} />);
  }

  it('should show time, jobs and reason, newest first', () => {
    show({
      decisions: [
        { when: 1000, jobs: 4, reason: 'work for 4 jobs' },
        { when: 2000, jobs: 0, reason: 'nothing to do' }
      ]
    });
    const rows = screen
      .getAllByRole('row')
      .map(row => [...row.children].map(cell => cell.textContent));
    expect(rows).toEqual([
      ['Time', 'Jobs', 'Reason'],
      [clock(2000, 'medium'), '0', 'nothing to do'],
      [clock(1000, 'medium'), '4', 'work for 4 jobs']
    ]);
    const table = screen.getByRole('table', { name: 'Autoscaling decisions' });
    expect(within(table).getAllByRole('columnheader')).toHaveLength(3);
  });

  it('should show that nothing was decided yet', () => {
    show({ adapt: { minimum: 0, maximum: 4 } });
    expect(screen.getByText('No decisions yet.')).toBeTruthy();
    expect(screen.queryByRole('table')).toBe(null);
  });

  it('should show that nothing is decided for a fixed size', () => {
    show({ adapt: null });
    expect(screen.getByText('This cluster has a fixed size.')).toBeTruthy();
  });
});
