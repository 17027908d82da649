/**
 * How a published model's weights are stored: `dtype` (once `torch_dtype`) and `quantization_config` of its config.json.
 * The schemas of quantization are read where a file has one alone.
 */
import { z } from 'zod';
import { Failure } from '../base/failure';
import type { ModelSpec } from './model-spec';
import type { Quantization } from './quantization';
import { rejectField } from './reject-field';

type Fields = Readonly<Record<string, unknown>>;
type Parse = <T>(schema: z.ZodType<T>, json: unknown) => T;

const DTYPES: Readonly<Record<string, ModelSpec['dtype']>> = {
  float32: 'fp32',
  float16: 'fp16',
  bfloat16: 'bf16',
};

/** What the language model's fields, or else the file around them, say. */
export function readStorage(
  fields: Fields,
  outer: Fields,
  parse: Parse,
): Pick<ModelSpec, 'dtype' | 'quantization'> {
  const dtype = readDtype(fields) ?? readDtype(outer);
  const config = fields.quantization_config ?? outer.quantization_config;
  return {
    ...(dtype && { dtype }),
    ...(config !== null &&
      config !== undefined && { quantization: readQuantization(config, parse) }),
  };
}

/** Undefined where none is named; a name that is none of a precision is refused, since fp32 would stand in for it unseen. */
function readDtype(fields: Fields): ModelSpec['dtype'] {
  const field = ['dtype', 'torch_dtype'].find((each) => (fields[each] ?? 'auto') !== 'auto');
  if (field === undefined) return undefined;
  const { [field]: named } = fields;
  return (
    DTYPES[String(named).replace('torch.', '')] ??
    rejectField(
      field,
      named,
      'Plumbline knows no such precision of weights',
      `Use one of ${Object.keys(DTYPES).join(', ')}, or leave ${field} out.`,
    )
  );
}

const quantizationFields = z.object({
  quant_method: z.string().optional(),
  bits: z.number().int().optional(),
  w_bit: z.number().int().optional(),
  group_size: z.number().int().optional(),
  q_group_size: z.number().int().optional(),
  weight_block_size: z.tuple([z.number().int(), z.number().int()]).nullish(),
  load_in_4bit: z.boolean().optional(),
  load_in_8bit: z.boolean().optional(),
  bnb_4bit_use_double_quant: z.boolean().optional(),
});

function readQuantization(json: unknown, parse: Parse): Quantization {
  const file = z.object({ quantization_config: quantizationFields });
  const { quantization_config: config } = parse(file, { quantization_config: json });
  const method = config.quant_method ?? 'bitsandbytes';
  const bits = config.bits ?? config.w_bit ?? 4;
  const size = config.group_size ?? config.q_group_size ?? 128;
  const group = size > 0 ? size : null;
  switch (method) {
    case 'gptq':
    case 'awq':
      return { kind: method, bits, group };
    case 'fp8':
    case 'fbgemm_fp8': {
      const [columns, rows] = config.weight_block_size ?? [];
      return {
        kind: 'fp8',
        bits: 8,
        group: rows ?? null,
        ...(columns !== undefined && { groupColumns: columns }),
      };
    }
    case 'mxfp4':
      return { kind: 'mxfp4', bits: 4, group: 32, expertsAlone: true };
    case 'bitsandbytes':
      if (config.load_in_8bit) return { kind: 'int8', bits: 8, group: null };
      return {
        kind: 'nf4',
        bits: 4,
        group: 64,
        ...(config.bnb_4bit_use_double_quant && { double: true }),
      };
  }
  throw new Failure(
    'bad_input',
    `The model file is quantized by "${method}", which Plumbline does not know.`,
    'Known are bitsandbytes, gptq, awq, fp8 and mxfp4; give the file of the model before it was quantized.',
  );
}
