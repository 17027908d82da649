/**
 * A model from a Hugging Face config.json. The file is untrusted: its shape is checked, what it leaves out takes the
 * default the transformers library gives it, and an architecture Plumbline does not know is refused by name.
 */
import { z } from 'zod';
import { Failure } from '../failure';
import type { ModelSpec } from './spec';
import { checkModel } from './validate';

const count = z.number().int().positive().max(Number.MAX_SAFE_INTEGER);

/** Defaults: transformers' GPT2Config. */
const gpt2Config = z.object({
  vocab_size: count.default(50_257),
  n_positions: count.optional(),
  n_ctx: count.optional(),
  n_embd: count.default(768),
  n_layer: count.default(12),
  n_head: count.default(12),
  n_inner: count.nullish(),
  activation_function: z.string().default('gelu_new'),
  tie_word_embeddings: z.boolean().default(true),
});

const ACTIVATIONS: Readonly<Record<string, ModelSpec['activation']>> = {
  gelu: 'gelu', gelu_new: 'gelu', gelu_fast: 'gelu', gelu_pytorch_tanh: 'gelu', gelu_python: 'gelu', relu: 'relu',
};

function fromGpt2(config: z.infer<typeof gpt2Config>, name: string): ModelSpec {
  const { n_embd: hidden, n_head: heads } = config;
  const activation = Object.hasOwn(ACTIVATIONS, config.activation_function) ? ACTIVATIONS[config.activation_function] : undefined;
  if (!activation) {
    throw new Failure('bad_input', `The model file has activation_function "${config.activation_function}", which Plumbline does not know.`, `It knows ${Object.keys(ACTIVATIONS).join(', ')}.`);
  }
  return {
    name,
    architecture: 'decoder',
    layers: config.n_layer,
    hidden,
    heads,
    kvHeads: heads,
    headDim: hidden / heads,
    ffn: config.n_inner ?? 4 * hidden,
    vocab: config.vocab_size,
    maxPositions: config.n_positions ?? config.n_ctx ?? 1024,
    positions: 'learned',
    norm: 'layernorm',
    activation,
    bias: true,
    tiedHead: config.tie_word_embeddings,
  };
}

interface Family {
  /** Values of `model_type`, and class names among `architectures`, that mean this family. */
  readonly types: readonly string[];
  readonly classes: RegExp;
  read(json: unknown, name: string): ModelSpec;
}

const FAMILIES: readonly Family[] = [
  { types: ['gpt2'], classes: /^GPT2/, read: (json, name) => fromGpt2(parsed(gpt2Config, json), name) },
];

const header = z.object({ model_type: z.string().optional(), architectures: z.array(z.string()).nullish() });

/** Reads a parsed config.json; `bad_input` where the architecture is unknown or a field cannot be. */
export function modelFromConfig(json: unknown, name: string): ModelSpec {
  const { model_type: type, architectures } = parsed(header, json);
  const family = FAMILIES.find(({ types, classes }) =>
    type === undefined ? (architectures ?? []).some((one) => classes.test(one)) : types.includes(type));
  if (!family) {
    const found = type ?? architectures?.[0];
    throw new Failure(
      'bad_input',
      found === undefined ? 'The model file names no architecture (model_type).' : `The model file is of architecture "${found}", which Plumbline does not know.`,
      `Supported: ${FAMILIES.flatMap(({ types }) => types).join(', ')}.`,
    );
  }
  const model = family.read(json, name);
  checkModel(model);
  return model;
}

function parsed<T>(schema: z.ZodType<T>, json: unknown): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join('.');
  throw new Failure('bad_input', `The model file is not a usable config.json: ${field ? `${field}: ` : ''}${issue?.message ?? 'unknown shape'}.`, 'Give the config.json of a Hugging Face model, unchanged.', result.error);
}
