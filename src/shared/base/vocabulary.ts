/**
 * The closed word lists of Plumbline. Each is an array and the union derived from it, so that validation, tables and
 * types cannot drift apart.
 */

export const COMPONENTS = [
  'params',
  'gradients',
  'adam_m',
  'adam_v',
  'momentum',
  'optimizer_other',
  'master_params',
  'activations',
  'logits',
  'kv_cache',
  'inputs',
  'buffers',
  'workspace',
  'communication',
  'context',
  'reserve',
] as const;
export type Component = (typeof COMPONENTS)[number];

export const PHASES = [
  'load',
  'prefill',
  'decode',
  'forward',
  'backward',
  'optimizer',
  'idle',
] as const;
export type Phase = (typeof PHASES)[number];

/** The source of a series that an inference engine's log tells: what it reserves, whatever it then uses of it. */
export const ENGINE_LOG = 'engine-log';

export const TIERS = ['textbook', 'refined'] as const;
export type Tier = (typeof TIERS)[number];

export const STATUSES = ['recording', 'complete', 'failed', 'interrupted', 'recovered'] as const;
export type Status = (typeof STATUSES)[number];

const FINDING_KINDS = [
  'context',
  'allocator_reserve',
  'allocator_rounding',
  'fragmentation',
  'preallocated_pool',
  'logits',
  'dtype_mismatch',
  'batch_mismatch',
  'seq_mismatch',
  'checkpointing_mismatch',
  'leak',
  'growth',
  'plateau',
  'spike',
  'retained',
  'first_step',
  'idle',
  'throttled',
  'other_process',
  'out_of_memory',
  'unexplained',
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

const CONFIDENCES = ['low', 'medium', 'high'] as const;
export type Confidence = (typeof CONFIDENCES)[number];

/** Why a reading is absent. Absent is never 0. */
export const ABSENT_REASONS = [
  'not_supported',
  'hidden',
  'lost',
  'not_permitted',
  'not_read',
  'damaged',
] as const;
export type AbsentReason = (typeof ABSENT_REASONS)[number];

export type Reading<T = number> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'absent'; readonly reason: AbsentReason };

/**
 * Why GPUs do not answer, where advice depends on it: the driver or the GPU cannot be reached from here, the driver was
 * updated while it was loaded, or anything else.
 */
export type TroubleCause = 'driver_unreachable' | 'driver_updated' | 'other';
