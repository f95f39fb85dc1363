import { PageConfig } from '@jupyterlab/coreutils';

import { logIn } from '../../src/panel/login';

describe('logIn()', () => {
  it('should keep the page, and look again when somebody comes back', () => {
    PageConfig.setOption('baseUrl', 'http://localhost:8000/user/me/');
    const opened = jest.spyOn(window, 'open').mockReturnValue(null);
    const refresh = jest.fn(async () => undefined);
    logIn({ refresh });
    expect(opened.mock.calls[0][0]).toBe('http://localhost:8000/user/me/');
    expect(refresh).not.toHaveBeenCalled();
    window.dispatchEvent(new Event('focus'));
    window.dispatchEvent(new Event('focus'));
    expect(refresh).toHaveBeenCalledTimes(1);
  });
});
