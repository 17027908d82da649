/** The model that an option names: a preset, or a Hugging Face config.json. */
import { existsSync, readFileSync } from 'node:fs';
import { Failure } from '../../../../shared/base/failure';
import { nameMeant, refuseName } from '../../../../shared/model/preset-names';
import { isPresetName, preset } from '../../../../shared/model/presets';
import type { ModelSpec } from '../../../../shared/model/spec';

/** Throws `bad_input` where there is no such model or file, and where the file describes none. */
export async function resolveModel(nameOrFile: string): Promise<ModelSpec> {
  const name = nameMeant(nameOrFile);
  if (name !== undefined) return isPresetName(name) ? preset(name) : (await loadNamed())(name);
  if (!existsSync(nameOrFile) && !/\.json$|^[.~\\/]/.test(nameOrFile)) refuseName(nameOrFile);
  let text: string;
  try {
    text = readFileSync(nameOrFile, 'utf8');
  } catch (cause) {
    throw new Failure(
      'bad_input',
      `The model file "${nameOrFile}" cannot be read.`,
      'Give the path of a Hugging Face config.json, or the name of a preset.',
      cause,
    );
  }
  // Most models are named: what reads files, and its schemas, is loaded where there is one.
  const [{ modelFromConfig }, { parseConfigText }] = await Promise.all([
    import('../../../../shared/model/config-file'),
    import('../../../../shared/model/config-text'),
  ]);
  let config: unknown;
  try {
    config = parseConfigText(text);
  } catch (cause) {
    throw new Failure(
      'bad_input',
      `The model file "${nameOrFile}" is not JSON.`,
      'Give the path of a Hugging Face config.json.',
      cause,
    );
  }
  return modelFromConfig(config, nameOrFile);
}

const loadNamed = async () => (await import('../../../../shared/model/named')).namedModel;
