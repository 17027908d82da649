/** The parameters of GPT-2 as tfjs variables: random from a seed with GPT-2's initial spread, or from elsewhere. */
import { tensor, type Variable, variable } from '@tensorflow/tfjs-core';
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

export function createWeights(model: ModelSpec, initial: Initial): Weights {
  const { hidden, ffn } = model;
  const all: Variable[] = [];
  const parameter = (name: string, shape: number[]): Variable => {
    const first = tensor(initial(name, shape), shape);
    const made = variable(first, true, name);
    first.dispose();
    all.push(made);
    return made;
  };
  const norm = (name: string): Norm => ({ gain: parameter(`${name}.gain`, [hidden]), bias: parameter(`${name}.bias`, [hidden]) });
  const linear = (name: string, rows: number, columns: number): Linear =>
    ({ weight: parameter(`${name}.weight`, [rows, columns]), bias: parameter(`${name}.bias`, [columns]) });

  const tokenTable = parameter('tokens', [model.vocab, hidden]);
  const positionTable = parameter('positions', [model.maxPositions, hidden]);
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
  return { tokenTable, positionTable, layers, finalNorm: norm('finalNorm'), all };
}
