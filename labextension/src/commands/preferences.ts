import type { ISettingRegistry } from '@jupyterlab/settingregistry';

/** The settings of a user. */
export interface IPreferences {
  defaultProfile: string;
  confirmShutdown: boolean;
  /** Seconds between two polls. */
  pollInterval: number;
}

/**
 * Return preferences that follow the settings, once those are loaded.
 *
 * @param registry - The settings; the defaults apply without it.
 * @param plugin - The plugin that has the settings.
 * @param onChange - Called when the settings are loaded, and after each change.
 */
export function followSettings(
  registry: ISettingRegistry | null,
  plugin: string,
  onChange: (preferences: IPreferences) => void
): IPreferences {
  const preferences = {
    defaultProfile: '',
    confirmShutdown: true,
    pollInterval: 5
  };
  void registry?.load(plugin).then(settings => {
    const read = () => {
      Object.assign(preferences, settings.composite);
      onChange(preferences);
    };
    settings.changed.connect(read);
    read();
  });
  return preferences;
}
