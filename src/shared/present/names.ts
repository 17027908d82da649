/** What the vocabulary's words are called where people read them, one list for terminal, report and window. */
import { ABSENT } from '../base/format';
import type { Component, Phase } from '../base/vocabulary';
import type { ClaimVerdict } from '../chapter/claims';
import type { LedgerKind } from '../divergence/overlay/types';
import { RUN_SETTINGS } from '../model/settings';
import { seriesName } from '../trace/series-names';

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

/** What sessions are told apart by besides their settings. */
const OTHER_FIELDS: Readonly<Record<string, string>> = { gpu: 'GPU', series: 'measured line' };

/** promptTokens → prompt tokens, kvCache → KV cache, dp → data-parallel ranks: as the forms call it, within a sentence. */
export function settingName(field: string): string {
  const label = isSetting(field) ? RUN_SETTINGS[field].label : field;
  return (
    OTHER_FIELDS[field] ?? label.replace(/^[A-Z](?=[a-z]+(?![A-Za-z]))/, (c) => c.toLowerCase())
  );
}

/** The value of a setting; what was not declared is absent. The measured line has the name people know it by. */
export function formatSetting(value: unknown, field?: string): string {
  if (field === 'series' && typeof value === 'string') return seriesName(value);
  if (value === null || value === undefined) return ABSENT;
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return String(value);
}

const isSetting = (field: string): field is keyof typeof RUN_SETTINGS =>
  Object.hasOwn(RUN_SETTINGS, field);
