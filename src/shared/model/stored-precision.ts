/** Which precision a model is loaded in, and how a run at a precision stores its matrices. */
import type { Precision } from './choices';
import type { ModelSpec } from './model-spec';
import type { Quantization } from './quantization';

/** What a precision means where the model was not published in it: what bitsandbytes and its like make of any model at load. */
const AT_LOAD: Readonly<Partial<Record<Precision, Quantization>>> = {
  int8: { kind: 'int8', bits: 8, group: null },
  int4: { kind: 'nf4', bits: 4, group: 64 },
  nf4: { kind: 'nf4', bits: 4, group: 64 },
  fp8: { kind: 'fp8', bits: 8, group: null },
  mxfp4: { kind: 'mxfp4', bits: 4, group: 32 },
};

/** The word for how a release is quantized. */
export function quantizedPrecision({ kind, bits }: Quantization): Precision {
  if (kind === 'gptq' || kind === 'awq') return bits > 4 ? 'int8' : 'int4';
  return kind;
}

/** How a run at `precision` stores the matrices of its layers; null where they are not quantized. */
export function findStorage(model: ModelSpec, precision: Precision): Quantization | null {
  const { quantization } = model;
  if (quantization && quantizedPrecision(quantization) === precision) return quantization;
  return AT_LOAD[precision] ?? null;
}

/** What bitsandbytes quantizes at load. */
const BITSANDBYTES: ReadonlySet<Precision> = new Set(['int8', 'int4', 'nf4']);

/** The settings of a run that decide whether its unquantized weights are cast. */
export interface Prepared {
  readonly precision: Precision;
  readonly loraRank?: number;
  readonly unquantizedPrecision?: 'fp32' | 'bf16';
}

/**
 * Whether adapters are trained on matrices that bitsandbytes quantizes, in which case PEFT casts all other weights,
 * embeddings, norms and head, to fp32 before (peft/utils/other.py, prepare_model_for_kbit_training). A release that is
 * quantized otherwise is left as it is.
 */
export function castsUnquantized(run: Prepared, model?: ModelSpec): boolean {
  const { loraRank = 0, precision, unquantizedPrecision = 'fp32' } = run;
  const kind = model?.quantization?.kind;
  const isOwn = kind !== undefined && kind !== 'nf4' && kind !== 'int8';
  return loraRank > 0 && BITSANDBYTES.has(precision) && unquantizedPrecision === 'fp32' && !isOwn;
}

/**
 * The precision that the framework loads a model in: the one it was published in, fp32 where none is known. A quantized
 * release is run as it is and trained, unless its adapters alone are, in half precision.
 */
export function publishedPrecision(
  { dtype = 'fp32', quantization }: ModelSpec,
  trainsWeights: boolean,
): Precision {
  if (!quantization) return dtype;
  if (trainsWeights) return dtype === 'fp32' ? 'bf16' : dtype;
  return quantizedPrecision(quantization);
}
