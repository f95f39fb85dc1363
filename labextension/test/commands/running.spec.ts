import type { JupyterFrontEnd } from '@jupyterlab/application';

import { runningClusters } from '../../src/commands/running';
import { ClusterModel } from '../../src/model/clusters';
import { FakeAPI, makeCluster, pass, trans } from '../utils';

describe('#runningClusters()', () => {
  let api: FakeAPI;
  let model: ClusterModel;
  const activateById = jest.fn();
  const app = { shell: { activateById } } as unknown as JupyterFrontEnd;

  beforeEach(async () => {
    jest.useFakeTimers();
    api = new FakeAPI();
    api.clusters = [makeCluster(), makeCluster({ id: 'c2', name: 'b' })];
    model = new ClusterModel(api);
    await Promise.all([model.refresh(), pass()]);
  });

  afterEach(() => model.dispose());

  it('should list the clusters', () => {
    const [item] = runningClusters(app, model, trans).running({ mode: 'list' });
    expect(item.label()).toBe('slurm-1');
    expect(item.labelTitle!()).toBe('slurm');
    expect(item.detail!()).toBe('2 running');
    item.open!();
    expect(activateById.mock.calls).toEqual([['jupyter-jobqueue-panel']]);
  });

  it('should shut down one, or all', async () => {
    const section = runningClusters(app, model, trans);
    section.running({ mode: 'list' })[1].shutdown!();
    await pass();
    expect(api.callsOf('close')).toEqual([['c2']]);
    section.shutdownAll();
    await pass();
    expect(api.callsOf('close')).toEqual([['c2'], ['c1']]);
  });
});
