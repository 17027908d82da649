/** A model and a run as they are typed: the options by which every command that takes them comes to the same two. */
import type { ModelSpec } from './model-spec';
import { nameMeant } from './preset-names';
import { runDefaults } from './run';
import type { RunSpec } from './settings';
import { RUN_SETTINGS, SETTING_NAMES } from './settings';
import { takesSetting } from './settings/modes';

/**
 * Whatever differs from the defaults, and what a reader would look for first. Settings of the bundled workload alone are
 * left out: no prediction depends on them. A model that has no name of its own is a config.json.
 */
export function specOptions(model: ModelSpec, run: RunSpec): string {
  const told = new Set<string>(['mode', 'batch', 'framework']);
  const usual = runDefaults(model, { mode: run.mode, framework: run.framework });
  const options = SETTING_NAMES.flatMap((name) => {
    const { flag, takes, bundledOnly } = RUN_SETTINGS[name].option;
    const value = run[name];
    if (bundledOnly || value === undefined || value === null) return [];
    if (!takesSetting(run.mode, name)) return [];
    if (!told.has(name) && JSON.stringify(value) === JSON.stringify(usual[name])) return [];
    if (takes === undefined) return value === true ? [flag] : [];
    return [flag, quoted(writeValue(value))];
  });
  const name = nameMeant(model.name) ? model.name : 'config.json';
  return ['--model', quoted(name), ...options].join(' ');
}

function writeValue(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return Array.isArray(value) ? value.join(',') : String(value);
}

/** A word that no shell reads in another way. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
