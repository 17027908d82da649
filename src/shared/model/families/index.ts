/**
 * The families Plumbline knows, one line each, and how the code of a model's family is written. A new family is a file
 * beside this one and a line in `FAMILIES`; its models are named in `../presets`.
 */
import type { ModelSpec } from '../model-spec';
import { BART } from './bart';
import { BERT } from './bert';
import { DEEPSEEK } from './deepseek';
import type { Family, Implementation } from './family';
import { GEMMA } from './gemma';
import { GPT2 } from './gpt2';
import { LLAMA } from './llama';
import { NEOX } from './neox';
import { QWEN } from './qwen';
import { T5 } from './t5';

export const FAMILIES: readonly Family[] = [
  GPT2,
  LLAMA,
  QWEN,
  GEMMA,
  NEOX,
  BERT,
  DEEPSEEK,
  T5,
  BART,
];

const BY_NAME: ReadonlyMap<string, Family> = new Map(
  FAMILIES.map((family) => [family.name, family]),
);

/** How the family of `model` is implemented. */
export function findImplementation(model: ModelSpec): Implementation {
  const named = model.family === undefined ? undefined : BY_NAME.get(model.family);
  return (named ?? closestFamily(model)).implementation;
}

/**
 * For a model that names no family, or one of a later version: sessions recorded before models named it, and models
 * written by hand. The oldest family of that architecture and those positions stands in, as it always has for them.
 */
function closestFamily({ architecture, positions, relativeBuckets }: ModelSpec): Family {
  if (architecture === 'encoder-decoder') return relativeBuckets === undefined ? BART : T5;
  if (positions !== 'learned') return LLAMA;
  return architecture === 'encoder' ? BERT : GPT2;
}
