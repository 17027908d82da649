/** The words that settings of a run are chosen among. */

export const MODES = ['train', 'generate', 'infer', 'serve'] as const;
export type Mode = (typeof MODES)[number];
export const PRECISIONS = [
  'fp32',
  'fp16',
  'bf16',
  'mixed-fp16',
  'mixed-bf16',
  'int8',
  'int4',
  'fp8',
  'nf4',
  'mxfp4',
] as const;
export type Precision = (typeof PRECISIONS)[number];
/** Of a cache: blocks of weights' formats are none of numbers that come one token at a time. */
export const CACHE_PRECISIONS: readonly Precision[] = PRECISIONS.filter(
  (precision) => precision !== 'nf4' && precision !== 'mxfp4',
);
export const OPTIMIZERS = [
  'adamw',
  'adam',
  'momentum',
  'sgd',
  'adam8bit',
  'adafactor',
  'lion',
  'muon',
] as const;
export type Optimizer = (typeof OPTIMIZERS)[number];
export const ATTENTIONS = ['eager', 'sdpa', 'flash'] as const;
export const FRAMEWORKS = ['tfjs', 'pytorch'] as const;
export type Framework = (typeof FRAMEWORKS)[number];
export const BACKENDS = ['webgpu', 'wasm', 'cpu'] as const;
export type Backend = (typeof BACKENDS)[number];
export const SERVERS = ['vllm', 'sglang', 'llama.cpp'] as const;
export type Server = (typeof SERVERS)[number];
/** As people write them. */
export const SERVER_NAMES: Readonly<Record<Server, string>> = {
  vllm: 'vLLM',
  sglang: 'SGLang',
  'llama.cpp': 'llama.cpp',
};
export const OFFLOADS = ['none', 'optimizer', 'all'] as const;
export type Offload = (typeof OFFLOADS)[number];
export const UNQUANTIZED_PRECISIONS = ['fp32', 'bf16'] as const;
export const GRADIENT_PRECISIONS = ['fp32', 'bf16', 'fp16'] as const;
export const LOSSES = ['plain', 'in-place', 'fused'] as const;
export const CACHE_GROWTHS = ['append', 'rebuild', 'static'] as const;
export const LORA_TARGETS = ['query-value', 'all-linear'] as const;
