/** The settings of a run in the groups a form shows them in, and which of them a mode asks for. */
import {
  COMMON_SETTINGS,
  RUN_SETTINGS,
  type RunSpec,
  type SettingName,
} from '../../shared/model/settings';
import { DEVICES } from '../../shared/model/settings/devices';
import { SERVING } from '../../shared/model/settings/serving';
import { TRAINING } from '../../shared/model/settings/training';
import type { Draft } from './draft';
import type { Reading } from './read-draft';

export interface SettingGroup {
  readonly title: string;
  readonly names: readonly SettingName[];
}

const FIRST: readonly SettingName[] = [
  'mode',
  'batch',
  'seq',
  'promptTokens',
  'tokens',
  'precision',
  'gpu',
];
const namesIn = (rows: object): readonly SettingName[] =>
  (Object.keys(rows) as SettingName[]).filter((name) => !FIRST.includes(name));
const TRAINED: readonly SettingName[] = [
  'optimizer',
  'checkpointing',
  'gradAccum',
  ...namesIn(TRAINING),
  'steps',
];
const SPREAD = namesIn(DEVICES);
const SERVED = namesIn(SERVING);
const GROUPED = new Set([...FIRST, ...TRAINED, ...SPREAD, ...SERVED]);

/** The first group is always open. */
export const SETTING_GROUPS: readonly SettingGroup[] = [
  { title: 'Run', names: FIRST },
  { title: 'Training', names: TRAINED },
  { title: 'Many GPUs', names: SPREAD },
  { title: 'Serving', names: SERVED },
  {
    title: 'Attention, cache and framework',
    names: COMMON_SETTINGS.filter((name) => !GROUPED.has(name)),
  },
];

/** What a person reaches for by a slider: counts that move memory. */
export const SLIDERS: Readonly<Partial<Record<SettingName, number>>> = {
  batch: 1024,
  seq: 131_072,
  promptTokens: 131_072,
  tokens: 8192,
  gradAccum: 128,
  loraRank: 512,
  dp: 512,
  tp: 8,
  pp: 64,
  maxSequences: 2048,
};

/** Whether a form shows a setting: its mode asks for it, or something is typed there. */
export function isShown(
  name: SettingName,
  draft: Draft,
  mode: RunSpec['mode'] | undefined,
): boolean {
  const { modes } = RUN_SETTINGS[name];
  return (
    modes === undefined ||
    mode === undefined ||
    modes.includes(mode) ||
    draft.settings[name] !== undefined
  );
}

/** The settings of a group that stand open without being asked for: something is typed there, or wrong. */
export function isTouched({ names }: SettingGroup, draft: Draft, { faults }: Reading): boolean {
  return names.some((name) => draft.settings[name] !== undefined || faults[name] !== undefined);
}
