/** The words that settings of a run are chosen among. */

export const MODES = ['train', 'generate', 'infer'] as const;
export type Mode = (typeof MODES)[number];
export const PRECISIONS = [
  'fp32',
  'fp16',
  'bf16',
  'mixed-fp16',
  'mixed-bf16',
  'int8',
  'int4',
] as const;
export type Precision = (typeof PRECISIONS)[number];
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
export const OFFLOADS = ['none', 'optimizer', 'all'] as const;
export type Offload = (typeof OFFLOADS)[number];
export const LOSSES = ['plain', 'in-place', 'fused'] as const;
export const CACHE_GROWTHS = ['append', 'rebuild', 'static'] as const;
export const LORA_TARGETS = ['query-value', 'all-linear'] as const;
