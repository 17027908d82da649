/** Bytes of one element of each kind of tensor, at each precision of a PyTorch run. */
import { bytesPerElement } from '../../model/precision';
import type { ModelSpec, Precision, RunSpec } from '../../model/spec';
import { castsUnquantized } from '../../model/stored-precision';

export interface ElementBytes {
  /** Weights as the optimizer keeps them. */
  readonly weight: number;
  /** Matrix multiplications and what flows between them. */
  readonly compute: number;
  /** The residual stream: under autocast a half-precision output added to fp32 embeddings stays fp32. */
  readonly residual: number;
  /** Weights of low-rank adapters. */
  readonly adapter: number;
  readonly gradient: number;
  readonly state: number;
  /** torch.autocast: fp32 weights, each matrix cast to half precision and kept until backward has used it. */
  readonly autocast: boolean;
  /** Weights of linear layers are stored quantized. */
  readonly quantized: boolean;
}

const HALF: ElementBytes = {
  weight: 2,
  compute: 2,
  residual: 2,
  adapter: 2,
  gradient: 2,
  state: 2,
  autocast: false,
  quantized: false,
};
const QUANTIZED: ElementBytes = { ...HALF, quantized: true };
const MIXED: ElementBytes = {
  weight: 4,
  compute: 2,
  residual: 4,
  adapter: 4,
  gradient: 4,
  state: 4,
  autocast: true,
  quantized: false,
};
const TYPES: Readonly<Record<Precision, ElementBytes>> = {
  fp32: {
    weight: 4,
    compute: 4,
    residual: 4,
    adapter: 4,
    gradient: 4,
    state: 4,
    autocast: false,
    quantized: false,
  },
  fp16: HALF,
  bf16: HALF,
  'mixed-fp16': MIXED,
  'mixed-bf16': MIXED,
  int8: QUANTIZED,
  int4: QUANTIZED,
  fp8: QUANTIZED,
  nf4: QUANTIZED,
  mxfp4: QUANTIZED,
};

/** Adapters on a model that PEFT has prepared: what flows between layers is fp32 as its norms are, under autocast. */
const PREPARED: ElementBytes = { ...MIXED, quantized: true };

type TypedRun = Pick<
  RunSpec,
  'precision' | 'loraRank' | 'loraPrecision' | 'gradientPrecision' | 'unquantizedPrecision'
>;

export function elementBytes(run: TypedRun, model?: ModelSpec): ElementBytes {
  const precise = castsUnquantized(run, model) ? PREPARED : TYPES[run.precision];
  // PEFT keeps adapters of a half-precision or quantized model in fp32 unless told otherwise, and so gradients and states.
  const adapter = bytesPerElement(run.loraPrecision ?? 'fp32');
  const types =
    (run.loraRank ?? 0) > 0 ? { ...precise, adapter, gradient: adapter, state: adapter } : precise;
  const { gradientPrecision: gradient } = run;
  return gradient === undefined ? types : { ...types, gradient: bytesPerElement(gradient) };
}

/** Without what adapters and gradients change. */
export function storedBytes(precision: Precision): ElementBytes {
  return TYPES[precision];
}
