/** The settings that a search may change, in the words of findings and inversions. */
import { formatInteger } from '../../base/format';
import type { Stairs } from '../overlay/types';
import type { Candidate, Field } from './candidates';

export interface Words {
  readonly name: string;
  title(declared: string | number, value: string | number): string;
  readonly formula: string;
  readonly remedy: string;
}

export const WORDS: Readonly<Record<Field, Words>> = {
  batch: {
    name: 'batch',
    title: (declared, value) => `The run used batch ${value}, not ${declared} as declared`,
    formula: 'activations, logits, inputs and KV cache grow in proportion to the batch',
    remedy: 'Declare the batch that runs (--batch), or correct the data loader.',
  },
  seq: {
    name: 'sequence length',
    title: (declared, value) => `Sequences were ${value} tokens long, not ${declared} as declared`,
    formula: 'activations grow with the sequence, attention scores with its square',
    remedy: 'Declare the length that runs (--seq), or cut or pad the batches.',
  },
  promptTokens: {
    name: 'prompt length',
    title: (declared, value) => `The prompt was ${value} tokens long, not ${declared} as declared`,
    formula: 'the KV cache grows by 2·L·B·d_kv elements a token',
    remedy: 'Declare the prompt that runs (--prompt-tokens).',
  },
  precision: {
    name: 'precision',
    title: (declared, value) =>
      `Tensors take the bytes of ${value}, not of ${declared} as declared`,
    formula: 'parameters and activations are elements times bytes per element',
    remedy:
      'Check the dtype the weights are loaded in and whether autocast is on, or declare it with --precision.',
  },
  kvPrecision: {
    name: 'KV cache precision',
    title: (declared, value) =>
      `The KV cache takes the bytes of ${value}, not of ${declared} as declared`,
    formula: 'KV cache = 2·L·B·n·d_kv·bytes per element',
    remedy: 'Check the dtype of the cache, or declare it with --kv-precision.',
  },
  cacheCopies: {
    name: 'copies of the KV cache',
    title: () => 'The KV cache holds twice what was declared',
    formula: 'KV cache = 2·L·B·n·d_kv·bytes per element; measured is twice that',
    remedy: 'Look for a second cache that is kept, or keys and values stored at twice the width.',
  },
  checkpointing: {
    name: 'checkpointing',
    title: (declared, value) =>
      `Activations are kept as with checkpointing ${value}, not ${declared} as declared`,
    formula: 'with checkpointing only the inputs of checkpointed layers outlive forward',
    remedy:
      'Check that checkpointing is switched on in the model (and not by evaluation mode off), or declare it with --checkpointing.',
  },
  logitsCopies: {
    name: 'further float32 copies of the logits',
    title: (_, value) =>
      `Logits are held ${value === 1 ? 'once' : `${value} times`} more than predicted, in float32`,
    formula: 'one float32 copy of the logits = 4·B·n·V bytes',
    remedy:
      'Compute the loss in chunks, or fused with the output projection; avoid .float() on all logits.',
  },
  optimizer: {
    name: 'optimizer',
    title: (declared, value) => `Optimizer states are those of ${value}, not of ${declared}`,
    formula: 'states a parameter',
    remedy: 'Declare it with --optimizer.',
  },
  attention: {
    name: 'attention',
    title: (declared, value) => `Attention keeps what ${value} keeps, not ${declared}`,
    formula: 'eager attention keeps h·n² scores a layer',
    remedy: 'Declare it with --attention.',
  },
};

/** A setting and what fits in place of what was declared, in words. */
export function describeChange({
  field,
  value,
  declared,
}: Pick<Candidate, 'field' | 'value' | 'declared'>): string {
  return `${WORDS[field].name} ${value} instead of ${declared}`;
}

/** "the 3 levels on which the line rests". */
export function describeLevels({ heights }: Stairs): string {
  return heights.length === 1
    ? 'the one level on which the line rests'
    : `the ${formatInteger(heights.length)} levels on which the line rests`;
}
