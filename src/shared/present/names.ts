/** What the vocabulary's words are called where people read them, one list for terminal, report and window. */
import { ABSENT } from '../base/format';
import type { Component, Phase } from '../base/vocabulary';
import type { ClaimVerdict } from '../chapter/claims';
import type { LedgerKind } from '../divergence/overlay/types';

/** In the middle of a sentence; `componentLabel` begins one. */
const COMPONENT_NAMES: Readonly<Record<Component, string>> = {
  params: 'parameters',
  master_params: 'master parameters',
  buffers: 'buffers',
  gradients: 'gradients',
  adam_m: 'Adam m',
  adam_v: 'Adam v',
  momentum: 'momentum',
  optimizer_other: 'optimizer, other',
  activations: 'activations',
  logits: 'logits',
  inputs: 'inputs',
  kv_cache: 'KV cache',
  workspace: 'workspace',
  communication: 'communication',
  context: 'device context',
  reserve: 'allocator reserve',
};

/** adam_m → Adam m, kv_cache → KV cache; what is no component stays as it is. */
export function componentName(component: string): string {
  return COMPONENT_NAMES[component as Component] ?? component;
}

/** The name with a capital, as a label has it. */
export function componentLabel(component: string): string {
  return capitalize(componentName(component));
}

export const capitalize = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** For a block of the timeline that has no room for the whole word. */
export const SHORT_PHASE_NAMES: Readonly<Partial<Record<Phase, string>>> = {
  prefill: 'pre',
  decode: 'dec',
  forward: 'fwd',
  backward: 'bwd',
  optimizer: 'opt',
};

export const LEDGER_NAMES: Readonly<Record<LedgerKind, string>> = {
  predicted: 'predicted',
  allocator_rounding: 'allocator rounding',
  allocator_reserve: 'allocator reserve',
  fragmentation: 'fragmentation',
  context: 'context and libraries',
  other_process: 'other processes',
  preallocated_pool: 'preallocated pool',
  setting: 'another setting',
  leak: 'leak',
  unexplained: 'unexplained',
};

/** Whether a figure of the chapter is right. */
export const VERDICT_NAMES: Readonly<Record<ClaimVerdict, string>> = {
  right: 'right',
  rounded: 'rounded',
  wrong: 'WRONG',
  'not-computable': 'no theory',
};

/** promptTokens → prompt tokens, kvCache → KV cache, seq → sequence. */
export const settingName = (field: string): string =>
  field
    .replace(/^seq$/, 'sequence')
    .replace(/([a-z])([A-Z])/g, (_, end: string, start: string) => `${end} ${start.toLowerCase()}`)
    .replace(/^kv\b/, 'KV');

/** The value of a setting; what was not declared is absent. */
export function formatSetting(value: unknown): string {
  if (value === null || value === undefined) return ABSENT;
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return String(value);
}
