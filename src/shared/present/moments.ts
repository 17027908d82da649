/** Instants and spans in words. */
import { ABSENT, formatDuration } from '../base/format';
import type { Micros } from '../base/units';

/** Of a log that does not tell when it was recorded. */
export const START_UNKNOWN = 'start not known';

/**
 * "2026-07-01 16:03 CEST" from ISO 8601: the time of the machine that tells it, with its zone, so that nobody has to
 * guess which. `zone` by its IANA name; left out, that of the machine.
 */
export function formatInstant(iso: string | null, zone?: string): string {
  if (iso === null) return START_UNKNOWN;
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso || ABSENT;
  const parts = new Intl.DateTimeFormat('en-GB', {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
    ...(zone !== undefined && { timeZone: zone }),
  }).formatToParts(date);
  const part = (type: Intl.DateTimeFormatPartTypes) =>
    parts.find((each) => each.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')} ${part('timeZoneName')}`;
}

/** Date and time of day in the reader's own zone; the year only where it is another. */
export function formatMoment(iso: string | null): string {
  if (iso === null) return ABSENT;
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const isThisYear = date.getFullYear() === new Date().getFullYear();
  return date.toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(isThisYear ? {} : { year: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
  });
}

export function formatSpan([t0, t1]: readonly [Micros, Micros]): string {
  return t0 === t1 ? `at ${formatDuration(t0)}` : `${formatDuration(t0)} to ${formatDuration(t1)}`;
}
