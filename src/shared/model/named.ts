/**
 * Every model known by name: those written out in `presets`, and the releases whose config.json is kept, each read when
 * somebody asks for it. Reading takes the schemas of files along, which a command that names a written one does without.
 */
import { modelFromConfig } from './config-file';
import { nameMeant } from './preset-names';
import { isPresetName, preset, presetNames } from './presets';
import { CONFIGURED } from './releases';
import type { ModelSpec } from './spec';

const read = new Map<string, ModelSpec>();

export function modelNames(): readonly string[] {
  return [...presetNames(), ...Object.keys(CONFIGURED)];
}

/** The model of that very name; `bad_input` where there is none. */
export function namedModel(name: string): ModelSpec {
  const release = Object.hasOwn(CONFIGURED, name) ? CONFIGURED[name] : undefined;
  if (isPresetName(name) || !release) return preset(name);
  const model = read.get(name) ?? modelFromConfig(release.config, name);
  read.set(name, model);
  return model;
}

/** The model that `name` may mean; undefined where it means none. */
export function modelCalled(name: string): ModelSpec | undefined {
  const found = nameMeant(name);
  return found === undefined ? undefined : namedModel(found);
}
