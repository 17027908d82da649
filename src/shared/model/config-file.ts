/**
 * A model from a Hugging Face config.json. The file is untrusted: its shape is checked, what it leaves out takes the
 * default the transformers library gives it, and an architecture Plumbline does not know is refused by name.
 */
import { z } from 'zod';
import { Failure } from '../base/failure';
import { FAMILIES } from './config-families';
import { parsed } from './config-shape';
import type { ModelSpec } from './spec';
import { checkModel } from './validate';

const header = z.object({
  model_type: z.string().optional(),
  architectures: z.array(z.string()).nullish(),
});

/** Reads a parsed config.json; `bad_input` where the architecture is unknown or a field cannot be. */
export function modelFromConfig(json: unknown, name: string): ModelSpec {
  const { model_type: type, architectures } = parsed(header, json);
  const family = FAMILIES.find(({ types, classes }) =>
    type === undefined
      ? (architectures ?? []).some((one) => classes.test(one))
      : types.includes(type),
  );
  if (!family) {
    const found = type ?? architectures?.[0];
    throw new Failure(
      'bad_input',
      found === undefined
        ? 'The model file names no architecture (model_type).'
        : `The model file is of architecture "${found}", which Plumbline does not know.`,
      `Supported: ${FAMILIES.flatMap(({ types }) => types).join(', ')}.`,
    );
  }
  const model = withoutUndefined(family.read(json, name, architectures ?? []));
  checkModel(model);
  return model;
}

/** What a family leaves undefined is left out: a spec travels as JSON. */
function withoutUndefined(model: ModelSpec): ModelSpec {
  return Object.fromEntries(
    Object.entries(model).filter(([, value]) => value !== undefined),
  ) as unknown as ModelSpec;
}
