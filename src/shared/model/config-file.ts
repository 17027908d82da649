/**
 * A model from a Hugging Face config.json. The file is untrusted: its shape is checked, what it leaves out takes the
 * default the transformers library gives it, an architecture Plumbline does not know is refused by name, and so is a field
 * that may change the model's size and that nobody reads.
 */
import { z } from 'zod';
import { Failure } from '../base/failure';
import { FAMILIES } from './families';
import type { ConfigFile, ConfigFormat } from './families/family';
import { findMissing } from './not-counted';
import { rejectField } from './reject-field';
import type { ModelSpec } from './spec';
import { readStorage } from './storage';
import { refuseUnreadSizes } from './unread-fields';
import { checkModel } from './validate';

const header = z.object({
  model_type: z.string().optional(),
  architectures: z.array(z.string()).nullish(),
  num_labels: z.number().int().positive().optional(),
  id2label: z.record(z.string(), z.unknown()).nullish(),
});
const count = z.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const FORMATS = FAMILIES.flatMap(({ configs }) => configs);

/** Reads a parsed config.json; `bad_input` where the architecture is unknown or a field cannot be. */
export function modelFromConfig(json: unknown, name: string): ModelSpec {
  const outer = parse(z.record(z.string(), z.unknown()), json);
  const inner = findLanguageModel(outer);
  const { fields, leftOut } = inner ?? { fields: outer, leftOut: [] };
  const file = parse(header, fields);
  const format = findFormat(file.model_type, file.architectures ?? []);
  const read = new Set(Object.keys(header.shape));
  const { id2label } = file;
  const [className] = file.architectures ?? [];
  const config: ConfigFile = {
    name,
    type: file.model_type ?? format.types[0] ?? '',
    className,
    labels: file.num_labels ?? (id2label ? Object.keys(id2label).length : DEFAULT_LABELS),
    parse(describe) {
      const schema = describe({ z, count });
      for (const field of Object.keys(schema.shape)) read.add(field);
      return parse(schema, fields);
    },
    refuse: (field, value, remedy) =>
      rejectField(field, value, 'its size is not known here', remedy),
  };
  const model: ModelSpec = {
    ...format.read(config),
    ...readStorage(fields, outer, parse),
    ...(leftOut.length > 0 && { leftOut }),
  };
  refuseUnreadSizes(fields, read);
  checkLists(fields, model.layers);
  checkModel(model);
  return model;
}

/** transformers' number of labels where a file says nothing. */
const DEFAULT_LABELS = 2;

function findFormat(type: string | undefined, architectures: readonly string[]): ConfigFormat {
  const format =
    FORMATS.find(({ types }) => type !== undefined && types.includes(type)) ??
    FORMATS.find(({ classes }) => architectures.some((each) => classes.test(each)));
  if (format) return format;
  const found = type ?? architectures[0];
  if (found === undefined)
    throw new Failure(
      'bad_input',
      'The model file names no architecture (model_type).',
      'Give the config.json of a Hugging Face model, unchanged.',
    );
  const missing = findMissing(found);
  throw new Failure(
    'bad_input',
    `The model file is of architecture "${found.slice(0, 60)}", which Plumbline does not know${missing ? `: ${missing.why}` : ''}.`,
    missing?.remedy ?? offerTypes(found),
  );
}

/** Architectures whose names begin alike; a list of all would bury the sentence. */
function offerTypes(found: string): string {
  const types = FORMATS.flatMap((each) => each.types);
  const [stem = found] = /^[a-z]+/i.exec(found.toLowerCase()) ?? [];
  const near = types.filter((type) => type.startsWith(stem));
  const named = near.length > 0 ? near : ['gpt2', 'llama', 'qwen3', 'bert', 't5'];
  return `Known are ${named.join(', ')} and ${types.length - named.length} others (docs/models.md); a model of another name may have the code of one of them.`;
}

/** Lists with an entry for each layer. */
const BY_LAYER = ['layer_types', 'mlp_layer_types'];

function checkLists(fields: Readonly<Record<string, unknown>>, layers: number): void {
  for (const field of BY_LAYER) {
    const { [field]: list } = fields;
    if (Array.isArray(list) && list.length !== layers)
      rejectField(
        field,
        `a list of ${list.length}`,
        `there are ${layers} layers`,
        `Give ${layers} entries, or leave it out.`,
      );
  }
}

/**
 * The language model of a file that describes several: its fields under `text_config`, and the names of the parts beside it.
 * The head is tied as the outer file says, since the outer class has it.
 */
function findLanguageModel(
  outer: Readonly<Record<string, unknown>>,
): { fields: Record<string, unknown>; leftOut: string[] } | null {
  const { text_config: text, model_type: type } = outer;
  const beside = Object.keys(outer).filter((key) => key !== 'text_config' && /_config$/.test(key));
  const towers = beside.filter((key) => PARTS[key] !== undefined);
  const leftOut = towers.flatMap((key) => PARTS[key] ?? []);
  if (text === undefined || text === null) {
    // Older files have the language model's fields beside the tower's.
    if (leftOut.length === 0) return null;
    const fields = { ...outer, model_type: TEXT_TYPES[String(type)]?.text ?? type };
    return { fields: without(fields, towers), leftOut };
  }
  const wrapped = parse(z.record(z.string(), z.unknown()), text);
  const known = TEXT_TYPES[String(type)];
  return {
    fields: {
      ...wrapped,
      model_type: wrapped.model_type ?? known?.text ?? type,
      architectures: outer.architectures,
      tie_word_embeddings:
        outer.tie_word_embeddings ?? known?.tied ?? wrapped.tie_word_embeddings ?? undefined,
      ...(wrapped.quantization_config === undefined && {
        quantization_config: outer.quantization_config,
      }),
    },
    leftOut: [leftOut, beside.map(partName)].find((parts) => parts.length > 0) ?? UNSAID,
  };
}

function without(
  fields: Record<string, unknown>,
  keys: readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => !keys.includes(key)));
}

/** What a class has beside its language model where the file does not say so. */
const UNSAID = ['vision tower'];

/** `acoustic_tokenizer_config` holds the acoustic tokenizer. */
const partName = (key: string) => key.replace(/_config$/, '').replaceAll('_', ' ');

const PARTS: Readonly<Record<string, string>> = {
  vision_config: 'vision tower',
  audio_config: 'audio tower',
  perceiver_config: 'resampler',
  qformer_config: 'Q-Former',
};

/** Of files that hold a language model: its type where the file leaves it out, and whether its head is tied where it does. */
const TEXT_TYPES: Readonly<Record<string, { text: string; tied?: boolean }>> = {
  llama4: { text: 'llama4_text', tied: false },
  gemma4: { text: 'gemma4_text', tied: true },
  gemma3: { text: 'gemma3_text', tied: true },
  qwen2_vl: { text: 'qwen2_vl_text', tied: false },
  qwen2_5_vl: { text: 'qwen2_5_vl_text', tied: false },
  qwen3_vl: { text: 'qwen3_vl_text', tied: false },
  qwen3_5: { text: 'qwen3_5_text', tied: false },
  qwen3_5_moe: { text: 'qwen3_5_moe_text', tied: false },
  qwen3_vl_moe: { text: 'qwen3_vl_moe_text', tied: false },
  llava: { text: 'llama', tied: false },
  llava_next: { text: 'llama', tied: false },
  mistral3: { text: 'mistral', tied: true },
  paligemma: { text: 'gemma', tied: true },
  idefics3: { text: 'llama', tied: false },
  smolvlm: { text: 'llama', tied: false },
  internvl: { text: 'qwen2', tied: true },
  aya_vision: { text: 'cohere2', tied: true },
};

function parse<T>(schema: z.ZodType<T>, json: unknown): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join('.');
  throw new Failure(
    'bad_input',
    `The model file is not a usable config.json: ${field ? `${field} cannot be ${shown(json, issue?.path ?? [])}: ` : ''}${issue ? dueWords(issue) : 'an object'} is due.`,
    'Give the config.json of a Hugging Face model, unchanged.',
    result.error,
  );
}

/** The value at `path`, short. */
function shown(json: unknown, path: readonly PropertyKey[]): string {
  let value = json;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  // NaN and Infinity, which Python writes, are null in JSON.
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text?.slice(0, 60) ?? 'missing';
}

const DUE: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
};

/** What would be valid, as the schema has it. */
function dueWords(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return DUE[issue.expected] ?? issue.expected;
    case 'too_small':
      return `a number ${issue.inclusive ? 'of at least' : 'above'} ${issue.minimum}`;
    case 'too_big':
      return `a number of at most ${issue.maximum}`;
    case 'invalid_value':
      return issue.values.map((each) => JSON.stringify(each)).join(' or ');
    default:
      return 'something else';
  }
}
