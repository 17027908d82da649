/** What a run is where nothing else was said: complete, valid for the model, and small enough to try at once. */
import type { ModelSpec } from './model-spec';
import { RUN_SETTINGS, type RunSpec, SETTING_NAMES, type SettingName } from './settings';

/**
 * The run `given` describes, with every setting that has a default filled in. What was given stays as it is, even where
 * the model cannot do it (`checkRun` says so).
 */
export function runDefaults(model: ModelSpec, given: Partial<RunSpec> = {}): RunSpec {
  const run: { -readonly [Name in SettingName]?: RunSpec[Name] } = {};
  const fillIn = <Name extends SettingName>(name: Name) => {
    if (name in run) return run[name];
    const { default: usual } = RUN_SETTINGS[name];
    // Worked out even where the setting is given, since what it asks for comes before it in the document.
    const value = typeof usual === 'function' ? usual(asked, model, given) : usual;
    run[name] = given[name] ?? value;
    return run[name];
  };
  /** A default that asks for another setting has it filled in first. */
  const asked = new Proxy({} as RunSpec, { get: (_, name) => fillIn(name as SettingName) });
  for (const name of SETTING_NAMES) {
    if (RUN_SETTINGS[name].default !== undefined) fillIn(name);
    else if (given[name] !== undefined) Object.assign(run, { [name]: given[name] });
  }
  return run as RunSpec;
}
