/** Axes: byte ticks on powers of two, time ticks on 1-2-5, and their labels. */
import { formatDuration } from '../../shared/base/format';
import { type Bytes, GiB, KiB, MiB, type Micros } from '../../shared/base/units';

/** How far an axis of memory goes beyond what is drawn on it. */
export const HEADROOM = 1.06;

/** The smallest power-of-two step that covers [0, max] in at most `most` steps. */
export function byteScale(max: Bytes, most = 6): { readonly max: Bytes; readonly step: Bytes } {
  let step = 1;
  while (step * most < Math.max(1, max)) step *= 2;
  return { step, max: step * Math.max(1, Math.ceil(max / step)) };
}

const BYTE = [1, 'B'] as const;
const BYTE_UNITS = [[GiB, 'GiB'], [MiB, 'MiB'], [KiB, 'KiB'], BYTE] as const;

/** All ticks of an axis in one unit: 0, 512 MiB, 1024 MiB would mislead where 1.5 GiB follows. */
export function byteLabel(value: Bytes, step: Bytes): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  const [unit, name] = BYTE_UNITS.find(([bytes]) => size >= bytes) ?? BYTE;
  const halves = step * 2 >= unit ? 1 : 2;
  const digits = step % unit === 0 ? 0 : halves;
  return `${value < 0 ? '−' : ''}${(size / unit).toFixed(digits)} ${name}`;
}

/** Round instants within [t0, t1], at most about `most` of them. */
export function timeTicks(
  t0: Micros,
  t1: Micros,
  most: number,
): { readonly values: readonly Micros[]; readonly step: Micros } {
  const span = Math.max(1, t1 - t0);
  const rough = span / Math.max(1, most);
  const steps = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400,
  ];
  const seconds = rough / 1e6;
  const step =
    seconds >= 1
      ? (steps.find((s) => s >= seconds) ?? Math.ceil(seconds / 86400) * 86400) * 1e6
      : decimalStep(rough);
  const values: Micros[] = [];
  for (let t = Math.ceil(t0 / step) * step; t <= t1; t += step) values.push(t);
  return { values, step };
}

function decimalStep(rough: Micros): Micros {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  return [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) ?? power * 10;
}

/** An instant with no more digits than its step needs: 0, 250 ms, 1.5 s, 2:30. */
export function timeLabel(t: Micros, step: Micros): string {
  if (t === 0) return '0';
  if (step < 1000) return t < 1000 ? `${t} µs` : `${trim(t / 1000, 3)} ms`;
  if (t < 1e6) return `${trim(t / 1000, 3)} ms`;
  if (t < 60e6 || step < 1e6) return `${trim(t / 1e6, 6)} s`;
  const whole = Math.round(t / 1e6);
  const pad = (n: number) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

const trim = (x: number, digits: number): string => String(Number(x.toFixed(digits)));

export function exactTime(t: Micros): string {
  if (t >= 60e6) return formatDuration(t);
  return t >= 1e6 ? `${(t / 1e6).toFixed(4)} s` : `${(t / 1e3).toFixed(3)} ms`;
}
