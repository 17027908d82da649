/** The config.json beside the weights, held against the model of the run: what of it makes numbers right or wrong. */
import { readFileSync } from 'node:fs';
import { Failure } from '../../shared/base/failure';
import type { ModelSpec } from '../../shared/model/spec';
import type { CheckpointLayout } from './layouts';

type Config = Readonly<Record<string, unknown>>;

export function readConfig(path: string): Config {
  try {
    const config: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof config !== 'object' || config === null) throw new SyntaxError('no object');
    return config as Config;
  } catch (cause) {
    throw new Failure(
      'bad_input',
      `The file "${path}" cannot be read.`,
      'Keep config.json beside the weights.',
      cause,
    ).at('weights');
  }
}

/** Throws `bad_input` where it is of another model, `unavailable` where it asks for what the workload does not compute. */
export function checkConfig(config: Config, layout: CheckpointLayout, model: ModelSpec): void {
  const other = 'Leave --model out: the config.json beside the weights says what they are.';
  if (layout.architecture !== model.architecture) {
    throw new Failure(
      'bad_input',
      `The weights are those of a ${layout.family}, and ${model.name} is ${model.architecture === 'encoder' ? 'an encoder' : 'a decoder'}.`,
      other,
    );
  }
  for (const [field, name] of Object.entries(layout.sizes) as [keyof ModelSpec, string][]) {
    const [declared, expected] = [config[name], model[field] ?? 0];
    if (declared === undefined || declared === null || declared === expected) continue;
    throw new Failure(
      'bad_input',
      `The config.json beside the weights has ${name} ${shorten(declared)}, and ${model.name} has ${shorten(expected)}.`,
      other,
    );
  }
  for (const [field, allowed] of Object.entries(layout.required(model))) {
    const value = config[field];
    if (value !== undefined && value !== null && !allowed.includes(value)) {
      throw new Failure(
        'unavailable',
        `The bundled workload needs ${field} to be ${allowed.join(' or ')}, and the config.json has ${shorten(value)}.`,
        'Record a workload of your own with -- COMMAND.',
      );
    }
  }
}

/** A value of an untrusted file, short enough for a sentence. */
function shorten(value: unknown): string {
  return String(value).slice(0, 60);
}
