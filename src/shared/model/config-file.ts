/**
 * A model from a Hugging Face config.json. The file is untrusted: its shape is checked, what it leaves out takes the
 * default the transformers library gives it, and an architecture Plumbline does not know is refused by name.
 */
import { z } from 'zod';
import { Failure } from '../base/failure';
import { FAMILIES } from './families';
import type { ModelSpec } from './spec';
import { checkModel } from './validate';

const header = z.object({
  model_type: z.string().optional(),
  architectures: z.array(z.string()).nullish(),
});
const count = z.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const FORMATS = FAMILIES.flatMap(({ configs }) => configs);

/** Reads a parsed config.json; `bad_input` where the architecture is unknown or a field cannot be. */
export function modelFromConfig(json: unknown, name: string): ModelSpec {
  const file = parse(header, json);
  const { model_type: type } = file;
  const architectures = file.architectures ?? [];
  const format = FORMATS.find(({ types, classes }) =>
    type === undefined ? architectures.some((each) => classes.test(each)) : types.includes(type),
  );
  if (!format) {
    const found = type ?? architectures[0];
    throw new Failure(
      'bad_input',
      found === undefined
        ? 'The model file names no architecture (model_type).'
        : `The model file is of architecture "${found}", which Plumbline does not know.`,
      `Supported: ${FORMATS.flatMap(({ types }) => types).join(', ')}.`,
    );
  }
  const model = format.read({
    name,
    architectures,
    parse: (describe) => parse(describe({ z, count }), json),
  });
  checkModel(model);
  return model;
}

function parse<T>(schema: z.ZodType<T>, json: unknown): T {
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
