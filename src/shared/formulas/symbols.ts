/** The symbols of the formulas: one letter each, the same everywhere, and what they mean. */
import type { Shard } from '../budget/sharding/shard';
import { bytesPerElement } from '../model/precision';
import type { ModelSpec, Precision, RunSpec } from '../model/spec';
import { type Formula, symbol } from './formula';

const MEANINGS: Readonly<Record<string, string>> = {
  P: 'parameters',
  'P trained': 'parameters that are trained',
  'P embedding': 'parameters of the embeddings',
  'P positions': 'parameters of the position table',
  'P attention': 'parameters of attention',
  'P ffn': 'parameters of the feed-forward networks',
  'P norms': 'parameters of the norms',
  'P layers': 'parameters of the matrices of the layers',
  'P plain': 'parameters of biases and norms',
  'P finalNorm': 'parameters of the last norm',
  'P head': 'parameters of the head',
  'P cast': 'parameters that autocast copies',
  L: 'layers',
  'L dec': 'layers of the decoder',
  B: 'batch: sequences at once',
  n: 'tokens of a sequence',
  'n src': 'tokens of the source',
  d: 'width of the model',
  h: 'heads',
  'h kv': 'key-value heads',
  'd k': 'width of a head',
  'd ff': 'width of the feed-forward network',
  V: 'words of the vocabulary',
  t: 'tensor-parallel ranks',
  s: 'ranks that split the sequence between tensor-parallel regions',
  m: 'micro-batches in flight',
  k: 'layers between two checkpoints',
  z: 'ranks that it is sharded over',
  b: 'bytes of an element',
  r: 'models held beside the one that trains',
  e: 'elements cached of a token in a layer',
  a: 'bytes of all tensors that one layer saves',
};

export const meaning = (name: string, of?: string): string =>
  MEANINGS[of === undefined ? name : `${name} ${of}`] ?? '';

export interface Symbols {
  readonly B: Formula;
  readonly n: Formula;
  readonly d: Formula;
  readonly h: Formula;
  readonly ff: Formula;
  readonly V: Formula;
  readonly L: Formula;
  readonly t: Formula;
  readonly s: Formula;
  readonly m: Formula;
}

export function symbols(model: ModelSpec, run: RunSpec, shard: Shard): Symbols {
  return {
    B: symbol('B', run.batch),
    n: symbol('n', run.seq),
    d: symbol('d', model.hidden),
    h: symbol('h', model.heads),
    ff: symbol('d', model.ffn, 'ff'),
    V: symbol('V', model.vocab),
    L: symbol('L', shard.layers - shard.frozen),
    t: symbol('t', shard.tensor),
    s: symbol('s', shard.sequence),
    m: symbol('m', shard.inFlight),
  };
}

export const bytesOf = (precision: Precision): Formula => symbol('b', bytesPerElement(precision));
export const bytesEach = (bytes: number): Formula => symbol('b', bytes);
