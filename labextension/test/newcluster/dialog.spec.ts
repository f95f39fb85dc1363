import { Dialog } from '@jupyterlab/apputils';
import { act, fireEvent, screen } from '@testing-library/react';

import { RequestError } from '../../src/api/request';
import { ClusterModel } from '../../src/model/clusters';
import { openNewCluster } from '../../src/newcluster/dialog';
import { FakeAPI, pass, trans } from '../utils';

const DEBOUNCE = 250;

describe('#openNewCluster()', () => {
  let api: FakeAPI;
  let model: ClusterModel;

  beforeEach(() => {
    jest.useFakeTimers();
    api = new FakeAPI();
    model = new ClusterModel(api);
  });

  afterEach(async () => {
    act(() => Dialog.tracker.forEach(dialog => dialog.reject()));
    await pass();
    model.dispose();
  });

  it('should stay open after an error and send one request at a time', async () => {
    const done = jest.fn();
    void openNewCluster(model, trans).then(done);
    await pass(DEBOUNCE);
    const press = () => fireEvent.click(screen.getByText('Create'));
    api.errors.create = new RequestError('Refused.', 502);
    press();
    await pass();
    expect(done).not.toHaveBeenCalled();
    expect(screen.getByText('Refused.')).toBeTruthy();
    delete api.errors.create;
    press();
    press();
    await pass();
    expect(api.callsOf('create')).toHaveLength(2);
    expect(done).toHaveBeenCalledTimes(1);
    expect(document.querySelector('.jp-Dialog')).toBe(null);
  });

  it('should open one dialog for two clicks, and another one later', async () => {
    const done = jest.fn();
    void openNewCluster(model, trans).then(done);
    void openNewCluster(model, trans).then(done);
    await pass(DEBOUNCE);
    expect(document.querySelectorAll('.jp-Dialog')).toHaveLength(1);
    fireEvent.click(screen.getByText('Cancel'));
    await pass();
    expect(done).toHaveBeenCalledTimes(2);
    void openNewCluster(model, trans);
    await pass(DEBOUNCE);
    expect(document.querySelectorAll('.jp-Dialog')).toHaveLength(1);
  });

  it('should show what to do if the form cannot be loaded, and try again', async () => {
    const load = jest.fn().mockRejectedValueOnce(new Error('no chunk'));
    await expect(openNewCluster(model, trans, '', load)).rejects.toThrow(
      'Reload the page and try again.'
    );
    void openNewCluster(model, trans);
    await pass(DEBOUNCE);
    expect(document.querySelectorAll('.jp-Dialog')).toHaveLength(1);
  });
});
