/** Pictures of one line: a bar for a share, and a sparkline for a trace. */
import type { Bytes } from '../../../../shared/base/units';
import type { Envelope } from '../../../../shared/trace/envelope';
import { styled } from './style';

const EIGHTHS = ' ▏▎▍▌▋▊▉█';
const LEVELS = '▁▂▃▄▅▆▇█';

/** `share` of `width` columns, to an eighth of one; more than all of it is all of it, and anything above nothing shows. */
export function bar(share: number, width: number): string {
  const bounded = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0));
  const eighths = Math.max(bounded > 0 ? 1 : 0, Math.round(bounded * width * 8));
  const rest = eighths % 8;
  return '█'.repeat(Math.floor(eighths / 8)) + (rest === 0 ? '' : EIGHTHS.charAt(rest));
}

/** A bar with a stroke where something else than what it shows is expected; null draws no stroke. */
export function markedBar(share: number, mark: number | null, width: number): string {
  const drawn = [...bar(share, width).padEnd(width)];
  if (mark !== null) {
    const at = Math.round(Math.min(1, Math.max(0, mark)) * width) - 1;
    drawn[Math.max(0, at)] = '┃';
  }
  return drawn.join('').trimEnd();
}

/** A bar with what is left of it drawn faintly: of something that goes on. */
export function progressBar(share: number, width: number): string {
  const bounded = Math.min(1, Math.max(0, share));
  const done = Math.round(bounded * width);
  return `${'━'.repeat(done)}${styled('quiet', '─'.repeat(width - done))}`;
}

/**
 * A line over its whole time in `columns` columns: the highest value of each, less `less`, against `top`. A column in
 * which nothing was read keeps the height of the one before.
 */
export function tracePicture(
  { times, values }: Envelope,
  less: Bytes,
  top: Bytes,
  columns: number,
): string {
  const last = times.at(-1) ?? 0;
  const highest = new Array<number>(Math.max(0, columns)).fill(Number.NaN);
  for (let i = 0; i < times.length; i++) {
    const column = Math.min(columns - 1, Math.floor((times[i]! / Math.max(1, last)) * columns));
    const value = values[i]! - less;
    if (!Number.isNaN(value) && !(highest[column]! >= value)) highest[column] = value;
  }
  let held = Number.NaN;
  return highest
    .map((value) => {
      if (!Number.isNaN(value)) held = value;
      return Number.isNaN(held) ? ' ' : blockFor(held, top);
    })
    .join('');
}

function blockFor(value: Bytes, top: Bytes): string {
  const level = Math.floor((Math.max(0, value) / Math.max(1, top)) * (LEVELS.length - 1e-9));
  return LEVELS.charAt(Math.min(LEVELS.length - 1, level));
}
