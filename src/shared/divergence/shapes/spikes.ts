/**
 * Moments at which a line stands well above what it needs before and after, and comes back at once. What happens often
 * is the habit of a run and no spike; a step up that stays has no such moment.
 */
import { median } from '../../base/statistics';
import { type Bytes, MiB, type Micros } from '../../base/units';
import type { Floor, Window } from './floor';

export interface Spike {
  readonly t0: Micros;
  readonly t1: Micros;
  /** The line's own value. */
  readonly value: Bytes;
  /** Above what is usual around it. */
  readonly above: Bytes;
}

const MIN_HEIGHT = 64 * MiB;
/** Windows on either side that tell what is usual. */
const AROUND = 10;
const MIN_WINDOWS = 10;
const MAX_LENGTH = 3;

/** In order of time, null where there is none; `windows` as long as a period of the line at least. */
export function findSpikes({ windows, rest }: Floor): Spike[] | null {
  if (windows.length < MIN_WINDOWS) return null;
  const highs = windows.map(({ high }) => high);
  const usual = median(highs);
  const noise = median(highs.map((high) => Math.abs(high - usual)));
  const least = Math.max(MIN_HEIGHT, 0.05 * (usual - rest), 8 * noise);
  const found: Spike[] = [];
  // The first tenth is how a run starts.
  for (let i = Math.ceil(windows.length / 10); i < windows.length - 2; i++) {
    const spike = spikeAt(windows, highs, i, least);
    if (spike === null) continue;
    found.push(spike.spike);
    i += spike.length;
  }
  return found.length === 0 || found.length > Math.max(3, windows.length / 24) ? null : found;
}

function spikeAt(
  windows: readonly Window[],
  highs: readonly number[],
  from: number,
  least: Bytes,
): { readonly spike: Spike; readonly length: number } | null {
  const before = highs.slice(Math.max(0, from - AROUND), from);
  const usual = median(before);
  if (highs[from]! - usual < least || Math.max(...before.slice(-2)) - usual > 0.5 * least)
    return null;
  let to = from;
  while (to + 1 < highs.length && highs[to + 1]! - usual >= 0.5 * least) to++;
  const after = highs.slice(to + 1, to + 1 + AROUND);
  if (to - from + 1 > MAX_LENGTH || after.length < 2) return null;
  const top = Math.max(...highs.slice(from, to + 1));
  const above = top - Math.max(usual, median(after));
  if (above < least) return null;
  return {
    spike: { t0: windows[from]!.t0, t1: windows[to]!.t1, value: top, above },
    length: to - from,
  };
}
