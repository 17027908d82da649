/**
 * Numbers as people read them: one spelling for the window, the terminal and the reports. Pure; no locale of the
 * machine takes part, so a report reads the same wherever it is made. What is absent prints as an em dash, never as 0.
 */
import { type Bytes, GiB, KiB, MiB, type Micros, type Percent } from './units';

export const ABSENT = '—';
export const MINUS = '−';

type Maybe = number | null | undefined;
const known = (n: Maybe): n is number => typeof n === 'number' && !Number.isNaN(n);

/** Three significant digits, without padding what is already whole: 1.47, 12.3, 512. */
function three(x: number): string {
  const size = Math.abs(x);
  if (size >= 99.95) return x.toFixed(0);
  return x.toFixed(size >= 9.995 ? 1 : 2);
}

/** Groups of three by commas: 1,234,567. */
export function formatInteger(n: Maybe): string {
  if (!known(n)) return ABSENT;
  const digits = Math.abs(Math.round(n))
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
  return n < 0 && digits !== '0' ? `${MINUS}${digits}` : digits;
}

export type ByteUnits = 'fitting' | 'MiB';

/** One for all that a process writes: a person reads them beside each other. */
let byteUnits: ByteUnits = 'fitting';

/** What the person chose; `fitting` until then. */
export function setByteUnits(units: ByteUnits): void {
  byteUnits = units;
}

/**
 * Bytes in the largest binary unit that keeps the number at 1 or more: 1.47 GiB, 512 MiB, 17 B. Where MiB were chosen,
 * in those from one of them on: 1,505 MiB.
 */
export function formatBytes(n: Bytes | null | undefined): string {
  if (!known(n)) return ABSENT;
  const size = Math.abs(n);
  const sign = n < 0 ? MINUS : '';
  if (byteUnits === 'MiB' && size >= 1023.5 * MiB) return `${sign}${formatInteger(size / MiB)} MiB`;
  if (size >= 1023.5 * MiB) return `${sign}${three(size / GiB)} GiB`;
  if (size >= 1023.5 * KiB) return `${sign}${three(size / MiB)} MiB`;
  if (size >= KiB) return `${sign}${three(size / KiB)} KiB`;
  return `${sign}${Math.round(size)} B`;
}

/** "1,234,567 bytes". */
export function formatExactBytes(n: Bytes | null | undefined): string {
  if (!known(n)) return ABSENT;
  return `${formatInteger(n)} ${Math.abs(n) === 1 ? 'byte' : 'bytes'}`;
}

/** A difference: always with its sign, so that more and less cannot be mistaken. */
export function formatSignedBytes(n: Bytes | null | undefined): string {
  if (!known(n)) return ABSENT;
  return n > 0 ? `+${formatBytes(n)}` : formatBytes(n);
}

/** Microseconds as 412 µs, 8.34 ms, 12.3 s, 2 min 05 s, 1 h 02 min. */
export function formatDuration(us: Micros | null | undefined): string {
  if (!known(us)) return ABSENT;
  const sign = us < 0 ? MINUS : '';
  const t = Math.abs(us);
  if (t < 999.5) return `${sign}${Math.round(t)} µs`;
  if (t < 999_500) return `${sign}${three(t / 1e3)} ms`;
  if (t < 59_950_000) return `${sign}${three(t / 1e6)} s`;
  const seconds = Math.round(t / 1e6);
  if (seconds < 3600)
    return `${sign}${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
  const minutes = Math.round(seconds / 60);
  return `${sign}${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** A time that is only estimated, no finer than it can be: 8 s, 1 min 25 s, 12 min, 1 h 02 min. */
export function formatTimeLeft(us: Micros): string {
  const seconds = us / 1e6;
  if (seconds < 59.5) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 570) return formatDuration(5e6 * Math.round(seconds / 5));
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : formatDuration(minutes * 60e6);
}

/** Percent with one decimal below 100, none above; "0%" only for exactly nothing. */
export function formatPercent(p: Percent | null | undefined): string {
  if (!known(p)) return ABSENT;
  const size = Math.abs(p);
  const sign = p < 0 ? MINUS : '';
  if (size === 0) return '0%';
  if (size < 0.05) return `${sign}<0.1%`;
  return `${sign}${size >= 99.95 ? formatInteger(size) : size.toFixed(1)}%`;
}

/** A relative difference, always with its sign. */
export function formatSignedPercent(p: Percent | null | undefined): string {
  if (!known(p)) return ABSENT;
  return p > 0 ? `+${formatPercent(p)}` : formatPercent(p);
}

const SI = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const;

/** An amount with an SI prefix and three digits: 12.3 k, 1.25 T. */
export function formatSi(n: Maybe): string {
  if (n === null || n === undefined || !Number.isFinite(n)) return ABSENT;
  const power = Math.min(
    SI.length - 1,
    Math.max(0, Math.floor(Math.log10(Math.max(1, Math.abs(n))) / 3)),
  );
  const value = n / 1000 ** power;
  const text =
    power === 0 && Number.isInteger(n) ? String(n) : Number(value.toPrecision(3)).toString();
  return SI[power] === '' ? text : `${text} ${SI[power]}`;
}

/** Joules as 34.5 J, 2.46 kJ, 1.90 Wh, 3.10 kWh. */
export function formatEnergy(joules: Maybe): string {
  if (joules === null || joules === undefined || !Number.isFinite(joules)) return ABSENT;
  if (joules >= 3.6e6) return `${three(joules / 3.6e6)} kWh`;
  if (joules >= 3600) return `${three(joules / 3600)} Wh`;
  if (joules >= 999.5) return `${three(joules / 1000)} kJ`;
  return `${three(joules)} J`;
}

/** In a sentence: "a", "a and b", "a, b and c". */
export function formatList(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

/** A title goes on in a sentence; a name or an abbreviation keeps its capitals. */
export const lowerFirst = (text: string): string =>
  /^[A-Z](?:[a-z]| )/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
