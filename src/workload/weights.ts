/**
 * The parameters of GPT-2 or an encoder, random from a seed with GPT-2's initial spread, or from elsewhere: tfjs variables, or for a
 * packed precision the matrices as packed words. Each is packed before the next is made, so that the float32 numbers of
 * one matrix at most exist beside them, and those as an array of JavaScript's, never as a tensor.
 */
import { type Tensor, tensor, type Variable, variable } from '@tensorflow/tfjs-core';
import { isPacked, tablePrecision } from '../shared/model/packing';
import type { ModelSpec, Precision } from '../shared/model/spec';
import { type Matrix, packMatrix } from './matrix';
import type { Random } from './random';

export interface Norm { readonly gain: Variable; readonly bias: Variable }
export interface Linear { readonly weight: Matrix; readonly bias: Variable }
export interface Layer {
  readonly norm1: Norm;
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly projection: Linear;
  readonly norm2: Norm;
  readonly up: Linear;
  readonly down: Linear;
}
export interface Weights {
  readonly tokenTable: Matrix;
  readonly positionTable: Matrix;
  readonly layers: readonly Layer[];
  /** The norm outside the layers: after the last one, or after the embeddings of an encoder whose norms come last. */
  readonly outerNorm: Norm;
  /** Encoders: what is added to a token for the segment it is in. */
  readonly typeTable: Matrix | null;
  /** Encoders: a dense layer over the first token. */
  readonly pooler: Linear | null;
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
    if (shape.length === 2) return random.uniform(size, /\.(projection|down)\.weight$/.test(name) ? residualStd : STD);
    return new Float32Array(size).fill(name.endsWith('.gain') ? 1 : 0);
  };
}

export function createWeights(model: ModelSpec, initial: Initial, precision: Precision): Weights {
  const { hidden, ffn } = model;
  const all: Variable[] = [];
  const tensors: Tensor[] = [];
  let count = 0;
  const parameter = (name: string, shape: number[]): Variable => {
    const first = tensor(initial(name, shape), shape);
    const made = variable(first, true, name);
    first.dispose();
    all.push(made);
    tensors.push(made);
    count += made.size;
    return made;
  };
  /** Packed by its output channels: the rows of a table, the columns of any other matrix. */
  const matrix = (name: string, rows: number, columns: number, isTable: boolean): Matrix => {
    if (!isPacked(precision)) return parameter(name, [rows, columns]);
    const values = initial(name, [rows, columns]);
    const packed = isTable ? packMatrix(name, values, [rows, columns], false, tablePrecision(precision)) : packMatrix(name, values, [columns, rows], true, precision);
    tensors.push(packed.words, ...(packed.scales ? [packed.scales] : []));
    count += rows * columns;
    return packed;
  };
  const norm = (name: string): Norm => ({ gain: parameter(`${name}.gain`, [hidden]), bias: parameter(`${name}.bias`, [hidden]) });
  const linear = (name: string, rows: number, columns: number): Linear =>
    ({ weight: matrix(`${name}.weight`, rows, columns, false), bias: parameter(`${name}.bias`, [columns]) });

  const tokenTable = matrix('tokens', model.vocab, hidden, true);
  const positionTable = matrix('positions', model.maxPositions, hidden, true);
  const layers = Array.from({ length: model.layers }, (_, index): Layer => {
    const name = `layer${index}`;
    return {
      norm1: norm(`${name}.norm1`),
      query: linear(`${name}.query`, hidden, hidden),
      key: linear(`${name}.key`, hidden, hidden),
      value: linear(`${name}.value`, hidden, hidden),
      projection: linear(`${name}.projection`, hidden, hidden),
      norm2: norm(`${name}.norm2`),
      up: linear(`${name}.up`, hidden, ffn),
      down: linear(`${name}.down`, ffn, hidden),
    };
  });
  const outerNorm = norm(model.postNorm ? 'embeddingNorm' : 'finalNorm');
  const typeTable = model.tokenTypes ? matrix('types', model.tokenTypes, hidden, true) : null;
  const pooler = model.pooler ? linear('pooler', hidden, hidden) : null;
  return { tokenTable, positionTable, layers, outerNorm, typeTable, pooler, all, tensors, count };
}
