import { PromiseDelegate } from '@lumino/coreutils';
import { Widget } from '@lumino/widgets';
import { act, fireEvent, screen, within } from '@testing-library/react';

import { ClusterModel } from '../../src/model/clusters';
import { NewClusterBody } from '../../src/newcluster/body';
import { RequestError } from '../../src/api/request';
import type { ISchema, IScript } from '../../src/api/types';
import { FakeAPI, makeProfile, pass, SCHEMA, SCRIPT, trans } from '../utils';

const DEBOUNCE = 250;

/** What is in a fold that is closed. */
const HIDDEN = { hidden: true };

describe('NewClusterBody', () => {
  let api: FakeAPI;
  let model: ClusterModel;
  let body: NewClusterBody;

  beforeEach(() => {
    jest.useFakeTimers();
    api = new FakeAPI();
    model = new ClusterModel(api);
  });

  afterEach(async () => {
    act(() => body.dispose());
    await pass();
    model.dispose();
  });

  async function show(preferred?: string): Promise<void> {
    body = new NewClusterBody(model, trans, preferred);
    act(() => Widget.attach(body, document.body));
    await pass();
    await pass(DEBOUNCE);
  }

  const input = (name: string): HTMLInputElement =>
    body.node.querySelector<HTMLInputElement>(
      `[id^="root_"][id$="_${name}"], [id^="more-"][id$="_${name}"]`
    )!;

  async function type(field: HTMLElement, value: string): Promise<void> {
    fireEvent.change(field, { target: { value } });
    await pass();
  }

  /** The texts of the errors at an option. */
  const errorsAt = (name: string): string[] =>
    [
      ...input(name)
        .closest('.form-group')!
        .querySelectorAll('.error-detail li')
    ].map(each => each.textContent!);

  async function submit(): Promise<boolean> {
    let done = false;
    await act(async () => {
      done = await body.submit();
    });
    await pass();
    return done;
  }

  describe('#profiles', () => {
    const select = (): HTMLSelectElement => screen.getByLabelText('Profile');

    beforeEach(() => {
      api.profileList = [
        makeProfile({ usable: false, reason: 'sbatch is not installed' }),
        makeProfile({ name: 'local', label: 'This machine' }),
        makeProfile({ name: 'gpu', origin: '/etc/dask/gpu.yaml' })
      ];
    });

    it('should begin with the first that is usable', async () => {
      await show();
      expect(select().value).toBe('local');
      expect(api.callsOf('schema')).toEqual([['local']]);
    });

    it('should begin with the preferred one', async () => {
      await show('gpu');
      expect(select().value).toBe('gpu');
      expect(screen.getByText('from /etc/dask/gpu.yaml')).toBeTruthy();
    });

    it('should not begin with one that is unusable', async () => {
      await show('slurm');
      expect(select().value).toBe('local');
    });

    it('should offer those that are usable', async () => {
      await show();
      const options = [...select().options];
      expect(options.map(each => each.text)).toEqual([
        'local (This machine)',
        'gpu (Slurm)'
      ]);
    });

    it('should hide the others, with the reasons', async () => {
      await show();
      const fold = screen
        .getByText('1 profile cannot be used here')
        .closest('details')!;
      expect(fold.open).toBe(false);
      expect(within(fold).getByRole('term', HIDDEN).textContent).toBe(
        'slurm (Slurm)'
      );
      expect(within(fold).getByRole('definition', HIDDEN).textContent).toBe(
        'sbatch is not installed'
      );
    });

    it('should show at once why none is usable', async () => {
      api.profileList = [makeProfile({ usable: false, reason: 'no sbatch' })];
      await show();
      const fold = screen.getByText('no sbatch').closest('details')!;
      expect(fold.open).toBe(true);
      expect(select().options).toHaveLength(0);
      expect(api.callsOf('schema')).toEqual([]);
    });

    it('should have nothing to fold when all are usable', async () => {
      api.profileList = [makeProfile()];
      await show();
      expect(screen.queryByText(/cannot be used/)).toBe(null);
    });

    it('should show the problems of a profile', async () => {
      api.profileList = [makeProfile({ problems: ['memory: no number'] })];
      await show();
      expect(screen.getByText('memory: no number')).toBeTruthy();
    });

    it('should load the schema of another, and drop the options', async () => {
      await show();
      await type(input('cores'), '2');
      await type(select(), 'gpu');
      await pass(DEBOUNCE);
      expect(api.callsOf('schema')).toEqual([['local'], ['gpu']]);
      expect(api.callsOf('preview').pop()).toEqual([
        { profile: 'gpu', options: {} }
      ]);
    });

    it('should show the one chosen last, whichever answers first', async () => {
      await show();
      const slow = new PromiseDelegate<ISchema>();
      jest.spyOn(api, 'schema').mockReturnValueOnce(slow.promise);
      await type(select(), 'gpu');
      await type(select(), 'local');
      slow.resolve(SCHEMA);
      await pass(DEBOUNCE);
      expect(select().value).toBe('local');
    });

    it('should show that they cannot be read', async () => {
      api.errors.profiles = new RequestError('Broken.', 500);
      await show();
      expect(screen.getByRole('alert').textContent).toBe('Broken.');
      expect(await body.submit()).toBe(false);
      expect(api.callsOf('create')).toEqual([]);
    });

    it('should show that the schema cannot be read', async () => {
      api.errors.schema = new RequestError('sinfo failed.', 502, '', 'slurm');
      await show();
      expect(screen.getByRole('alert').textContent).toBe(
        'sinfo failed.\nslurm'
      );
    });
  });

  describe('#options', () => {
    it('should show the main ones at once, the others behind a summary', async () => {
      await show();
      const more = screen.getByText('More options').closest('details')!;
      expect(more.open).toBe(false);
      expect(more.contains(input('account'))).toBe(true);
      expect(more.contains(input('cores'))).toBe(false);
      expect(input('cores').value).toBe('4');
      expect(input('memory').placeholder).toBe('16 GiB');
    });

    it('should have names for those who do not see', async () => {
      await show();
      const names = ['Cores', 'Memory', 'Account', 'Nice'];
      const fields = names.map(name => screen.getByLabelText(name));
      expect(fields).toEqual(['cores', 'memory', 'account', 'nice'].map(input));
    });

    it('should let a person empty a field to type anew', async () => {
      await show();
      await type(input('cores'), '');
      expect(input('cores').value).toBe('');
    });

    it('should keep those of one part when the other changes', async () => {
      await show();
      await type(input('cores'), '2');
      await type(input('account'), 'physics');
      await pass(DEBOUNCE);
      expect(api.callsOf('preview').pop()).toEqual([
        { profile: 'slurm', options: { cores: 2, account: 'physics' } }
      ]);
    });

    it('should forget one that is set back', async () => {
      await show();
      await type(input('cores'), '2');
      await type(input('cores'), '4');
      await pass(DEBOUNCE);
      expect(api.callsOf('preview').pop()).toEqual([
        { profile: 'slurm', options: {} }
      ]);
    });
  });

  describe('#preview', () => {
    const shown = (): string =>
      screen.getByLabelText('Job script').textContent!;

    it('should show the script', async () => {
      await show();
      expect(api.callsOf('preview')).toEqual([
        [{ profile: 'slurm', options: {} }]
      ]);
      expect(shown()).toBe(SCRIPT.script);
    });

    it('should not be requested before every required option is set', async () => {
      const required = ['cores', 'memory'];
      jest.spyOn(api, 'schema').mockResolvedValue({ ...SCHEMA, required });
      await show();
      expect(api.callsOf('preview')).toEqual([]);
      expect(errorsAt('memory')).toEqual([]);
      await type(input('memory'), '1 GB');
      await pass(DEBOUNCE);
      expect(api.callsOf('preview')).toEqual([
        [{ profile: 'slurm', options: { memory: '1 GB' } }]
      ]);
    });

    it('should wait until the person stops typing', async () => {
      await show();
      await type(input('cores'), '2');
      await pass(DEBOUNCE - 1);
      await type(input('cores'), '22');
      await pass(DEBOUNCE - 1);
      expect(api.callsOf('preview')).toHaveLength(1);
      await pass(1);
      expect(api.callsOf('preview').slice(1)).toEqual([
        [{ profile: 'slurm', options: { cores: 22 } }]
      ]);
    });

    it('should show the response to the latest request', async () => {
      await show();
      const answers = [1, 2].map(() => new PromiseDelegate<IScript>());
      const preview = jest
        .spyOn(api, 'preview')
        .mockReturnValueOnce(answers[0].promise)
        .mockReturnValueOnce(answers[1].promise);
      await type(input('cores'), '1');
      await pass(DEBOUNCE);
      await type(input('cores'), '2');
      await pass(DEBOUNCE);
      expect(preview).toHaveBeenCalledTimes(2);
      answers[1].resolve({ script: 'newer', command: '' });
      await pass();
      answers[0].resolve({ script: 'older', command: '' });
      await pass();
      expect(shown()).toBe('newer\n');
    });

    it('should not show an old error either', async () => {
      await show();
      const older = new PromiseDelegate<IScript>();
      jest.spyOn(api, 'preview').mockReturnValueOnce(older.promise);
      await type(input('cores'), '1');
      await pass(DEBOUNCE);
      await type(input('cores'), '2');
      await pass(DEBOUNCE);
      older.reject(new RequestError('Too few.', 400, 'options.cores'));
      await pass();
      expect(errorsAt('cores')).toEqual([]);
    });

    it('should put an error at its field, until it is changed', async () => {
      await show();
      api.errors.preview = new RequestError(
        'No more than 64.',
        400,
        'options.cores'
      );
      await type(input('cores'), '99');
      await pass(DEBOUNCE);
      expect(errorsAt('cores')).toEqual(['No more than 64.']);
      expect(errorsAt('memory')).toEqual([]);
      await pass(10 * DEBOUNCE);
      expect(errorsAt('cores')).toEqual(['No more than 64.']);
      expect(api.callsOf('preview')).toHaveLength(2);
      delete api.errors.preview;
      await type(input('cores'), '64');
      await pass();
      expect(errorsAt('cores')).toEqual([]);
    });

    it('should put an error of no field above the script', async () => {
      api.errors.preview = new RequestError(
        'sbatch refused.',
        502,
        '',
        'Invalid account'
      );
      await show();
      expect(screen.getByRole('alert').textContent).toBe(
        'sbatch refused.\nInvalid account'
      );
    });

    it('should request nothing after disposal', async () => {
      await show();
      await type(input('cores'), '2');
      act(() => body.dispose());
      await pass(DEBOUNCE);
      expect(api.callsOf('preview')).toHaveLength(1);
    });
  });

  describe('#submit()', () => {
    it('should request a number of jobs', async () => {
      await show();
      await type(input('cores'), '2');
      await type(screen.getByLabelText('Number of jobs'), '3');
      await type(screen.getByLabelText('Name'), ' mine ');
      expect(await submit()).toBe(true);
      expect(api.callsOf('create')).toEqual([
        [{ profile: 'slurm', options: { cores: 2 }, name: 'mine', jobs: 3 }]
      ]);
    });

    it('should request a range', async () => {
      await show();
      fireEvent.click(screen.getByLabelText('Autoscale'));
      await pass();
      await type(screen.getByLabelText('Minimum jobs'), '1');
      await type(screen.getByLabelText('Maximum jobs'), '5');
      expect(await submit()).toBe(true);
      expect(api.callsOf('create')).toEqual([
        [
          {
            profile: 'slurm',
            options: {},
            adapt: { minimum: 1, maximum: 5 }
          }
        ]
      ]);
    });

    it.each([
      ['options.memory', 'memory', () => errorsAt('memory')],
      ['options.account', 'account', () => errorsAt('account')]
    ])('should show an error of %s at its field', async (field, _, errors) => {
      await show();
      api.errors.create = new RequestError('Not that.', 400, field);
      expect(await submit()).toBe(false);
      expect(errors()).toEqual(['Not that.']);
      expect(screen.queryByText('Not that.', { selector: 'pre' })).toBe(null);
    });

    it.each([
      ['name', 'Name'],
      ['jobs', 'Number of jobs']
    ])('should show an error of %s at its field', async (field, label) => {
      await show();
      api.errors.create = new RequestError('Not that.', 400, field);
      expect(await submit()).toBe(false);
      const own = screen.getByLabelText(label).closest('.jp-JobQueue-field')!;
      expect(within(own as HTMLElement).getByRole('alert').textContent).toBe(
        'Not that.'
      );
    });

    it.each(['profile', 'options.unknown', ''])(
      'should show an error of "%s" above the script',
      async field => {
        await show();
        api.errors.create = new RequestError('Not that.', 400, field);
        expect(await submit()).toBe(false);
        expect(screen.getByRole('alert').textContent).toBe('Not that.');
      }
    );

    it('should open More options when an error is in there', async () => {
      await show();
      api.errors.create = new RequestError('No.', 400, 'options.account');
      await submit();
      expect(input('account').closest('details')!.open).toBe(true);
    });

    it('should keep an error when a preview arrives later', async () => {
      await show();
      await type(input('cores'), '2');
      api.errors.create = new RequestError('Refused.', 502);
      await submit();
      await pass(DEBOUNCE);
      expect(screen.getByRole('alert').textContent).toBe('Refused.');
    });

    it('should keep what was typed when it is refused', async () => {
      await show();
      await type(input('cores'), '2');
      await pass(DEBOUNCE);
      api.errors.create = new RequestError('Refused.', 502);
      expect(await submit()).toBe(false);
      expect(screen.getByRole('alert').textContent).toBe('Refused.');
      expect(input('cores').value).toBe('2');
      delete api.errors.create;
      expect(await submit()).toBe(true);
      expect(api.callsOf('create')[1]).toEqual([
        { profile: 'slurm', options: { cores: 2 }, jobs: 1 }
      ]);
    });
  });
});
