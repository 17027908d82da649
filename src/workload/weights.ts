/** The parameters of GPT-2 as tfjs variables, random from a seed, with GPT-2's initial spread. */
import { type Tensor, tensor, type Variable, variable } from '@tensorflow/tfjs-core';
import type { ModelSpec } from '../shared/model/spec';
import type { Random } from './random';

export interface Norm { readonly gain: Variable; readonly bias: Variable }
export interface Linear { readonly weight: Variable; readonly bias: Variable }
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
  readonly tokenTable: Variable;
  readonly positionTable: Variable;
  readonly layers: readonly Layer[];
  readonly finalNorm: Norm;
  /** All of them, in the order of creation. */
  readonly all: readonly Variable[];
}

const STD = 0.02;

export function createWeights(model: ModelSpec, random: Random): Weights {
  const { hidden, ffn } = model;
  const all: Variable[] = [];
  const keep = (name: string, initial: Tensor): Variable => {
    const made = variable(initial, true, name);
    initial.dispose();
    all.push(made);
    return made;
  };
  const matrix = (name: string, rows: number, columns: number, std = STD): Variable =>
    keep(name, tensor(random.uniform(rows * columns, std), [rows, columns]));
  const vector = (name: string, length: number, value: number): Variable =>
    keep(name, tensor(new Float32Array(length).fill(value), [length]));
  const norm = (name: string): Norm => ({ gain: vector(`${name}.gain`, hidden, 1), bias: vector(`${name}.bias`, hidden, 0) });
  const linear = (name: string, rows: number, columns: number, std = STD): Linear =>
    ({ weight: matrix(`${name}.weight`, rows, columns, std), bias: vector(`${name}.bias`, columns, 0) });
  // Projections that write to the residual stream start smaller, so that its spread does not grow with depth.
  const residualStd = STD / Math.sqrt(2 * model.layers);

  const tokenTable = matrix('tokens', model.vocab, hidden);
  const positionTable = matrix('positions', model.maxPositions, hidden);
  const layers = Array.from({ length: model.layers }, (_, index): Layer => {
    const name = `layer${index}`;
    return {
      norm1: norm(`${name}.norm1`),
      query: linear(`${name}.query`, hidden, hidden),
      key: linear(`${name}.key`, hidden, hidden),
      value: linear(`${name}.value`, hidden, hidden),
      projection: linear(`${name}.projection`, hidden, hidden, residualStd),
      norm2: norm(`${name}.norm2`),
      up: linear(`${name}.up`, hidden, ffn),
      down: linear(`${name}.down`, ffn, hidden, residualStd),
    };
  });
  return { tokenTable, positionTable, layers, finalNorm: norm('finalNorm'), all };
}
