import type { JupyterFrontEnd } from '@jupyterlab/application';
import { InputDialog, Notification } from '@jupyterlab/apputils';
import { CommandRegistry } from '@lumino/commands';

import { addCommands } from '../../src/commands/commands';
import { ClusterModel } from '../../src/model/clusters';
import { RequestError } from '../../src/api/request';
import { CommandIDs } from '../../src/tokens';
import { FakeAPI, makeCluster, pass, trans } from '../utils';

/** The palette names no cluster, and the panel need not have been open. */
describe('commands from the palette', () => {
  let api: FakeAPI;
  let model: ClusterModel;
  let commands: CommandRegistry;
  let pick: jest.SpyInstance;

  beforeEach(() => {
    jest.useFakeTimers();
    api = new FakeAPI();
    model = new ClusterModel(api);
    commands = new CommandRegistry();
    const app = { commands, contextMenuHitTest: () => undefined };
    addCommands({
      app: app as unknown as JupyterFrontEnd,
      model,
      notebooks: null,
      preferences: {
        defaultProfile: '',
        confirmShutdown: false,
        pollInterval: 5
      },
      trans
    });
    pick = jest.spyOn(InputDialog, 'getItem');
  });

  afterEach(async () => {
    Notification.dismiss();
    await pass();
    model.dispose();
  });

  async function shutDown(): Promise<void> {
    const args = { isPalette: true };
    expect(commands.isEnabled(CommandIDs.shutdown, args)).toBe(true);
    void commands.execute(CommandIDs.shutdown, args);
    await pass();
    await pass();
  }

  it('should be about the only cluster', async () => {
    api.clusters = [makeCluster()];
    await shutDown();
    expect(pick).not.toHaveBeenCalled();
    expect(api.callsOf('close')).toEqual([['c1']]);
  });

  it('should let the user pick one of several', async () => {
    api.clusters = [makeCluster(), makeCluster({ id: 'c2' })];
    pick.mockImplementation(async ({ items }) => ({ value: items[1] }));
    await shutDown();
    expect(api.callsOf('close')).toEqual([['c2']]);
  });

  it('should do nothing when the user cancels', async () => {
    api.clusters = [makeCluster(), makeCluster({ id: 'c2' })];
    pick.mockResolvedValue({ value: null });
    await shutDown();
    expect(api.callsOf('close')).toEqual([]);
  });

  it('should show that there are none', async () => {
    await shutDown();
    const [notice] = Notification.manager.notifications;
    expect(notice.message).toBe('There are no clusters.');
    expect(api.callsOf('close')).toEqual([]);
  });

  it('should show an error', async () => {
    api.errors.list = new RequestError('No answer.', 504);
    await shutDown();
    const [notice] = Notification.manager.notifications;
    expect(notice.message).toBe('No answer.');
  });
});
