/** Activation functions by the names that config.json files give them. */
import { Failure } from '../../base/failure';
import type { ModelSpec } from '../model-spec';

export type Activation = Pick<ModelSpec, 'activation' | 'activationComposed'>;

/** transformers' ACT2FN: gelu_new and its like are written out, the others are one kernel. */
const PLAIN: ReadonlyMap<string, Activation> = new Map<string, Activation>([
  ['gelu', { activation: 'gelu' }],
  ['gelu_pytorch_tanh', { activation: 'gelu' }],
  ['gelu_new', { activation: 'gelu', activationComposed: true }],
  ['gelu_fast', { activation: 'gelu', activationComposed: true }],
  ['gelu_python', { activation: 'gelu', activationComposed: true }],
  ['relu', { activation: 'relu' }],
]);

/** Functions of a gate. The memory is that of SwiGLU whichever it is. */
const GATES = ['silu', 'swish', 'gelu', 'gelu_pytorch_tanh'];

/** The activation of a network of two matrices; `bad_input` for a name that is not known. */
export function plainActivation(field: string, value: string): Activation {
  const found = PLAIN.get(value);
  if (found) return found;
  throw new Failure(
    'bad_input',
    `The model file has ${field} "${value}", which Plumbline does not know.`,
    `It knows ${[...PLAIN.keys()].join(', ')}.`,
  );
}

/** The activation of a gated network, three matrices; `bad_input` for a name that is not known. */
export function gatedActivation(field: string, value: string): Activation {
  if (GATES.includes(value)) return { activation: 'swiglu' };
  throw new Failure(
    'bad_input',
    `The model file has ${field} "${value}", which Plumbline does not know for a gated network.`,
    `It knows ${GATES.join(', ')}.`,
  );
}
