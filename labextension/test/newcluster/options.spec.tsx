import { Widget } from '@lumino/widgets';
import { act, fireEvent, screen, within } from '@testing-library/react';

import { ClusterModel } from '../../src/model/clusters';
import { NewClusterBody } from '../../src/newcluster/body';
import type { ISchema } from '../../src/api/types';
import { FakeAPI, pass, trans } from '../utils';

const DEBOUNCE = 250;

const CONDOR: ISchema = {
  type: 'object',
  title: 'HTCondor',
  properties: {
    universe: {
      type: 'string',
      title: 'Universe',
      enum: ['vanilla', 'docker'],
      'x-group': 'main'
    },
    memory_per: {
      type: 'string',
      title: 'Memory per',
      enum: ['node', 'none'],
      default: 'node'
    },
    nanny: {
      type: 'boolean',
      title: 'Nanny',
      description: 'Restart workers.',
      default: true
    },
    job_extra_directives: {
      type: 'array',
      items: { type: 'string' },
      title: 'Extra directives',
      description: 'As Key = value.',
      default: ['+Group = "a"'],
      examples: ['+Gpu = 1']
    }
  }
};

describe('the options of New cluster', () => {
  let api: FakeAPI;
  let model: ClusterModel;
  let body: NewClusterBody;

  beforeEach(async () => {
    jest.useFakeTimers();
    api = new FakeAPI();
    jest.spyOn(api, 'schema').mockResolvedValue(CONDOR);
    model = new ClusterModel(api);
    body = new NewClusterBody(model, trans);
    act(() => Widget.attach(body, document.body));
    await pass();
    await pass(DEBOUNCE);
  });

  afterEach(async () => {
    act(() => body.dispose());
    await pass();
    model.dispose();
  });

  async function requested(): Promise<unknown> {
    await pass(DEBOUNCE);
    const [request] = api.callsOf('preview').pop() as [{ options: unknown }];
    return request.options;
  }

  async function choose(label: string, text: string): Promise<void> {
    const select = screen.getByLabelText<HTMLSelectElement>(label);
    const chosen = [...select.options].find(each => each.text === text)!;
    fireEvent.change(select, { target: { value: chosen.value } });
    await pass();
  }

  const lines = (): HTMLInputElement[] =>
    screen.getAllByLabelText<HTMLInputElement>('Extra directives');

  describe('#choices', () => {
    it('should begin with none, and lead back to none', async () => {
      const select = screen.getByLabelText<HTMLSelectElement>('Universe');
      expect([...select.options].map(each => each.text)).toEqual([
        'not set',
        'vanilla',
        'docker'
      ]);
      expect(select.selectedOptions[0].text).toBe('not set');
      await choose('Universe', 'docker');
      expect(await requested()).toEqual({ universe: 'docker' });
      await choose('Universe', 'not set');
      expect(await requested()).toEqual({});
    });

    it('should begin with what is set already', async () => {
      const select = screen.getByLabelText<HTMLSelectElement>('Memory per');
      expect(select.selectedOptions[0].text).toBe('node');
      await choose('Memory per', 'none');
      expect(await requested()).toEqual({ memory_per: 'none' });
    });
  });

  describe('#lines', () => {
    it('should show each in a field of its own', async () => {
      expect(lines().map(each => each.value)).toEqual(['+Group = "a"']);
      fireEvent.change(lines()[0], { target: { value: 'Rank = Mips' } });
      expect(await requested()).toEqual({
        job_extra_directives: ['Rank = Mips']
      });
    });

    it('should take another', async () => {
      fireEvent.click(screen.getByLabelText('Extra directives: Add item'));
      await pass();
      expect(lines()[1].placeholder).toBe('+Gpu = 1');
      fireEvent.change(lines()[1], { target: { value: '+Gpu = 2' } });
      expect(await requested()).toEqual({
        job_extra_directives: ['+Group = "a"', '+Gpu = 2']
      });
    });

    it('should be right while another is empty', async () => {
      const list = { job_extra_directives: ['+Group = "a"', ''] };
      fireEvent.click(screen.getByLabelText('Extra directives: Add item'));
      expect(await requested()).toEqual(list);
      fireEvent.change(lines()[1], { target: { value: 'x' } });
      await pass();
      fireEvent.change(lines()[1], { target: { value: '' } });
      expect(await requested()).toEqual(list);
      expect(body.node.querySelector('.error-detail')).toBe(null);
    });

    it('should let one be removed', async () => {
      fireEvent.click(screen.getByLabelText('Extra directives: Remove item'));
      expect(await requested()).toEqual({ job_extra_directives: [] });
    });
  });

  describe('#more', () => {
    it('should be in groups that have a title', () => {
      const more = screen.getByText('More options').closest('details')!;
      const titles = [...more.querySelectorAll('h4')];
      expect(titles.map(each => each.textContent)).toEqual([
        'HTCondor',
        'Workers',
        'Job script'
      ]);
      const [own] = [...more.querySelectorAll('section')];
      expect(own.getAttribute('aria-label')).toBe('HTCondor');
      expect(within(own).getByLabelText('Memory per')).toBeTruthy();
      expect(within(own).queryByLabelText('Universe')).toBe(null);
    });

    it('should keep those of one group when another changes', async () => {
      await choose('Memory per', 'none');
      fireEvent.click(screen.getByLabelText('Nanny'));
      expect(await requested()).toEqual({ memory_per: 'none', nanny: false });
    });
  });

  describe('#help', () => {
    it.each([
      ['Nanny', 'Restart workers.'],
      ['Extra directives', 'As Key = value.']
    ])('should describe %s', (label, help) => {
      const field = screen.getByLabelText(label);
      expect(field.getAttribute('aria-description')).toBe(help);
    });
  });
});
