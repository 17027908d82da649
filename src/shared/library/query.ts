/**
 * The search language of the library, the same in the window and on the terminal: words that must all be found, and
 * conditions on fields.
 *
 *   llama "long run"          words, in the name, id, model, mode, tags or note
 *   model:llama status:failed  a field holds the text
 *   peak>20GiB residual>=5%    a field is above or below a figure
 *   added>7d started<2026-11-01  a date is later or earlier; 7d is seven days ago
 *   -tag:old                   none of it
 *
 * A value that was not measured is above and below nothing. Letters large or small are the same.
 */
import { Failure } from '../base/failure';
import { GiB, KiB, MiB } from '../base/units';
import { STATUSES } from '../base/vocabulary';
import type { SessionSummary } from '../session/types';

type Comparison = '>' | '<' | '>=' | '<=' | '=';

/** One condition of a search. */
export type Term = { readonly isNegated: boolean } & (
  | { readonly kind: 'words'; readonly text: string }
  | { readonly kind: 'holds'; readonly field: TextField; readonly text: string }
  | {
      readonly kind: 'compares';
      readonly field: NumberField;
      readonly comparison: Comparison;
      readonly value: number;
    }
);
export type SessionQuery = readonly Term[];

const TEXTS = {
  name: ({ name }: SessionSummary) => [name],
  id: ({ id }: SessionSummary) => [id],
  model: ({ model }: SessionSummary) => [model ?? ''],
  mode: ({ mode }: SessionSummary) => [mode ?? ''],
  status: ({ status }: SessionSummary) => [status],
  tag: ({ tags }: SessionSummary) => tags ?? [],
  note: ({ note }: SessionSummary) => [note ?? ''],
} as const;
type TextField = keyof typeof TEXTS;

interface NumberKind {
  readonly read: (session: SessionSummary) => number | null;
  /** The figure that a text says; null where it says none. */
  readonly parse: (text: string, now: number) => number | null;
  readonly example: string;
}

const time = (text: string | null | undefined): number | null => {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? null : at;
};

const NUMBERS = {
  peak: { read: (one) => one.measuredPeak, parse: parseBytes, example: '20GiB' },
  predicted: { read: (one) => one.predictedPeak, parse: parseBytes, example: '20GiB' },
  residual: { read: (one) => one.residualPercent, parse: parsePercent, example: '5%' },
  duration: { read: (one) => one.durationUs, parse: parseMicros, example: '10min' },
  started: { read: (one) => time(one.startedAt), parse: parseDate, example: '2026-11-01' },
  added: { read: (one) => time(one.addedAt ?? one.startedAt), parse: parseDate, example: '7d' },
} satisfies Readonly<Record<string, NumberKind>>;
type NumberField = keyof typeof NUMBERS;

/** The fields by name, for help and completion. */
export const QUERY_FIELDS = [...Object.keys(TEXTS), ...Object.keys(NUMBERS)] as readonly string[];

/** One term: a minus, then a field with its sign and value, or words; quotes keep spaces. */
const PIECES = /(-?)(?:([a-z]+)(>=|<=|[><=:]))?(?:"([^"]*)"?|(\S*))/giu;

/**
 * Throws `bad_input` for a field that there is not and a figure that is none. `now`, in milliseconds since 1970, is
 * what days ago are counted from.
 */
export function parseQuery(text: string, now: number = Date.now()): SessionQuery {
  // Between pieces, and for a minus alone, the pattern matches nothing that could be sought.
  const pieces = [...text.matchAll(PIECES)].filter(([whole]) => !['', '-', '""'].includes(whole));
  return pieces.map(([whole, minus, field, sign, quoted, bare]) => {
    const value = quoted ?? bare ?? '';
    const isNegated = minus === '-';
    if (field === undefined || sign === undefined)
      return { kind: 'words', isNegated, text: value.toLowerCase() };
    return readField(field.toLowerCase(), sign, value, isNegated, whole, now);
  });
}

function readField(
  name: string,
  sign: string,
  text: string,
  isNegated: boolean,
  whole: string,
  now: number,
): Term {
  if (Object.hasOwn(TEXTS, name)) {
    if (sign !== ':' && sign !== '=')
      refuse(whole, `${name} is a text`, `Write ${name}:${text || 'text'}.`);
    if (name === 'status' && !STATUSES.some((status) => status.includes(text.toLowerCase())))
      refuse(whole, `there is no status "${text}"`, `A status is ${STATUSES.join(', ')}.`);
    return { kind: 'holds', isNegated, field: name as TextField, text: text.toLowerCase() };
  }
  if (!Object.hasOwn(NUMBERS, name))
    refuse(
      whole,
      `there is no field "${name}"`,
      `Fields are ${QUERY_FIELDS.join(', ')}; put quotes around what is to be found as it stands.`,
    );
  const field = name as NumberField;
  const { parse, example }: NumberKind = NUMBERS[field];
  const value = parse(text, now);
  if (value === null)
    refuse(
      whole,
      text === '' ? `no value of ${name} is given` : `"${text}" is no value of ${name}`,
      `Write ${name}>${example}, for example.`,
    );
  const comparison = sign === ':' ? '=' : (sign as Comparison);
  return { kind: 'compares', isNegated, field, comparison, value };
}

function refuse(whole: string, why: string, remedy: string): never {
  throw new Failure('bad_input', `Nothing can be searched by "${whole}": ${why}.`, remedy);
}

/** Whether a session meets every condition; an empty search is met by all. */
export function matchesQuery(query: SessionQuery, session: SessionSummary): boolean {
  return query.every((term) => matchesTerm(term, session) !== term.isNegated);
}

/** The sessions that `text` finds; all of them, and what is wrong with it, while it is no search. For a field that is typed into. */
export function searchSessions<Session extends SessionSummary>(
  sessions: readonly Session[],
  text: string,
): { readonly found: readonly Session[]; readonly problem: Failure | null } {
  try {
    const query = parseQuery(text);
    return { found: sessions.filter((session) => matchesQuery(query, session)), problem: null };
  } catch (error) {
    if (error instanceof Failure) return { found: sessions, problem: error };
    throw error;
  }
}

function matchesTerm(term: Term, session: SessionSummary): boolean {
  if (term.kind === 'words')
    return Object.values(TEXTS).some((read) => holds(read(session), term.text));
  if (term.kind === 'holds') return holds(TEXTS[term.field](session), term.text);
  const kind: NumberKind = NUMBERS[term.field];
  const value = kind.read(session);
  return value !== null && compares(value, term.comparison, term.value);
}

const holds = (texts: readonly string[], sought: string): boolean =>
  texts.some((text) => text.toLowerCase().includes(sought));

function compares(value: number, comparison: Comparison, limit: number): boolean {
  switch (comparison) {
    case '>':
      return value > limit;
    case '<':
      return value < limit;
    case '>=':
      return value >= limit;
    case '<=':
      return value <= limit;
    default:
      return value === limit;
  }
}

/** A number and its unit. */
const FIGURE = /^([+-]?\d+(?:\.\d+)?)\s*([a-zµ%]*)$/iu;

function scaled(text: string, units: Readonly<Record<string, number>>): number | null {
  const [, figure, unit = ''] = FIGURE.exec(text) ?? [];
  const scale = Object.hasOwn(units, unit.toLowerCase()) ? units[unit.toLowerCase()] : undefined;
  return figure === undefined || scale === undefined ? null : Number(figure) * scale;
}

/** GiB and GB alike are what a device reports: powers of 1,024. */
const BYTES = {
  '': 1,
  b: 1,
  k: KiB,
  kb: KiB,
  kib: KiB,
  m: MiB,
  mb: MiB,
  mib: MiB,
  g: GiB,
  gb: GiB,
  gib: GiB,
  t: 1024 * GiB,
  tb: 1024 * GiB,
  tib: 1024 * GiB,
};
const SECOND = 1e6;
const MICROS = {
  us: 1,
  µs: 1,
  ms: 1e3,
  s: SECOND,
  sec: SECOND,
  min: 60 * SECOND,
  m: 60 * SECOND,
  h: 3600 * SECOND,
  d: 86_400 * SECOND,
};
const DAY_MS = 86_400_000;
const AGO = { h: DAY_MS / 24, d: DAY_MS, w: 7 * DAY_MS };

function parseBytes(text: string): number | null {
  return scaled(text, BYTES);
}

function parsePercent(text: string): number | null {
  return scaled(text, { '': 1, '%': 1 });
}

function parseMicros(text: string): number | null {
  return scaled(text, MICROS);
}

/** A day of the calendar (its beginning, UTC), or so long ago. */
function parseDate(text: string, now: number): number | null {
  const ago = scaled(text, AGO);
  if (ago !== null) return now - ago;
  return /^\d{4}-\d\d(-\d\d)?$/.test(text) ? time(text) : null;
}
