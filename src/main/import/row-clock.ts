/**
 * The time of a row of CSV, from whichever columns tell it: a stamp, a date beside a time, the time of day alone, or the
 * seconds since a start. How it is spelled is settled once, by the rows in the head of the file.
 *
 * Guarantees: a column that cannot be understood is named, and no row is lost by it.
 */
import type { CsvColumn, TimeUnit } from './csv-columns';
import { type DayOrder, detectDayOrder, isDate, parseAnyStamp, type Stamp } from './stamps';

const MICROSECONDS: Readonly<Record<TimeUnit, number>> = {
  ns: 1e-3,
  us: 1,
  ms: 1e3,
  s: 1e6,
  min: 60e6,
};
const isTimeUnit = (unit: string | null): unit is TimeUnit => unit !== null && unit in MICROSECONDS;

type ReadTime = (cells: readonly string[]) => Stamp | null;

export class RowClock {
  /** The column whose times are not understood; null where they are, or where there is none. */
  readonly unreadable: string | null;
  /** The time of a row, from its cells; null where it tells none. */
  readonly read: ReadTime;

  private constructor(read: ReadTime, unreadable: string | null) {
    this.read = read;
    this.unreadable = unreadable;
  }

  /** Null where no column tells a time. `rows`: the first rows, as cells. */
  static detect(
    columns: readonly CsvColumn[],
    rows: readonly (readonly string[])[],
  ): RowClock | null {
    const stampAt = columns.findIndex(({ role }) => role === 'timestamp');
    const dateAt = columns.findIndex(({ role }) => role === 'date');
    const elapsedAt = columns.findIndex(({ role }) => role === 'elapsed');
    const candidates = [
      stampAt >= 0 && dateAt >= 0 ? dateAndTime(dateAt, stampAt, rows) : null,
      stampAt >= 0 ? stampIn(stampAt, rows) : null,
      dateAt >= 0 ? stampIn(dateAt, rows) : null,
      ...[stampAt, elapsedAt].map((at) =>
        at >= 0 ? elapsed(at, columns[at]?.unit ?? null) : null,
      ),
    ].filter((read) => read !== null);
    if (candidates.length === 0) return null;
    const readable = candidates.find((read) => rows.some((row) => read(row) !== null));
    if (readable) return new RowClock(readable, null);
    const label = columns[[stampAt, dateAt, elapsedAt].find((at) => at >= 0) ?? 0]?.label ?? '';
    return rows.length === 0 ? new RowClock(candidates[0]!, null) : new RowClock(() => null, label);
  }
}

const column = (rows: readonly (readonly string[])[], at: number): readonly string[] =>
  rows.map((row) => row[at] ?? '');

function stampIn(at: number, rows: readonly (readonly string[])[]): ReadTime {
  const order: DayOrder | null = detectDayOrder(column(rows, at));
  return (cells) => parseAnyStamp(cells[at] ?? '', order);
}

/** Null where the one column does not hold dates: then the other one is a whole stamp. */
function dateAndTime(
  dateAt: number,
  timeAt: number,
  rows: readonly (readonly string[])[],
): ReadTime | null {
  const dates = column(rows, dateAt);
  if (!dates.some(isDate)) return null;
  const join = (cells: readonly string[]) => `${cells[dateAt] ?? ''} ${cells[timeAt] ?? ''}`;
  const order = detectDayOrder(rows.map(join));
  return (cells) => parseAnyStamp(join(cells), order);
}

function elapsed(at: number, unit: string | null): ReadTime {
  const factor = MICROSECONDS[isTimeUnit(unit) ? unit : 's'];
  return (cells) => {
    const cell = cells[at] ?? '';
    if (!/^\d{1,9}(\.\d+)?$/.test(cell)) return null;
    return { us: Math.round(Number(cell) * factor), zoned: false, undated: 'start' };
  };
}
