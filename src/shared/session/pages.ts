/**
 * Rows of a session by page: phases, markers, gaps and logs are never told all at once, since a session of any length
 * has any number of them. A page starts at a place among the rows that the question matches, so that a table can jump
 * to its middle as well as read on.
 */
import { Failure } from '../base/failure';
import type { Micros } from '../base/units';

/** Rows of one answer at most. */
export const MAX_ROWS = 1000;
/** Fewer phases are analysed, and here, about as soon as the rest of their session: what is drawn before them would only flicker. */
export const MANY_PHASES = 2000;

export interface Page<T> {
  readonly rows: readonly T[];
  /** `from` of the page after this one; null on the last. */
  readonly next: number | null;
  /** How many rows match, on all pages together. */
  readonly total: number;
}

/** Which of the matching rows. */
export interface PageQuery {
  /** Place of the first row among those that match; 0 when left out. */
  readonly from?: number;
  /** Rows at most, 1 to `MAX_ROWS`. */
  readonly limit: number;
}

/** Only what touches [t0, t1], both ends included; from the beginning and to the end where they are left out. */
export interface SpanQuery {
  readonly t0?: Micros;
  readonly t1?: Micros;
}

/** Throws a Failure for a page that cannot be. */
export function cutPage<T>(rows: readonly T[], { from = 0, limit }: PageQuery): Page<T> {
  checkPage(from, limit);
  const end = from + limit;
  return {
    rows: rows.slice(from, end),
    next: end < rows.length ? end : null,
    total: rows.length,
  };
}

function checkPage(from: number, limit: number): void {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_ROWS)
    throw new Failure(
      'bad_input',
      `A page cannot have ${limit} rows.`,
      `Ask for 1 to ${MAX_ROWS} rows at a time.`,
    );
  if (!Number.isSafeInteger(from) || from < 0)
    throw new Failure(
      'bad_input',
      `A page cannot start at row ${from}.`,
      'Start at 0, or at the "next" of the page before.',
    );
}

/** Whether [begin, end] touches the span asked for. */
export const touches = (
  { t0 = Number.NEGATIVE_INFINITY, t1 = Number.POSITIVE_INFINITY }: SpanQuery,
  begin: Micros,
  end: Micros = begin,
): boolean => end >= t0 && begin <= t1;
