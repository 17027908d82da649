/** What compared sessions are called: by what differs between them, since their names are often the same. */
import type { Comparison } from './comparison';

type Settings = Comparison['differences']['config'];

/** Differences of where and how a session was recorded, not of what ran. */
const CIRCUMSTANCES = ['series', 'gpu', 'workload', 'simulated'];

export const pickSettings = (config: Settings): Settings =>
  config.filter(({ field }) => !CIRCUMSTANCES.includes(field));

/** Values that say by themselves what they are of: "bf16", "adamw". */
const SPEAKS_FOR_ITSELF = [
  'model',
  'mode',
  'precision',
  'optimizer',
  'attention',
  'backend',
  'framework',
  'workload',
  'gpu',
];
/** More than these make no name. */
const MAX_PARTS = 3;

/** "batch 8, bf16"; sessions that differ in nothing are told apart by their names, or as runs of one thing. */
export function nameByDifference(
  sessions: Comparison['sessions'],
  config: Settings,
): readonly string[] {
  const settings = pickSettings(config);
  const hasOwnNames = new Set(sessions.map(({ name }) => name)).size === sessions.length;
  // Where they were recorded says less of them than their names, where those differ.
  const circumstances = hasOwnNames ? [] : config.filter(({ field }) => field !== 'series');
  const told = settings.length > 0 ? settings : circumstances;
  const parts = sessions.map((_, i) =>
    told
      .slice(0, MAX_PARTS)
      .map(({ field, values }) => nameValue(field, values[i]))
      .join(', '),
  );
  const named = parts.map((part, i) => part || (sessions[i]?.name ?? ''));
  return named.map((name, i) => {
    const alike = named.flatMap((each, k) => (each === name ? [k] : []));
    return alike.length === 1 ? name : `${name}, run ${alike.indexOf(i) + 1}`;
  });
}

function nameValue(field: string, value: unknown): string {
  if (value === null || value === undefined) return `no ${field}`;
  if (typeof value === 'boolean') return value ? field : `no ${field}`;
  return SPEAKS_FOR_ITSELF.includes(field) ? String(value) : `${field} ${String(value)}`;
}

/**
 * Sessions that ran the same thing: groups of their places, each of two or more. Where all of them declare the same
 * settings there is none: what they are compared for is then something that no setting tells of.
 */
export function findRepeats(count: number, config: Settings): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>();
  for (let i = 0; i < count; i++) {
    const key = JSON.stringify(config.map(({ values }) => values[i] ?? null));
    groups.set(key, [...(groups.get(key) ?? []), i]);
  }
  if (groups.size < 2) return [];
  return [...groups.values()].filter((places) => places.length > 1);
}
