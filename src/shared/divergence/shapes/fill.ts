/**
 * A floor that climbs bit by bit for a good part of the run, comes to its end and is held: a cache that fills to its
 * bound, an allocator that finds its reserve. A rise that goes on is growth, one at a single moment a plateau.
 */
import { halves } from '../../base/drift';
import { median } from '../../base/statistics';
import { type Bytes, MiB, type Micros } from '../../base/units';
import { extent, type Floor, type Window } from './floor';
import { longestRest } from './growth';

export interface Fill {
  /** When the climb began, when four fifths of it were risen, when it was full, and until when it was held. */
  readonly from: Micros;
  readonly risen: Micros;
  readonly full: Micros;
  readonly to: Micros;
  readonly bytes: Bytes;
  readonly before: Bytes;
  /** The middle floor of what was held, and the lowest. */
  readonly after: Bytes;
  readonly lowest: Bytes;
  /** Of the climb until `risen`; a window that lies higher than the one after it swings by itself. */
  readonly climb: readonly Window[];
}

const MIN_WINDOWS = 20;
const MIN_FILL = 64 * MiB;
/** What a run holds settles by a few hundredths. */
const MIN_SHARE = 0.1;
/** Of the windows: what climbs for less is loaded or set up, and what is held for less may go on. */
const MIN_CLIMB = 0.08;
const MIN_HELD = 0.2;
/** The climb begins within this much of them. */
const BEGIN = 0.5;

/** The longest climb that ends in a level; null where there is none. */
export function findFill({ windows, rest, highest }: Floor): Fill | null {
  const n = windows.length;
  if (n < MIN_WINDOWS) return null;
  const held = windows.slice(-Math.ceil(MIN_HELD * n));
  const after = median(held.map(({ low }) => low));
  const least = Math.max(MIN_FILL, MIN_SHARE * (highest - rest));
  for (let begin = 0; begin <= BEGIN * n; begin++) {
    if (after - windows[begin]!.low < least) continue;
    const fill = fillFrom(windows, begin, after);
    if (fill !== null) return fill;
  }
  return null;
}

function fillFrom(windows: readonly Window[], begin: number, after: Bytes): Fill | null {
  const before = windows[begin]!.low;
  const bytes = after - before;
  const full = windows.findIndex(({ low }, i) => i > begin && low >= after - 0.06 * bytes);
  const [climb, held] = [windows.slice(begin, full + 1), windows.slice(full)];
  if (full - begin < Math.max(4, MIN_CLIMB * windows.length)) return null;
  if (held.length < MIN_HELD * windows.length || !isHeld(held, after, bytes)) return null;
  // What came to rest for half as long before, and went on, may go on again.
  const rests = longestRest(
    climb.map(({ low }) => low),
    0.06 * bytes,
  );
  if (held.length < 2 * rests) return null;
  if (!isGradual(climb, bytes) || !beganThere(windows.slice(0, begin), before, bytes)) return null;
  const lowest = Math.min(...held.map(({ low }) => low));
  const [from, to] = extent(windows.slice(begin));
  const most = climb.findIndex(({ low }) => low >= before + 0.8 * bytes);
  const times = { from, risen: climb[most]!.t0, full: windows[full]!.t0, to };
  return { ...times, bytes, before, after, lowest, climb: climb.slice(0, most) };
}

/** On one level, and not on its way further up. */
function isHeld(windows: readonly Window[], level: Bytes, bytes: Bytes): boolean {
  const [early, late] = halves(windows).map((half) => median(half.map(({ low }) => low)));
  if (late! - early! > 0.04 * bytes) return false;
  return windows.every(({ low }) => Math.abs(low - level) <= 0.1 * bytes);
}

/** In many steps, with no tenth of it most of the rise, little given back, and no long rest between. */
function isGradual(climb: readonly Window[], bytes: Bytes): boolean {
  const steps = climb.slice(1).map(({ low }, i) => low - climb[i]!.low);
  const tenth = Math.ceil(steps.length / 10);
  const rises = climb.slice(tenth).map(({ low }, i) => low - climb[i]!.low);
  if (Math.max(...rises) > 0.34 * bytes || Math.min(...steps) < -0.1 * bytes) return false;
  return steps.filter((step) => step > 0.01 * bytes).length >= Math.max(4, 0.4 * steps.length);
}

/** Nothing before it was held that is held after it. */
const beganThere = (windows: readonly Window[], before: Bytes, bytes: Bytes): boolean =>
  windows.every(({ low }) => low <= before + 0.1 * bytes);
