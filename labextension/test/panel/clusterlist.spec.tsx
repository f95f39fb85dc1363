import { Widget } from '@lumino/widgets';
import { act, fireEvent, screen, within } from '@testing-library/react';

import { ClusterList } from '../../src/panel/clusterlist';
import { ClusterModel } from '../../src/model/clusters';
import { RequestError } from '../../src/api/request';
import { FakeAPI, makeCluster, makeJob, pass, trans } from '../utils';

describe('ClusterList', () => {
  let api: FakeAPI;
  let model: ClusterModel;
  let list: ClusterList;
  const callbacks = {
    onCreate: jest.fn(),
    onLogin: jest.fn(),
    onAction: jest.fn(),
    onLog: jest.fn(),
    onDismiss: jest.fn(),
    onDragStart: jest.fn()
  };

  beforeEach(() => {
    jest.useFakeTimers();
    jest.clearAllMocks();
    api = new FakeAPI();
    model = new ClusterModel(api);
  });

  afterEach(async () => {
    act(() => list.dispose());
    model.dispose();
    await pass();
  });

  function attach(): void {
    act(() => {
      list = new ClusterList(model, callbacks, trans);
      Widget.attach(list, document.body);
    });
  }

  async function show(): Promise<void> {
    attach();
    model.isActive = true;
    await pass();
  }

  it('should show that it is loading', async () => {
    attach();
    await pass();
    expect(list.node.textContent).toBe('Loading…');
  });

  it('should explain itself when there are no clusters', async () => {
    await show();
    expect(list.node.textContent).toContain(
      'workers are jobs in a batch queue'
    );
    fireEvent.click(screen.getByRole('button', { name: 'New cluster' }));
    expect(callbacks.onCreate).toHaveBeenCalledTimes(1);
  });

  it('should show the clusters', async () => {
    api.clusters = [makeCluster(), makeCluster({ id: 'c2', name: 'b' })];
    await show();
    const cards = screen.getByRole('list', { name: 'Clusters' }).children;
    expect([...cards].map(each => each.getAttribute('aria-label'))).toEqual([
      'slurm-1',
      'b'
    ]);
    expect(screen.queryByRole('button', { name: 'New cluster' })).toBe(null);
  });

  it('should follow the model', async () => {
    api.clusters = [makeCluster()];
    await show();
    api.clusters = [makeCluster({ workers: 9 })];
    await pass(5000);
    expect(screen.getByText('9 workers · 8 cores · 16 GiB')).toBeTruthy();
  });

  it('should show how to install a missing server extension', async () => {
    api.errors.list = new RequestError('Not Found', 404);
    await show();
    const alert = screen.getByRole('alert');
    expect(alert.textContent).toContain('is not running');
    expect(alert.textContent).toContain('pip install jupyter-jobqueue');
    expect(screen.queryByRole('button', { name: 'New cluster' })).toBe(null);
  });

  it('should keep a stale list when the server does not answer', async () => {
    api.clusters = [makeCluster()];
    await show();
    const cards = screen.getByRole('list', { name: 'Clusters' });
    expect(cards.classList).not.toContain('jp-mod-stale');
    api.errors.list = new RequestError('504 Gateway Timeout', 504);
    await pass(5000);
    expect(screen.getByRole('alert').textContent).toBe(
      'The server does not respond: 504 Gateway Timeout'
    );
    expect(cards.classList).toContain('jp-mod-stale');
    expect(within(cards).getByText('slurm-1')).toBeTruthy();
    delete api.errors.list;
    await pass(60_000);
    expect(cards.classList).not.toContain('jp-mod-stale');
    expect(screen.queryByRole('alert')).toBe(null);
  });

  it.each([401, 403])(
    'should lead to the login when the answer is %d',
    async status => {
      api.clusters = [makeCluster()];
      await show();
      api.errors.list = new RequestError('Forbidden', status);
      await pass(5000);
      const alert = screen.getByRole('alert');
      expect(alert.textContent).toContain('Your login has expired.');
      expect(alert.textContent).not.toContain('does not respond');
      fireEvent.click(screen.getByRole('button', { name: 'Log in again' }));
      expect(callbacks.onLogin).toHaveBeenCalledTimes(1);
      delete api.errors.list;
      await pass(60_000);
      expect(screen.queryByRole('alert')).toBe(null);
    }
  );

  it('should pass the cluster of an action', async () => {
    api.clusters = [makeCluster(), makeCluster({ id: 'c2', name: 'b' })];
    await show();
    const card = within(screen.getByRole('listitem', { name: 'b' }));
    fireEvent.click(card.getByRole('button', { name: 'Scale' }));
    expect(callbacks.onAction.mock.calls).toEqual([['scale', 'c2']]);
    fireEvent.pointerDown(card.getByText('b'));
    expect(callbacks.onDragStart.mock.calls[0][0]).toBe('c2');
  });

  it('should open the jobs of one cluster', async () => {
    api.clusters = [makeCluster(), makeCluster({ id: 'c2', name: 'b' })];
    api.jobList = [makeJob()];
    await show();
    const card = within(screen.getByRole('listitem', { name: 'b' }));
    fireEvent.click(card.getByRole('button', { expanded: false }));
    await pass();
    expect(api.callsOf('jobs')).toEqual([['c2']]);
    expect(screen.getAllByRole('table')).toHaveLength(1);
    fireEvent.click(card.getByRole('button', { name: 'Log of slurm-1-0' }));
    expect(callbacks.onLog.mock.calls).toEqual([['c2', 'slurm-1-0']]);
  });

  it('should show the notices above the clusters', async () => {
    api.clusters = [makeCluster()];
    api.noticeList = [{ id: 'n1', when: 1000, text: 'slurm-2 is gone.' }];
    await show();
    const [first, second] = screen.getAllByRole('list');
    expect(first.textContent).toContain('slurm-2 is gone.');
    expect(second.getAttribute('aria-label')).toBe('Clusters');
    fireEvent.click(screen.getByRole('button', { name: /^Dismiss/ }));
    expect(callbacks.onDismiss.mock.calls).toEqual([['n1']]);
  });
});
