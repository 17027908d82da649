/** In which order sessions are listed: the last that was added first, until a head is pressed. Pure. */
import type { SessionSummary } from '../../../shared/session/types';

export const SORT_KEYS = [
  'name',
  'status',
  'model',
  'addedAt',
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
export const NEWEST: Sorting = { key: 'addedAt', isFalling: true };

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

const TEXTS: readonly SortKey[] = ['name', 'status', 'model'];

/** Pressed again it turns round; figures and times begin with the highest, words with A. */
export const pressHead = (now: Sorting, key: SortKey): Sorting => ({
  key,
  isFalling: now.key === key ? !now.isFalling : !TEXTS.includes(key),
});

/** What was recorded here was added when it started. */
const valueFor = (session: SessionSummary, key: SortKey) =>
  key === 'addedAt' ? (session.addedAt ?? session.startedAt) : session[key];

/** What has no value comes last, either way; what is alike keeps its order. */
export function sortSessions<Session extends SessionSummary>(
  sessions: readonly Session[],
  { key, isFalling }: Sorting,
): readonly Session[] {
  const sign = isFalling ? -1 : 1;
  return sessions.toSorted((one, other) => {
    const [a, b] = [valueFor(one, key), valueFor(other, key)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return typeof a === 'number' && typeof b === 'number'
      ? sign * (a - b)
      : sign * compareTexts(String(a), String(b));
  });
}

/** Made once: ten thousand names are put in order at every key. */
const { compare: compareTexts } = new Intl.Collator(undefined, { numeric: true });
