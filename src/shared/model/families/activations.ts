/** Activation functions by the names that config.json files give them. */
import { Failure } from '../../base/failure';
import type { ModelSpec } from '../model-spec';

export type Activation = Pick<ModelSpec, 'activation' | 'activationComposed' | 'gate'>;

/** transformers' ACT2FN: gelu_new and its like are written out, the others are one kernel. */
const PLAIN: ReadonlyMap<string, Activation> = new Map<string, Activation>([
  ['gelu', { activation: 'gelu' }],
  ['gelu_pytorch_tanh', { activation: 'gelu' }],
  ['gelu_new', { activation: 'gelu', activationComposed: true }],
  ['gelu_fast', { activation: 'gelu', activationComposed: true }],
  ['gelu_python', { activation: 'gelu', activationComposed: true }],
  ['relu', { activation: 'relu' }],
  ['relu2', { activation: 'relu2' }],
  ['silu', { activation: 'silu' }],
  ['swish', { activation: 'silu' }],
  ['xielu', { activation: 'xielu' }],
]);

/** Functions of a gate. */
const GATES: ReadonlyMap<string, Activation> = new Map<string, Activation>([
  ['silu', { activation: 'swiglu' }],
  ['swish', { activation: 'swiglu' }],
  ['gelu', { activation: 'swiglu', gate: 'gelu' }],
  ['gelu_pytorch_tanh', { activation: 'swiglu', gate: 'gelu' }],
  ['gelu_new', { activation: 'swiglu', gate: 'gelu', activationComposed: true }],
  ['gelu_fast', { activation: 'swiglu', gate: 'gelu', activationComposed: true }],
  ['relu', { activation: 'swiglu', gate: 'relu' }],
]);

/** The activation of a network of two matrices; `bad_input` for a name that is not known. */
export function plainActivation(field: string, value: string): Activation {
  return PLAIN.get(value) ?? refuse(field, value, '', PLAIN);
}

/** The activation of a gated network, three matrices; `bad_input` for a name that is not known. */
export function gatedActivation(field: string, value: string): Activation {
  return GATES.get(value) ?? refuse(field, value, ' for a gated network', GATES);
}

function refuse(
  field: string,
  value: string,
  where: string,
  known: ReadonlyMap<string, Activation>,
): never {
  throw new Failure(
    'bad_input',
    `The model file has ${field} "${value}", which Plumbline does not know${where}.`,
    `It knows ${[...known.keys()].join(', ')}.`,
  );
}
