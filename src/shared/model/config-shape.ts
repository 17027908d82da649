/** Pieces that every architecture's config.json shares, and the one way in which a wrong file is refused. */
import { z } from 'zod';
import { Failure } from '../base/failure';
import type { ModelSpec } from './spec';

export const count = z.number().int().positive().max(Number.MAX_SAFE_INTEGER);

export function parsed<T>(schema: z.ZodType<T>, json: unknown): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join('.');
  throw new Failure(
    'bad_input',
    `The model file is not a usable config.json: ${field ? `${field}: ` : ''}${issue?.message ?? 'unknown shape'}.`,
    'Give the config.json of a Hugging Face model, unchanged.',
    result.error,
  );
}

interface Activation {
  readonly activation: ModelSpec['activation'];
  readonly activationComposed?: boolean;
}

/** transformers' ACT2FN: gelu_new and its like are written out, the others are one kernel. */
const PLAIN: Readonly<Record<string, Activation>> = {
  gelu: { activation: 'gelu' },
  gelu_pytorch_tanh: { activation: 'gelu' },
  gelu_new: { activation: 'gelu', activationComposed: true },
  gelu_fast: { activation: 'gelu', activationComposed: true },
  gelu_python: { activation: 'gelu', activationComposed: true },
  relu: { activation: 'relu' },
};

export function plainActivation(field: string, value: string): Activation {
  const found = Object.hasOwn(PLAIN, value) ? PLAIN[value] : undefined;
  if (found) return found;
  throw new Failure(
    'bad_input',
    `The model file has ${field} "${value}", which Plumbline does not know.`,
    `It knows ${Object.keys(PLAIN).join(', ')}.`,
  );
}

/** A gated network takes silu; its memory is that of SwiGLU whatever the gate's function. */
export function gatedActivation(field: string, value: string): Activation {
  if (['silu', 'swish', 'gelu', 'gelu_pytorch_tanh'].includes(value))
    return { activation: 'swiglu' };
  throw new Failure(
    'bad_input',
    `The model file has ${field} "${value}", which Plumbline does not know for a gated network.`,
    'It knows silu, swish, gelu, gelu_pytorch_tanh.',
  );
}
