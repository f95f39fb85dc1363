import { fireEvent, render, screen, within } from '@testing-library/react';
import * as React from 'react';

import type { ClusterState } from '../../src/api/types';
import { Problem } from '../../src/panel/problem';
import { makeCluster, trans } from '../utils';
import type { ClusterChange } from '../utils';

describe('Problem', () => {
  const onRetry = jest.fn();

  beforeEach(() => onRetry.mockClear());

  function show(change: ClusterChange): void {
    const cluster = makeCluster(change);
    render(<Problem cluster={cluster} trans={trans} onRetry={onRetry} />);
  }

  it('should show sentence, cause and log, then offer to retry', () => {
    show({
      state: 'degraded',
      detail: '3 jobs in a row failed.',
      diagnosis: 'No module named dask.',
      details: 'Traceback'
    });
    const alert = screen.getByRole('alert');
    expect(alert.textContent).toBe(
      '3 jobs in a row failed.CauseNo module named dask.TracebackRetry'
    );
    expect(within(alert).getByText('Traceback').tagName).toBe('PRE');
    fireEvent.click(screen.getByRole('button', { name: 'Retry' }));
    expect(onRetry).toHaveBeenCalledTimes(1);
  });

  it('should show no cause when none is known', () => {
    show({ state: 'degraded', detail: 'Refused.' });
    expect(screen.queryByText('Cause')).toBe(null);
  });

  it('should show names of options as code', () => {
    show({ diagnosis: 'Set `python` or `interface`.' });
    const code = [...document.querySelectorAll('code')];
    expect(code.map(each => each.textContent)).toEqual(['python', 'interface']);
    expect(code[0].parentElement!.textContent).toBe('Set python or interface.');
  });

  describe('#limit', () => {
    const limited = { waiting: 7, detail: 'limit reached, 7 jobs waiting' };

    it.each<ClusterState>(['running', 'starting'])(
      'should be a status when %s',
      state => {
        show({ ...limited, state });
        const status = screen.getByRole('status');
        expect(status.textContent).toBe(limited.detail);
        expect(status.classList).toContain('jp-mod-limited');
        expect(screen.queryByRole('alert')).toBe(null);
        expect(screen.queryByRole('button')).toBe(null);
      }
    );

    it.each<ClusterState>(['degraded', 'failed'])(
      'should not hide that the cluster is %s',
      state => {
        show({ ...limited, state });
        expect(screen.getByRole('alert').classList).not.toContain(
          'jp-mod-limited'
        );
      }
    );
  });
});
