/** Checkpoints of BERT and DistilBERT for tests, and what an independent encoder makes of the values they really hold. */
import {
  type EncoderParts,
  exactGelu,
  normalized,
  referenceStates,
} from '../support/reference-encoder';
import { drawn, type Logits, logits, type Tensors } from './checkpoint';

export interface EncoderShape {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly ffn: number;
  readonly vocab: number;
  readonly positions: number;
}
export const SMALL_ENCODER: EncoderShape = {
  layers: 2,
  width: 12,
  heads: 3,
  ffn: 20,
  vocab: 29,
  positions: 16,
};
export type Kind = 'bert' | 'distilbert';

/** How transformers names the modules; a layer's stand after `layers` and its number. */
const NAMES = {
  bert: {
    layers: 'encoder.layer.',
    embeddingNorm: 'embeddings.LayerNorm',
    query: 'attention.self.query',
    key: 'attention.self.key',
    value: 'attention.self.value',
    projection: 'attention.output.dense',
    norm1: 'attention.output.LayerNorm',
    up: 'intermediate.dense',
    down: 'output.dense',
    norm2: 'output.LayerNorm',
    transform: 'cls.predictions.transform.dense',
    headNorm: 'cls.predictions.transform.LayerNorm',
    decoder: 'cls.predictions.decoder',
    headBias: 'cls.predictions.bias',
  },
  distilbert: {
    layers: 'transformer.layer.',
    embeddingNorm: 'embeddings.LayerNorm',
    query: 'attention.q_lin',
    key: 'attention.k_lin',
    value: 'attention.v_lin',
    projection: 'attention.out_lin',
    norm1: 'sa_layer_norm',
    up: 'ffn.lin1',
    down: 'ffn.lin2',
    norm2: 'output_layer_norm',
    transform: 'vocab_transform',
    headNorm: 'vocab_layer_norm',
    decoder: 'vocab_projector',
    headBias: 'vocab_projector.bias',
  },
} as const;
const TABLES = {
  tokens: 'embeddings.word_embeddings',
  positions: 'embeddings.position_embeddings',
  types: 'embeddings.token_type_embeddings',
};

export function encoderConfig(
  kind: Kind,
  { layers, width, heads, ffn, vocab, positions } = SMALL_ENCODER,
  more: object = {},
): object {
  return kind === 'bert'
    ? {
        model_type: 'bert',
        architectures: ['BertModel'],
        num_hidden_layers: layers,
        hidden_size: width,
        num_attention_heads: heads,
        intermediate_size: ffn,
        vocab_size: vocab,
        max_position_embeddings: positions,
        type_vocab_size: 2,
        hidden_act: 'gelu',
        layer_norm_eps: 1e-12,
        position_embedding_type: 'absolute',
        ...more,
      }
    : {
        model_type: 'distilbert',
        architectures: ['DistilBertModel'],
        n_layers: layers,
        dim: width,
        n_heads: heads,
        hidden_dim: ffn,
        vocab_size: vocab,
        max_position_embeddings: positions,
        activation: 'gelu',
        sinusoidal_pos_embds: false,
        ...more,
      };
}

/** Linear layers are torch's, [out, in]. With a head for masked words where `head` says so. */
export function encoderTensors(
  kind: Kind,
  { prefix = `${kind}.`, head = false, shape = SMALL_ENCODER } = {},
): Tensors {
  const { layers, width, ffn, vocab, positions } = shape;
  const names = NAMES[kind];
  const tensors: Tensors = new Map();
  const next = drawn();
  const add = (name: string, dimensions: readonly number[], scale: number, offset = 0): unknown =>
    tensors.set(name, {
      shape: dimensions,
      values: Float64Array.from(
        { length: dimensions.reduce((a, b) => a * b, 1) },
        () => next() * scale + offset,
      ),
    });
  const linear = (name: string, out: number, into: number): void => {
    add(`${name}.weight`, [out, into], 0.5);
    add(`${name}.bias`, [out], 0.25);
  };
  const norm = (name: string): void => {
    add(`${name}.weight`, [width], 0.25, 1);
    add(`${name}.bias`, [width], 0.25);
  };
  add(`${prefix}${TABLES.tokens}.weight`, [vocab, width], 0.5);
  add(`${prefix}${TABLES.positions}.weight`, [positions, width], 0.25);
  if (kind === 'bert') add(`${prefix}${TABLES.types}.weight`, [2, width], 0.25);
  norm(`${prefix}${names.embeddingNorm}`);
  for (let layer = 0; layer < layers; layer++) {
    const at = `${prefix}${names.layers}${layer}.`;
    for (const part of ['query', 'key', 'value', 'projection'] as const)
      linear(at + names[part], width, width);
    norm(at + names.norm1);
    linear(at + names.up, ffn, width);
    linear(at + names.down, width, ffn);
    norm(at + names.norm2);
  }
  if (kind === 'bert') linear(`${prefix}pooler.dense`, width, width);
  if (head) {
    linear(names.transform, width, width);
    norm(names.headNorm);
    add(names.headBias, [vocab], 0.25);
  }
  return tensors;
}

export interface Expected {
  readonly states: number[][];
  readonly pooled: number[] | null;
  logitsAt(position: number): number[];
}

export function referenceEncoder(
  kind: Kind,
  tensors: Tensors,
  ids: readonly number[],
  { prefix = `${kind}.`, shape = SMALL_ENCODER, activate = exactGelu } = {},
): Expected {
  const { layers, heads } = shape;
  const names = NAMES[kind];
  const values = (name: string): Float64Array => tensors.get(name)!.values;
  const rowOf = (table: string, index: number): number[] => {
    const {
      shape: [, width],
      values: all,
    } = tensors.get(table)!;
    return [...all.subarray(index * width!, (index + 1) * width!)];
  };
  const product = (weight: string, bias: string, x: readonly number[]): number[] =>
    Array.from(values(bias), (b, out) =>
      rowOf(weight, out).reduce((sum, value, i) => sum + value * x[i]!, b),
    );
  const dense = (x: readonly number[], module: string): number[] =>
    product(`${module}.weight`, `${module}.bias`, x);
  const normOf = (module: string): [Float64Array, Float64Array] => [
    values(`${module}.weight`),
    values(`${module}.bias`),
  ];
  const module = (name: string): string => {
    const [, layer, part] = /^layer(\d+)\.(.+)$/.exec(name) ?? [null, null, name];
    return (
      prefix +
      (layer === null ? '' : names.layers + layer + '.') +
      names[part as keyof typeof names]
    );
  };
  const parts: EncoderParts = {
    layers,
    heads,
    activate,
    row: (table, index) =>
      tensors.has(`${prefix}${TABLES[table]}.weight`)
        ? rowOf(`${prefix}${TABLES[table]}.weight`, index)
        : null,
    dense: (x, name) => dense(x, module(name)),
    norm: (name) => normOf(module(name)),
  };
  const states = referenceStates(parts, ids);
  return {
    states,
    pooled: tensors.has(`${prefix}pooler.dense.bias`)
      ? dense(states[0]!, `${prefix}pooler.dense`).map(Math.tanh)
      : null,
    logitsAt: (position) => {
      const x = normalized(
        dense(states[position]!, names.transform).map(activate),
        normOf(names.headNorm),
      );
      const table = tensors.has(`${names.decoder}.weight`)
        ? `${names.decoder}.weight`
        : `${prefix}${TABLES.tokens}.weight`;
      return product(table, names.headBias, x);
    },
  };
}

export interface States extends Omit<Logits, 'logits'> {
  readonly logits: readonly number[] | null;
  readonly position: number;
  readonly hidden: readonly number[];
  readonly pooled: readonly number[] | null;
}

export async function states(
  folder: string,
  ids: readonly number[],
  ...more: string[]
): Promise<States> {
  return (await logits(
    '--weights',
    folder,
    '--token-ids',
    ids.join(','),
    ...more,
  )) as unknown as States;
}
