import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Clipboard, Dialog, Notification } from '@jupyterlab/apputils';
import { CommandRegistry } from '@lumino/commands';
import { act, fireEvent, screen } from '@testing-library/react';

import { addCommands } from '../../src/commands/commands';
import type { IPreferences } from '../../src/commands/preferences';
import { ClusterModel } from '../../src/model/clusters';
import { RequestError } from '../../src/api/request';
import { CommandIDs } from '../../src/tokens';
import { FakeAPI, makeCluster, pass, SCRIPT, trans } from '../utils';

const ABOUT_ONE = [
  CommandIDs.scale,
  CommandIDs.adapt,
  CommandIDs.script,
  CommandIDs.clientCode,
  CommandIDs.dashboard,
  CommandIDs.shutdown,
  CommandIDs.retry,
  CommandIDs.log,
  CommandIDs.adaptiveLog
];

/** What is in a dialog: jsdom does not open them. */
const HIDDEN = { hidden: true };

describe('#addCommands()', () => {
  let api: FakeAPI;
  let model: ClusterModel;
  let commands: CommandRegistry;
  let preferences: IPreferences;
  let card: HTMLElement | undefined;

  beforeEach(async () => {
    jest.useFakeTimers();
    api = new FakeAPI();
    api.clusters = [makeCluster(), makeCluster({ id: 'c2', name: 'b' })];
    model = new ClusterModel(api);
    model.isActive = true;
    await pass();
    api.calls.length = 0;
    commands = new CommandRegistry();
    preferences = {
      defaultProfile: '',
      confirmShutdown: true,
      pollInterval: 5
    };
    card = undefined;
    const contextMenuHitTest = (test: (node: HTMLElement) => boolean) =>
      card && test(card) ? card : undefined;
    const app = { commands, contextMenuHitTest } as unknown as JupyterFrontEnd;
    addCommands({ app, model, notebooks: null, preferences, trans });
  });

  afterEach(async () => {
    act(() => Dialog.tracker.forEach(dialog => dialog.reject()));
    Notification.dismiss();
    await pass();
    model.dispose();
  });

  /** Execute a command as far as it comes by itself. */
  async function execute(id: string, args = {}): Promise<void> {
    void commands.execute(id, args);
    await pass();
  }

  /** Press a button of the open dialog. */
  async function press(label: string): Promise<void> {
    const selector = '.jp-Dialog-buttonLabel';
    fireEvent.click(screen.getByText(label, { selector }));
    await pass();
  }

  const title = (): string =>
    document.querySelector('.jp-Dialog-header')!.textContent!;

  const messages = (): string[] =>
    Notification.manager.notifications.map(each => each.message);

  it('should add every command with a label and a description', async () => {
    const { create, dismiss, refresh } = CommandIDs;
    const ids = [create, dismiss, refresh, ...ABOUT_ONE];
    expect(commands.listCommands().sort()).toEqual([...ids].sort());
    for (const id of ids) {
      expect(commands.label(id)).not.toBe('');
      expect((await commands.describedBy(id)).args).toMatchObject({
        type: 'object'
      });
    }
  });

  describe('#clusterFor', () => {
    it.each(ABOUT_ONE)('%s should need a cluster', id => {
      expect(commands.isEnabled(id)).toBe(false);
      expect(commands.isEnabled(id, { id: 'c9' })).toBe(false);
      expect(commands.isEnabled(id, { id: 'c2' })).toBe(true);
    });

    it('should be the card under the context menu', async () => {
      card = document.createElement('li');
      card.dataset.clusterId = 'c2';
      expect(commands.isEnabled(CommandIDs.retry)).toBe(true);
      await execute(CommandIDs.retry);
      expect(api.callsOf('retry')).toEqual([['c2']]);
    });

    it('should be the only one', async () => {
      api.clusters = [makeCluster()];
      await pass(5000);
      await execute(CommandIDs.retry);
      expect(api.callsOf('retry')).toEqual([['c1']]);
    });

    it('should be the named one even so', async () => {
      card = document.createElement('li');
      card.dataset.clusterId = 'c2';
      await execute(CommandIDs.retry, { id: 'c1' });
      expect(api.callsOf('retry')).toEqual([['c1']]);
    });
  });

  describe('#create', () => {
    it('should begin with the preferred profile', async () => {
      preferences.defaultProfile = 'slurm';
      await execute(CommandIDs.create);
      expect(title()).toBe('New cluster');
      expect(api.callsOf('schema')).toEqual([['slurm']]);
      await press('Cancel');
      expect(api.callsOf('create')).toEqual([]);
    });

    it('should be called otherwise in the palette', () => {
      expect(commands.label(CommandIDs.create)).toBe('New cluster');
      expect(commands.label(CommandIDs.create, { isPalette: true })).toBe(
        'New Dask cluster…'
      );
    });
  });

  describe('#refresh', () => {
    it('should fetch the list', async () => {
      await execute(CommandIDs.refresh);
      expect(api.callsOf('list')).toHaveLength(1);
    });
  });

  describe('#scale', () => {
    it('should start with the current number', async () => {
      await execute(CommandIDs.scale, { id: 'c2' });
      expect(title()).toBe('Scale b');
      const field = screen.getByLabelText<HTMLInputElement>('Number of jobs');
      expect(field.value).toBe('2');
      fireEvent.change(field, { target: { value: '5' } });
      await pass();
      expect(screen.getByText('10 workers · 20 cores')).toBeTruthy();
      await press('Scale');
      expect(api.callsOf('scale')).toEqual([['c2', 5]]);
      expect(model.find('c2')!.wanted).toBe(5);
    });

    it('should stay open after an error, with the error at the field', async () => {
      api.errors.scale = new RequestError('At most 8 jobs.', 400, 'jobs');
      await execute(CommandIDs.scale, { id: 'c1' });
      await press('Scale');
      expect(screen.getByRole('alert', HIDDEN).textContent).toBe(
        'At most 8 jobs.'
      );
      await press('Cancel');
    });
  });

  describe('#adapt', () => {
    it('should request a range', async () => {
      await execute(CommandIDs.adapt, { id: 'c1' });
      expect(title()).toBe('Autoscale slurm-1');
      const field = screen.getByLabelText('Maximum jobs');
      fireEvent.change(field, { target: { value: '4' } });
      await pass();
      await press('Autoscale');
      expect(api.callsOf('adapt')).toEqual([
        ['c1', { minimum: 0, maximum: 4 }]
      ]);
    });

    it('should stay open after an error, with its details', async () => {
      api.errors.adapt = new RequestError('Refused.', 502, '', 'squeue: no');
      await execute(CommandIDs.adapt, { id: 'c1' });
      await press('Autoscale');
      expect(screen.getByRole('alert', HIDDEN).textContent).toBe(
        'Refused.\nsqueue: no'
      );
      await press('Cancel');
    });
  });

  describe('#script', () => {
    it('should show the script', async () => {
      await execute(CommandIDs.script, { id: 'c1' });
      expect(title()).toBe('Job script of slurm-1');
      expect(screen.getByLabelText('Job script').textContent).toBe(
        SCRIPT.script
      );
      await press('Close');
    });

    it('should show an error with its details', async () => {
      api.errors.script = new RequestError('No script.', 409, '', 'sorry');
      await execute(CommandIDs.script, { id: 'c1' });
      expect(messages()).toEqual(['No script.\nsorry']);
    });
  });

  describe('#clientCode', () => {
    it('should fetch the code and copy it without a notebook', async () => {
      const copy = jest.spyOn(Clipboard, 'copyToSystem').mockReturnValue();
      await execute(CommandIDs.clientCode, { id: 'c2' });
      expect(api.callsOf('clientCode')).toEqual([['c2']]);
      expect(copy.mock.calls).toEqual([['client = c2']]);
    });
  });

  describe('#dashboard', () => {
    it('should open it by its path', async () => {
      const open = jest.fn();
      commands.addCommand(CommandIDs.openDashboard, {
        describedBy: { args: {} },
        execute: open
      });
      await execute(CommandIDs.dashboard, { id: 'c1' });
      expect(open.mock.calls).toEqual([
        [{ path: 'jobqueue/clusters/c1/dashboard/status', name: 'slurm-1' }]
      ]);
    });
  });

  describe('#shutdown', () => {
    it('should need confirmation', async () => {
      await execute(CommandIDs.shutdown, { id: 'c1' });
      expect(title()).toBe('Shut down slurm-1?');
      expect(api.callsOf('close')).toEqual([]);
      await press('Shut down');
      expect(api.callsOf('close')).toEqual([['c1']]);
    });

    it('should close nothing when the user cancels', async () => {
      await execute(CommandIDs.shutdown, { id: 'c1' });
      await press('Cancel');
      expect(api.callsOf('close')).toEqual([]);
    });

    it('should close at once when the user prefers that', async () => {
      preferences.confirmShutdown = false;
      await execute(CommandIDs.shutdown, { id: 'c1' });
      expect(api.callsOf('close')).toEqual([['c1']]);
    });

    it('should show an error', async () => {
      preferences.confirmShutdown = false;
      api.errors.close = new RequestError('scancel failed.', 502);
      await execute(CommandIDs.shutdown, { id: 'c1' });
      expect(messages()).toEqual(['scancel failed.']);
    });
  });

  describe('#adaptiveLog', () => {
    it('should show them, and follow the cluster', async () => {
      const decisions = [{ when: 1000, jobs: 4, reason: 'much work' }];
      api.clusters = [makeCluster({ decisions })];
      await pass(5000);
      await execute(CommandIDs.adaptiveLog, { id: 'c1' });
      expect(title()).toBe('Autoscaling decisions of slurm-1');
      expect(screen.getByText('much work')).toBeTruthy();
      const newer = { when: 2000, jobs: 0, reason: 'no work' };
      api.clusters = [makeCluster({ decisions: [...decisions, newer] })];
      await pass(5000);
      expect(screen.getByText('no work')).toBeTruthy();
      api.clusters = [];
      await pass(5000);
      expect(screen.getByText('much work')).toBeTruthy();
      await press('Close');
    });
  });

  describe('#dismiss', () => {
    beforeEach(async () => {
      api.noticeList = [{ id: 'n1', when: 1000, text: 'Gone.' }];
      await pass(5000);
    });

    it('should take a notice away', async () => {
      expect(commands.isEnabled(CommandIDs.dismiss, { id: 'n2' })).toBe(false);
      expect(commands.isEnabled(CommandIDs.dismiss, { id: 'n1' })).toBe(true);
      await execute(CommandIDs.dismiss, { id: 'n1' });
      expect(api.callsOf('dismiss')).toEqual([['n1']]);
      expect(model.notices).toEqual([]);
    });

    it('should show an error, and the notice again', async () => {
      api.errors.dismiss = new RequestError('Disk full.', 500);
      await execute(CommandIDs.dismiss, { id: 'n1' });
      expect(messages()).toEqual(['Disk full.']);
      expect(model.notices).toHaveLength(1);
    });
  });

  describe('#log', () => {
    it('should show both outputs of the job', async () => {
      await execute(CommandIDs.log, { id: 'c1', job: 'slurm-1-0' });
      expect(title()).toBe('Log of slurm-1-0');
      expect(screen.getByText('stderr of slurm-1-0')).toBeTruthy();
      fireEvent.click(screen.getByText('stdout'));
      await pass();
      expect(screen.getByText('stdout of slurm-1-0')).toBeTruthy();
      expect(screen.getByText('/logs/slurm-1-0')).toBeTruthy();
      expect(api.callsOf('log')).toEqual([
        ['c1', 'slurm-1-0', 'stderr'],
        ['c1', 'slurm-1-0', 'stdout']
      ]);
      await press('Close');
    });

    it('should show why there is none', async () => {
      api.errors.log = new RequestError('No file yet.', 404);
      await execute(CommandIDs.log, { id: 'c1', job: 'slurm-1-0' });
      expect(screen.getByText('No file yet.')).toBeTruthy();
      await press('Close');
    });
  });
});
