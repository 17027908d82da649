/** Times as nvidia-smi and loggers around it print them. Pure. */

export interface Stamp {
  /** Microseconds since 1970, of the wall clock shown where there is no zone. */
  readonly us: number;
  /** Whether the text names its zone, so that `us` is an instant. */
  readonly zoned: boolean;
}

const NUMERIC =
  /^(\d{4})[/-](\d\d?)[/-](\d\d?)[ T](\d\d?):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s*(Z|[+-]\d\d:?\d\d)?$/i;
const SPOKEN = /^[A-Z][a-z]{2}\s+([A-Z][a-z]{2})\s+(\d{1,2})\s+(\d\d):(\d\d):(\d\d)\s+(\d{4})$/;
const EPOCH = /^(\d{10})(?:\.(\d{1,9}))?$/;
const EPOCH_MS = /^\d{13}$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `2025/12/10 17:40:10.592`, ISO 8601, `Tue Dec 30 10:49:50 2025`, seconds or milliseconds since 1970; else null. */
export function parseStamp(text: string): Stamp | null {
  const cell = text.trim();
  const numeric = NUMERIC.exec(cell);
  if (numeric) {
    const [, year, month, day, hour, minute, second, fraction, zone] = numeric;
    const ms = utc(
      Number(year),
      Number(month) - 1,
      Number(day),
      Number(hour),
      Number(minute),
      Number(second),
    );
    if (ms === null) return null;
    const us = ms * 1000 + Number((fraction ?? '').padEnd(6, '0').slice(0, 6));
    return { us: us - offsetMinutes(zone) * 60_000_000, zoned: zone !== undefined };
  }
  const spoken = SPOKEN.exec(cell);
  if (spoken) {
    const [, month = '', day, hour, minute, second, year] = spoken;
    const ms = utc(
      Number(year),
      MONTHS.indexOf(month),
      Number(day),
      Number(hour),
      Number(minute),
      Number(second),
    );
    return ms === null ? null : { us: ms * 1000, zoned: false };
  }
  const epoch = EPOCH.exec(cell);
  if (epoch)
    return {
      us: Number(epoch[1]) * 1e6 + Number((epoch[2] ?? '').padEnd(6, '0').slice(0, 6)),
      zoned: true,
    };
  return EPOCH_MS.test(cell) ? { us: Number(cell) * 1000, zoned: true } : null;
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

function utc(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number | null {
  if (month < 0 || month > 11 || hour > 23 || minute > 59 || second > 60) return null;
  const ms = Date.UTC(year, month, day, hour, minute, second);
  return new Date(ms).getUTCDate() === day || hour === 23 ? ms : null;
}

function offsetMinutes(zone: string | undefined): number {
  const match = /^([+-])(\d\d):?(\d\d)$/.exec(zone ?? '');
  if (!match) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return match[1] === '-' ? -minutes : minutes;
}
