/**
 * Times as nvidia-smi and the loggers around it print them. Pure.
 *
 * Guarantees: what is read is a time that exists; a text that could mean two days is not read without saying which
 * (`DayOrder`), and one whose date or year is missing says so (`undated`).
 */

export interface Stamp {
  /** Microseconds since 1970, of the wall clock shown where there is no zone; where undated, since any midnight. */
  readonly us: number;
  /** Whether the text names its zone, so that `us` is an instant. */
  readonly zoned: boolean;
  /** Only distances are known: the date, or of it the year, is missing; or the rows count from a start that is. */
  readonly undated?: 'date' | 'start';
}

/** How `03-04-2026` is meant. */
export type DayOrder = 'day-first' | 'month-first';

const TIME = String.raw`(\d\d?):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?:\s*([AP])\.?M\.?)?`;
const ZONE = String.raw`\s*(Z|UTC|GMT|[+-]\d\d:?\d\d|[A-Z]{3,5})?`;
const YEAR_FIRST = new RegExp(
  String.raw`^(\d{4})[/.-](\d\d?)[/.-](\d\d?)(?:T|,?\s+|_)${TIME}${ZONE}$`,
  'i',
);
const YEAR_LAST = new RegExp(
  String.raw`^(\d\d?)([/.-])(\d\d?)\2(\d{4}|\d\d)(?:T|,?\s+)${TIME}${ZONE}$`,
  'i',
);
const COMPACT = /^(\d{4})(\d\d)(\d\d)[T _-]?(\d\d):?(\d\d):?(\d\d)(?:[.,](\d{1,9}))?\s*(Z|UTC)?$/i;
/** `Thu Jan  1 10:00:00 AM UTC 2026`, as `date` and nvidia-smi print it. */
const SPOKEN = new RegExp(
  String.raw`^[A-Z][a-z]{2},?\s+([A-Z][a-z]{2})\s+(\d\d?)\s+${TIME}${ZONE}\s+(\d{4})$`,
);
/** `Thu 01 Jan 2026 10:00:00 AM UTC`, `01 Jan 2026 10:00:00`. */
const SPOKEN_DAY_FIRST = new RegExp(
  String.raw`^(?:[A-Z][a-z]{2},?\s+)?(\d\d?)\s+([A-Z][a-z]{2})[a-z]*\s+(\d{4}),?\s+${TIME}${ZONE}$`,
);
/** `Jan 01 10:00:00`, as `ts` and system logs print it. */
const YEARLESS = new RegExp(String.raw`^([A-Z][a-z]{2})\s+(\d\d?)\s+${TIME}$`);
const TIME_ALONE = new RegExp(`^${TIME}$`, 'i');
const DATE_YEAR_FIRST = /^\d{4}[/.-]?\d\d?[/.-]?\d\d?$/;
const DATE_YEAR_LAST = /^\d\d?([/.-])\d\d?\1(\d{4}|\d\d)$/;
const EPOCH = /^(\d{10})(?:\.(\d{1,9}))?$/;
const EPOCH_MS = /^\d{13}$/;
const EPOCH_US = /^\d{16}$/;
const EPOCH_NS = /^\d{19}$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** For a stamp without a year: a leap year, so that 29 February is a day. */
const ANY_YEAR = 1972;

/**
 * `2025/12/10 17:40:10.592`, ISO 8601, `Tue Dec 30 10:49:50 2025`, seconds, milliseconds, micro- or nanoseconds since
 * 1970; else null. Of a date with its year last the order of day and month must be given, unless the text tells it.
 */
export function parseStamp(text: string, order: DayOrder | null = null): Stamp | null {
  const cell = text.trim();
  // Nearly every cell that is no time is told by its first character or its length.
  if (cell.length < 10 || cell.length > 45 || !/^[\dA-Z]/.test(cell)) return null;
  const [, ...yearFirst] = YEAR_FIRST.exec(cell) ?? [];
  if (yearFirst.length > 0) {
    const [year, month, day, ...time] = yearFirst;
    return stampAt(Number(year), Number(month) - 1, Number(day), time);
  }
  return parseEpoch(cell) ?? parseYearLast(cell, order) ?? parseSpoken(cell) ?? parseCompact(cell);
}

/** What `parseStamp` reads, and times whose date or year is missing. */
export function parseAnyStamp(text: string, order: DayOrder | null = null): Stamp | null {
  const cell = text.trim();
  const known = parseStamp(cell, order);
  if (known !== null) return known;
  const alone = TIME_ALONE.exec(cell);
  if (alone) return undated(stampAt(1970, 0, 1, alone.slice(1)));
  const yearless = YEARLESS.exec(cell);
  if (!yearless) return null;
  const [, month = '', day, ...time] = yearless;
  return undated(stampAt(ANY_YEAR, MONTHS.indexOf(month), Number(day), time));
}

/** The time that a line consists of; a comma would part cells. */
export const parseStampLine = (line: string): Stamp | null =>
  line.includes(',') ? null : parseAnyStamp(line);

/** Whether a cell is a date without a time of day. */
export const isDate = (cell: string): boolean =>
  DATE_YEAR_FIRST.test(cell.trim()) || DATE_YEAR_LAST.test(cell.trim());

/**
 * How dates with their year last are meant in a file: a number past 12 is a day; without any, the order in which the
 * stamps rise by less. Null where no cell is such a date; dots are day first, as where dots are used.
 */
export function detectDayOrder(cells: readonly string[]): DayOrder | null {
  const dates = cells.flatMap((cell) => {
    const found = /^(\d\d?)([/.-])(\d\d?)\2(\d{4}|\d\d)\b/.exec(cell.trim());
    return found ? [found] : [];
  });
  const [first] = dates;
  if (!first) return null;
  if (dates.some(([, a]) => Number(a) > 12)) return 'day-first';
  if (dates.some(([, , , b]) => Number(b) > 12)) return 'month-first';
  const reach = (order: DayOrder) => {
    const times = cells.flatMap((cell) => parseStamp(cell, order)?.us ?? []);
    return times.length < 2 ? 0 : Math.max(...times) - Math.min(...times);
  };
  const [dayFirst, monthFirst] = [reach('day-first'), reach('month-first')];
  if (dayFirst !== monthFirst) return dayFirst < monthFirst ? 'day-first' : 'month-first';
  return first[2] === '.' ? 'day-first' : 'month-first';
}

/** The stamp as an instant: one without a zone is taken as this machine's local time. */
export function parseInstant({ us, zoned }: Stamp): Date {
  const date = new Date(us / 1000);
  if (zoned) return date;
  return new Date(
    date.getUTCFullYear(),
    date.getUTCMonth(),
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
    date.getUTCMilliseconds(),
  );
}

function parseEpoch(cell: string): Stamp | null {
  const seconds = EPOCH.exec(cell);
  if (seconds) return { us: Number(seconds[1]) * 1e6 + microseconds(seconds[2]), zoned: true };
  if (EPOCH_MS.test(cell)) return { us: Number(cell) * 1000, zoned: true };
  if (EPOCH_US.test(cell)) return { us: Number(cell), zoned: true };
  return EPOCH_NS.test(cell) ? { us: Number(cell.slice(0, -3)), zoned: true } : null;
}

function parseYearLast(cell: string, order: DayOrder | null): Stamp | null {
  const found = YEAR_LAST.exec(cell);
  if (!found) return null;
  const [, a, , b, year = '', ...time] = found;
  const [first, second] = [Number(a), Number(b)];
  const meant = order ?? detectDayOrder([cell]);
  const [day, month] = meant === 'day-first' ? [first, second] : [second, first];
  return stampAt(Number(year.length === 2 ? `20${year}` : year), month - 1, day, time);
}

function parseSpoken(cell: string): Stamp | null {
  const spoken = SPOKEN.exec(cell);
  if (spoken) {
    const [, month = '', day, ...rest] = spoken;
    return stampAt(Number(rest.at(-1)), MONTHS.indexOf(month), Number(day), rest.slice(0, -1));
  }
  const [, day, month = '', year, ...time] = SPOKEN_DAY_FIRST.exec(cell) ?? [];
  if (day === undefined) return null;
  return stampAt(Number(year), MONTHS.indexOf(month), Number(day), time);
}

function parseCompact(cell: string): Stamp | null {
  const [, year, month, day, hour, minute, second, fraction, zone] = COMPACT.exec(cell) ?? [];
  if (year === undefined || Number(year) < 1990 || Number(year) > 2100) return null;
  const time = [hour, minute, second, fraction, undefined, zone];
  return stampAt(Number(year), Number(month) - 1, Number(day), time);
}

/** `time`: what `TIME` and `ZONE` capture. */
function stampAt(
  year: number,
  month: number,
  day: number,
  time: readonly (string | undefined)[],
): Stamp | null {
  const [hours, minute, second, fraction, half, zone] = time;
  const hour =
    half === undefined ? Number(hours) : (Number(hours) % 12) + (/p/i.test(half) ? 12 : 0);
  const ms = utc(year, month, day, hour, Number(minute), Number(second));
  if (ms === null) return null;
  const offset = offsetMinutes(zone);
  const us = ms * 1000 + microseconds(fraction) - (offset ?? 0) * 60_000_000;
  // No log of a GPU is older than the clock that stamps it.
  return us < 0 ? null : { us, zoned: offset !== null };
}

const undated = (stamp: Stamp | null): Stamp | null => stamp && { ...stamp, undated: 'date' };

const microseconds = (fraction: string | undefined): number =>
  Number((fraction ?? '').padEnd(6, '0').slice(0, 6));

function utc(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number | null {
  if (month < 0 || month > 11 || hour > 23 || minute > 59 || second > 60) return null;
  if (new Date(Date.UTC(year, month, day)).getUTCDate() !== day) return null;
  // A leap second is the first of the next minute.
  return Date.UTC(year, month, day, hour, minute, second);
}

/** Null where the zone is not named, or by letters that more than one zone has. */
function offsetMinutes(zone: string | undefined): number | null {
  if (zone === undefined) return null;
  if (/^(Z|UTC|GMT)$/i.test(zone)) return 0;
  const match = /^([+-])(\d\d):?(\d\d)$/.exec(zone);
  if (!match) return null;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return match[1] === '-' ? -minutes : minutes;
}
