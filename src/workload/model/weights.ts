/**
 * The parameters of GPT-2 or an encoder, random from a seed with GPT-2's initial spread, or from elsewhere: tfjs
 * variables, or for a packed precision the matrices as packed words. Each is packed before the next is made, so that the
 * float32 numbers of one matrix at most exist beside them, and those as an array of JavaScript's, never as a tensor.
 */
import { type Tensor, tensor, type Variable, variable } from '@tensorflow/tfjs-core';
import { isPacked, tablePrecision } from '../../shared/model/packing';
import type { ModelSpec, Precision } from '../../shared/model/spec';
import { type Matrix, packMatrix } from './matrix';
import type { Random } from './random';

export interface NormWeights {
  readonly gain: Variable;
  readonly bias: Variable;
}
export interface LinearWeights {
  readonly weight: Matrix;
  readonly bias: Variable;
}
export interface LayerWeights {
  readonly norm1: NormWeights;
  readonly query: LinearWeights;
  readonly key: LinearWeights;
  readonly value: LinearWeights;
  readonly projection: LinearWeights;
  readonly norm2: NormWeights;
  readonly up: LinearWeights;
  readonly down: LinearWeights;
}
export interface Weights {
  readonly tokenTable: Matrix;
  readonly positionTable: Matrix;
  readonly layers: readonly LayerWeights[];
  /** The norm outside the layers: after the last one, or after the embeddings of an encoder whose norms come last. */
  readonly outerNorm: NormWeights;
  /** Encoders: what is added to a token for the segment it is in. */
  readonly typeTable: Matrix | null;
  /** Encoders: a dense layer over the first token. */
  readonly pooler: LinearWeights | null;
  /** All that are variables, in the order of creation: without packed matrices, all. */
  readonly all: readonly Variable[];
  /** All tensors that hold them. */
  readonly tensors: readonly Tensor[];
  /** Numbers, however stored. */
  readonly count: number;
}

/** The first values of a parameter, by its name and shape. */
export type Initial = (name: string, shape: readonly number[]) => Float32Array;

const STD = 0.02;

/** GPT-2's own: normal matrices, unit gains, zero biases. */
export function randomInitial(model: ModelSpec, random: Random): Initial {
  // Projections that write to the residual stream start smaller, so that its spread does not grow with depth.
  const residualStd = STD / Math.sqrt(2 * model.layers);
  return (name, shape) => {
    const size = shape.reduce((product, length) => product * length, 1);
    if (shape.length === 2)
      return random.uniform(size, /\.(projection|down)\.weight$/.test(name) ? residualStd : STD);
    return new Float32Array(size).fill(name.endsWith('.gain') ? 1 : 0);
  };
}

/** Every parameter's shape by its name. Matrices are [in, out], tables [rows, width]. */
export function parameterShapes({
  layers,
  hidden,
  ffn,
  vocab,
  maxPositions,
  tokenTypes,
  pooler,
  postNorm,
}: ModelSpec): ReadonlyMap<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>([
    ['tokens', [vocab, hidden]],
    ['positions', [maxPositions, hidden]],
  ]);
  const norm = (name: string): unknown =>
    shapes.set(`${name}.gain`, [hidden]).set(`${name}.bias`, [hidden]);
  const linear = (name: string, rows: number, columns: number): unknown =>
    shapes.set(`${name}.weight`, [rows, columns]).set(`${name}.bias`, [columns]);
  for (let layer = 0; layer < layers; layer++) {
    for (const part of ['norm1', 'norm2']) norm(`layer${layer}.${part}`);
    for (const part of ['query', 'key', 'value', 'projection'])
      linear(`layer${layer}.${part}`, hidden, hidden);
    linear(`layer${layer}.up`, hidden, ffn);
    linear(`layer${layer}.down`, ffn, hidden);
  }
  norm(outerNormName(postNorm));
  if (tokenTypes) shapes.set('types', [tokenTypes, hidden]);
  if (pooler) linear('pooler', hidden, hidden);
  return shapes;
}

function outerNormName(postNorm: boolean | undefined): string {
  return postNorm ? 'embeddingNorm' : 'finalNorm';
}

export function createWeights(model: ModelSpec, initial: Initial, precision: Precision): Weights {
  const shapes = parameterShapes(model);
  const all: Variable[] = [];
  const tensors: Tensor[] = [];
  let count = 0;
  const parameter = (name: string): Variable => {
    const shape = shapes.get(name);
    if (shape === undefined) throw new Error(`the model has no parameter "${name}"`);
    const first = tensor(initial(name, shape), [...shape]);
    const made = variable(first, true, name);
    first.dispose();
    all.push(made);
    tensors.push(made);
    count += made.size;
    return made;
  };
  /** Packed by its output channels: the rows of a table, the columns of any other matrix. */
  const matrix = (name: string, isTable: boolean): Matrix => {
    if (!isPacked(precision)) return parameter(name);
    const [rows, columns] = shapes.get(name) as [number, number];
    const values = initial(name, [rows, columns]);
    const packed = isTable
      ? packMatrix(name, values, [rows, columns], false, tablePrecision(precision))
      : packMatrix(name, values, [columns, rows], true, precision);
    tensors.push(packed.words, ...(packed.scales ? [packed.scales] : []));
    count += rows * columns;
    return packed;
  };
  const norm = (name: string): NormWeights => ({
    gain: parameter(`${name}.gain`),
    bias: parameter(`${name}.bias`),
  });
  const linear = (name: string): LinearWeights => ({
    weight: matrix(`${name}.weight`, false),
    bias: parameter(`${name}.bias`),
  });

  const tokenTable = matrix('tokens', true);
  const positionTable = matrix('positions', true);
  const layers = Array.from({ length: model.layers }, (_, index): LayerWeights => {
    const name = `layer${index}`;
    return {
      norm1: norm(`${name}.norm1`),
      query: linear(`${name}.query`),
      key: linear(`${name}.key`),
      value: linear(`${name}.value`),
      projection: linear(`${name}.projection`),
      norm2: norm(`${name}.norm2`),
      up: linear(`${name}.up`),
      down: linear(`${name}.down`),
    };
  });
  const outerNorm = norm(outerNormName(model.postNorm));
  const typeTable = model.tokenTypes ? matrix('types', true) : null;
  const pooler = model.pooler ? linear('pooler') : null;
  return { tokenTable, positionTable, layers, outerNorm, typeTable, pooler, all, tensors, count };
}
