/**
 * Reading a session ends. A file may be built so that its pages lead round and round (each subtree hung in many places is
 * enough for more rows than atoms), and SQLite follows them row by row without looking up. So every statement that
 * passes over rows asks `in_time()` of one row in a thousand, rows are taken only while their key rises, and whoever asks
 * something of a file says how long it may take.
 *
 * A thread reads one file at a time and never pauses while it does, so the limit is of the thread.
 */
import { Failure } from '../../shared/base/failure';
import type { Millis } from '../../shared/base/units';
import { ChunkError } from './bytes';

/** Of a question to a session; what is asked most of a session of a day takes a second. */
export const QUESTION_LIMIT_MS: Millis = 60_000;
/** Of the line of a list, which is a few rows. */
export const SUMMARY_LIMIT_MS: Millis = 5_000;

/** A condition of a statement's WHERE. The random number costs less than the call, and no file can foresee it. */
export const IN_TIME = '(random() & 1023 OR in_time())';

let until = Number.POSITIVE_INFINITY;
let limit: Millis = 0;

/** Thrown to whoever reads; `reading` makes a Failure of it that names the file. */
export class OutOfTime extends Error {
  readonly limitMs: Millis = limit;
}

/** Runs `read`, which must not pause; within another limit the sooner end counts. */
export function withinTime<T>(limitMs: Millis, read: () => T): T {
  const outer = { until, limit };
  const end = performance.now() + limitMs;
  if (end < until) [until, limit] = [end, limitMs];
  try {
    return read();
  } finally {
    ({ until, limit } = outer);
  }
}

/** Throws OutOfTime. Returns what SQLite takes for true. */
export function checkTime(): 1 {
  if (performance.now() > until) throw new OutOfTime();
  return 1;
}

/** The rows, while their key rises as the statement's order promises. Throws ChunkError where it does not. */
export function* rising<Row>(rows: Iterable<Row>, key: (row: Row) => number): Iterable<Row> {
  let last = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    const at = key(row);
    if (!(at > last)) throw new ChunkError('its rows are not in their order');
    last = at;
    yield row;
  }
}

/** For the sentence of a Failure. */
export const tookTooLong = (file: string, { limitMs }: OutOfTime): Failure =>
  new Failure(
    'unavailable',
    `The session file ${file} was given up: reading it took longer than ${limitMs / 1000} s.`,
    'Try again when the machine is less busy. If it stays so, the file is damaged or was built to hold a reader up; it was not changed.',
  );
