/** In which order sessions are listed: newest first until a head is pressed. Pure. */
import type { SessionSummary } from '../../../shared/session/types';

export const SORT_KEYS = [
  'name',
  'status',
  'model',
  'mode',
  'startedAt',
  'durationUs',
  'measuredPeak',
  'predictedPeak',
  'residualPercent',
] as const satisfies readonly (keyof SessionSummary)[];
export type SortKey = (typeof SORT_KEYS)[number];

export interface Sorting {
  readonly key: SortKey;
  readonly isFalling: boolean;
}
export const NEWEST: Sorting = { key: 'startedAt', isFalling: true };

/** "-measuredPeak" falls, "name" rises; anything else is newest first. */
export function readSorting(text: string | null): Sorting {
  const key = SORT_KEYS.find((each) => each === text?.replace(/^-/, ''));
  return key === undefined ? NEWEST : { key, isFalling: text?.startsWith('-') ?? false };
}

/** Null for the usual order. */
export function writeSorting({ key, isFalling }: Sorting): string | null {
  if (key === NEWEST.key && isFalling) return null;
  return `${isFalling ? '-' : ''}${key}`;
}

const TEXTS: readonly SortKey[] = ['name', 'status', 'model', 'mode'];

/** Pressed again it turns round; figures and times begin with the highest, words with A. */
export const pressHead = (now: Sorting, key: SortKey): Sorting => ({
  key,
  isFalling: now.key === key ? !now.isFalling : !TEXTS.includes(key),
});

/** What has no value comes last, either way; what is alike keeps its order. */
export function sortSessions(
  sessions: readonly SessionSummary[],
  { key, isFalling }: Sorting,
): readonly SessionSummary[] {
  const sign = isFalling ? -1 : 1;
  return sessions.toSorted((one, other) => {
    const [a, b] = [one[key], other[key]];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return typeof a === 'number' && typeof b === 'number'
      ? sign * (a - b)
      : sign * String(a).localeCompare(String(b));
  });
}
