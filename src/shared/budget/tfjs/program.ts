/** What the programs of all modes begin with: an engine in which the parameters of the model stand. */
import type { ModelSpec, RunSpec } from '../../model/spec';
import { DryEngine } from './engine';
import { Gpt2 } from './gpt2';
import { Ops } from './ops';
import { createParameters, type Parameters } from './parameters';

export interface Program {
  readonly engine: DryEngine;
  readonly ops: Ops;
  readonly parameters: Parameters;
  readonly gpt2: Gpt2;
}

/** The parameters stand; the phase is that of loading them, and has not been read. */
export function load(model: ModelSpec, { precision }: RunSpec): Program {
  const engine = new DryEngine();
  const ops = new Ops(engine);
  engine.beginPhase();
  const parameters = engine.within('params', () => createParameters(engine, model, precision));
  return { engine, ops, parameters, gpt2: new Gpt2(ops, model, parameters) };
}
