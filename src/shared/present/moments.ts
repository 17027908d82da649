/** Instants and spans in words. */
import { ABSENT, formatDuration } from '../base/format';
import type { Micros } from '../base/units';

/** "2026-07-01 14:03 UTC" from ISO 8601, the same for every reader. */
export function formatInstant(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime())
    ? iso || ABSENT
    : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Date and time of day in the reader's own zone; the year only where it is another. */
export function formatMoment(iso: string): string {
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
