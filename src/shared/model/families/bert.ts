/** BERT: an encoder with learned positions and its norms last. */
import type { ModelSpec } from '../model-spec';
import { BERT_DEFAULTS, BERT_IMPLEMENTATION, type HeadShapes, readEncoder } from './encoder';
import type { Family } from './family';

const BERT_HEADS: HeadShapes = { pooler: true };

export const BERT: Family = {
  name: 'bert',
  implementation: BERT_IMPLEMENTATION,
  configs: [
    {
      types: ['bert'],
      classes: /^Bert/,
      read: (file) => readEncoder(file, BERT_DEFAULTS, 'bert', BERT_HEADS),
    },
  ],
};

/** The encoder itself, without a head. */
export function bert(
  name: string,
  size: { layers: number; hidden: number; heads: number; ffn?: number },
  differences: Partial<ModelSpec> = {},
): ModelSpec {
  const { hidden, heads } = size;
  return {
    name,
    family: BERT.name,
    architecture: 'encoder',
    layers: size.layers,
    hidden,
    heads,
    kvHeads: heads,
    headDim: hidden / heads,
    ffn: size.ffn ?? 4 * hidden,
    vocab: 30_522,
    maxPositions: 512,
    positions: 'learned',
    norm: 'layernorm',
    activation: 'gelu',
    bias: true,
    tiedHead: true,
    postNorm: true,
    tokenTypes: 2,
    pooler: true,
    ...differences,
  };
}
