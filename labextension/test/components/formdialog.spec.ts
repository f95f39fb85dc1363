import { PromiseDelegate } from '@lumino/coreutils';
import { Widget } from '@lumino/widgets';
import { act, fireEvent, screen } from '@testing-library/react';

import { FormDialog } from '../../src/components/formdialog';
import { pass } from '../utils';

class Body extends Widget {
  answer = new PromiseDelegate<boolean>();

  submit = jest.fn(() => this.answer.promise);
}

describe('FormDialog', () => {
  let body: Body;
  let dialog: FormDialog;
  let done: jest.Mock;

  beforeEach(async () => {
    jest.useFakeTimers();
    body = new Body();
    dialog = new FormDialog({
      title: 'New cluster',
      body,
      accept: 'Create',
      cancel: 'Cancel',
      className: 'jp-mod-wide'
    });
    done = jest.fn();
    void dialog.launch().then(({ button }) => done(button.accept));
    await pass();
  });

  afterEach(async () => {
    act(() => dialog.reject());
    await pass();
    expect(dialog.isDisposed).toBe(true);
  });

  const press = (name: string): boolean =>
    fireEvent.click(screen.getByText(name));

  it('should show its body', () => {
    expect(dialog.node.contains(body.node)).toBe(true);
    expect(dialog.hasClass('jp-mod-wide')).toBe(true);
    expect(body.submit).not.toHaveBeenCalled();
  });

  it('should close when the work is done, not before', async () => {
    press('Create');
    await pass();
    expect(done).not.toHaveBeenCalled();
    expect(dialog.hasClass('jp-mod-busy')).toBe(true);
    body.answer.resolve(true);
    await pass();
    expect(done.mock.calls).toEqual([[true]]);
  });

  it('should stay open when the work fails, and do it again', async () => {
    press('Create');
    body.answer.resolve(false);
    await pass();
    expect(done).not.toHaveBeenCalled();
    expect(dialog.isAttached).toBe(true);
    expect(dialog.hasClass('jp-mod-busy')).toBe(false);
    body.answer = new PromiseDelegate();
    press('Create');
    body.answer.resolve(true);
    await pass();
    expect(body.submit).toHaveBeenCalledTimes(2);
    expect(done.mock.calls).toEqual([[true]]);
  });

  it('should do the work once at a time', async () => {
    press('Create');
    press('Create');
    await pass();
    expect(body.submit).toHaveBeenCalledTimes(1);
    body.answer.resolve(true);
    await pass();
    expect(done).toHaveBeenCalledTimes(1);
  });

  it('should do the work at Enter', async () => {
    fireEvent.keyDown(dialog.node, { key: 'Enter' });
    await pass();
    expect(body.submit).toHaveBeenCalledTimes(1);
  });

  it('should close without work when it is cancelled', async () => {
    press('Cancel');
    await pass();
    expect(body.submit).not.toHaveBeenCalled();
    expect(done.mock.calls).toEqual([[false]]);
  });

  it('should close at Escape', async () => {
    fireEvent.keyDown(dialog.node, { key: 'Escape' });
    await pass();
    expect(done.mock.calls).toEqual([[false]]);
  });

  it('should survive being closed while it works', async () => {
    press('Create');
    press('Cancel');
    await pass();
    body.answer.resolve(true);
    await pass();
    expect(done.mock.calls).toEqual([[false]]);
  });
});
