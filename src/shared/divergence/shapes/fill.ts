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
}

/** Of a floor, of which four climb and four are held. */
const MIN_WINDOWS = 9;
const MIN_CLIMB = 4;
/** Tenths of it. */
const MIN_RISES = 4;
const MIN_FILL = 64 * MiB;
/** What a run holds settles by a few hundredths. */
const MIN_SHARE = 0.1;
/** Of the windows: what is held for less may go on. */
const MIN_HELD = 0.2;
/** Of the windows, where nothing tells when work began: what climbs for less is loaded or set up. */
const MIN_UNKNOWN_CLIMB = 0.08;
/** The climb begins within this much of them. */
const BEGIN = 0.5;

/**
 * The longest climb that ends in a level; null where there is none.
 *
 * `workBegan`: what rose before was loaded, and is no part of a climb; null where nothing tells.
 */
export function findFill(
  { windows: all, rest, highest }: Floor,
  workBegan: Micros | null,
): Fill | null {
  const windows = workBegan === null ? all : all.filter(({ t0 }) => t0 >= workBegan);
  const n = windows.length;
  if (n < MIN_WINDOWS) return null;
  const kept = keptFrom(windows);
  const after = median(kept.slice(-Math.ceil(MIN_HELD * n)));
  const least = Math.max(MIN_FILL, MIN_SHARE * (highest - rest));
  const minClimb = workBegan === null ? Math.max(MIN_CLIMB, MIN_UNKNOWN_CLIMB * n) : MIN_CLIMB;
  for (let begin = 0; begin <= BEGIN * n && after - kept[begin]! >= least; begin++) {
    const fill = fillFrom(windows, kept, { begin, after, minClimb });
    if (fill !== null) return fill;
  }
  return null;
}

/**
 * The lowest value of each window and all after it: what is kept for good. It never falls, and a window in which a
 * line that comes and goes did not come down does not raise it.
 */
function keptFrom(windows: readonly Window[]): Bytes[] {
  const kept = windows.map(({ low }) => low);
  for (let i = kept.length - 2; i >= 0; i--) kept[i] = Math.min(kept[i]!, kept[i + 1]!);
  return kept;
}

interface Ends {
  readonly begin: number;
  readonly after: Bytes;
  readonly minClimb: number;
}

function fillFrom(
  windows: readonly Window[],
  kept: readonly Bytes[],
  { begin, after, minClimb }: Ends,
): Fill | null {
  const before = kept[begin]!;
  const bytes = after - before;
  const full = kept.findIndex((low) => low >= after - 0.06 * bytes);
  const [climb, held] = [kept.slice(begin, full + 1), kept.slice(full)];
  if (full - begin < minClimb || held.length < MIN_HELD * windows.length) return null;
  if (isOnItsWay(held, bytes) || !isGradual(climb, bytes)) return null;
  // What came to rest for half as long before, and went on, may go on again.
  if (held.length < 2 * longestRest(climb, 0.06 * bytes)) return null;
  const most = kept.findIndex((low) => low >= before + 0.8 * bytes);
  const [from, to] = extent(windows.slice(begin));
  return {
    from,
    risen: windows[most]!.t0,
    full: windows[full]!.t0,
    to,
    bytes,
    before,
    after,
    lowest: kept[full]!,
  };
}

/** Not on one level, but further up. */
function isOnItsWay(held: readonly Bytes[], bytes: Bytes): boolean {
  const [early = 0, late = 0] = halves(held).map(median);
  return late - early > 0.04 * bytes;
}

/** In no tenth of its time most of the rise, and some of it in several. */
function isGradual(climb: readonly Bytes[], bytes: Bytes): boolean {
  const tenth = Math.ceil((climb.length - 1) / 10);
  const rises = climb.slice(tenth).map((low, i) => low - climb[i]!);
  if (Math.max(...rises) > 0.45 * bytes) return false;
  return rises.filter((rise, i) => i % tenth === 0 && rise > 0.01 * bytes).length >= MIN_RISES;
}
