/** Small pictures as SVG paths. Pure. */
import type { Envelope } from '../../shared/trace/envelope';

/** The line of an envelope; a NaN breaks it. */
export function sketchLine(
  { times, values }: Envelope,
  x: (t: number) => number,
  y: (value: number) => number,
): string {
  let path = '';
  let isDown = false;
  for (let i = 0; i < times.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) {
      isDown = false;
      continue;
    }
    path += `${isDown ? 'L' : 'M'}${x(times[i]!).toFixed(1)} ${y(value).toFixed(1)}`;
    isDown = true;
  }
  return path;
}

/** Values side by side as bars from the foot, one path; what is not known leaves its place empty. */
export function sketchBars(
  values: readonly (number | null)[],
  width: number,
  height: number,
  top: number,
): string {
  const step = width / Math.max(1, values.length);
  const bar = Math.max(1, step - (step > 3 ? 1 : 0));
  return values
    .map((value, i) => {
      if (value === null || top <= 0) return '';
      const tall = Math.max(1, (Math.max(0, value) / top) * height);
      return `M${(i * step).toFixed(1)} ${height}v${(-tall).toFixed(1)}h${bar.toFixed(1)}v${tall.toFixed(1)}z`;
    })
    .join('');
}
