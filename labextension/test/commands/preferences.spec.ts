import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Signal } from '@lumino/signaling';

import { followSettings } from '../../src/commands/preferences';

const DEFAULTS = { defaultProfile: '', confirmShutdown: true, pollInterval: 5 };

describe('#followSettings()', () => {
  it('should return the defaults without a registry', () => {
    const onChange = jest.fn();
    expect(followSettings(null, 'plugin', onChange)).toEqual(DEFAULTS);
    expect(onChange).not.toHaveBeenCalled();
  });

  it('should follow the settings once they are loaded', async () => {
    const settings = { composite: { pollInterval: 9 }, changed: {} };
    const changed = new Signal<typeof settings, void>(settings);
    const load = jest.fn().mockResolvedValue({ ...settings, changed });
    const registry = { load } as unknown as ISettingRegistry;
    const onChange = jest.fn();
    const preferences = followSettings(registry, 'plugin', onChange);
    expect(preferences).toEqual(DEFAULTS);
    await load.mock.results[0].value;
    expect(load.mock.calls).toEqual([['plugin']]);
    expect(preferences).toEqual({ ...DEFAULTS, pollInterval: 9 });
    settings.composite.pollInterval = 30;
    changed.emit();
    expect(preferences.pollInterval).toBe(30);
    expect(onChange.mock.calls).toEqual([[preferences], [preferences]]);
  });
});
