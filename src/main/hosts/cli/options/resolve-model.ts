/** The model that an option names: a preset, or a Hugging Face config.json. */
import { readFileSync } from 'node:fs';
import { Failure } from '../../../../shared/base/failure';
import { modelFromConfig } from '../../../../shared/model/config-file';
import { isPresetName, preset, presetNames } from '../../../../shared/model/presets';
import type { ModelSpec } from '../../../../shared/model/spec';

/** Throws `bad_input` where there is no such model or file, and where the file describes none. */
export function resolveModel(nameOrFile: string): ModelSpec {
  if (isPresetName(nameOrFile)) return preset(nameOrFile);
  const looksLikeFile = /[\\/.]/.test(nameOrFile);
  if (!looksLikeFile) {
    throw new Failure(
      'bad_input',
      `There is no model "${nameOrFile}".`,
      `Use one of ${presetNames().join(', ')}, or the path of a Hugging Face config.json.`,
    );
  }
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
  let config: unknown;
  try {
    config = JSON.parse(text);
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
