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
/** As many on either side are needed to tell. */
const MIN_BEFORE = 2;
const MIN_AFTER = 2;
const MAX_LENGTH = 3;
/** Windows of a line from which on they are short. */
const FINE = 48;
/** As many others that come half as high make it a habit, unless it stands this far above them. */
const HABIT = 3;
const MIN_LEAD = 0.4;

/** In order of time, null where there is none; `windows` as long as a period of the line at least. */
export function findSpikes({ windows, last, rest }: Floor): Spike[] | null {
  if (windows.length < MIN_WINDOWS) return null;
  const usual = median(windows.map(({ high }) => high));
  const noise = median(windows.map(({ high }) => Math.abs(high - usual)));
  const least = Math.max(MIN_HEIGHT, 0.05 * (usual - rest), 8 * noise);
  const moments = listMoments(last === null ? windows : [...windows, last], least);
  // The first tenth is how a run starts, and of its end nothing tells whether it would have come back.
  const sure = moments.filter(
    ({ from, to }) => from >= windows.length / 10 && to < windows.length - MIN_AFTER,
  );
  const found = moments.filter((one) => sure.some((it) => it === one || isLike(one, it)));
  if (found.length === 0 || found.length > Math.max(3, windows.length / 24)) return null;
  // In windows so long that each holds much of what comes and goes, its tops are a matter of chance.
  const moves = usual - median(windows.map(({ low }) => low));
  const isChance = windows.length < FINE && found.length > 1;
  if (isChance && found.some(({ spike }) => spike.above < 0.6 * moves)) return null;
  return found.map(({ spike }) => spike);
}

interface Moment {
  readonly spike: Spike;
  /** First and last of its windows. */
  readonly from: number;
  readonly to: number;
}

/** Every moment that stands by `least` above the windows before it and those after it, where there are any. */
function listMoments(windows: readonly Window[], least: Bytes): Moment[] {
  const highs = windows.map(({ high }) => high);
  const moments: Moment[] = [];
  for (let i = MIN_BEFORE; i < windows.length; i++) {
    const moment = momentAt(windows, highs, i, least);
    if (moment === null) continue;
    moments.push(moment);
    i = moment.to;
  }
  return moments;
}

/** Within a quarter as high, and as far above what is usual. */
const isLike = ({ spike }: Moment, { spike: { value, above } }: Moment): boolean =>
  Math.max(Math.abs(spike.value - value), Math.abs(spike.above - above)) <= 0.25 * above;

function momentAt(
  windows: readonly Window[],
  highs: readonly number[],
  from: number,
  least: Bytes,
): Moment | null {
  const before = highs.slice(Math.max(0, from - AROUND), from);
  const usual = median(before);
  if (highs[from]! - usual < least || Math.max(...before.slice(-2)) - usual > 0.5 * least)
    return null;
  let to = from;
  while (to + 1 < highs.length && highs[to + 1]! - usual >= 0.5 * least) to++;
  if (to - from + 1 > MAX_LENGTH) return null;
  const after = highs.slice(to + 1, to + 1 + AROUND);
  const top = Math.max(...highs.slice(from, to + 1));
  const above = top - Math.max(usual, after.length === 0 ? usual : median(after));
  if (above < least || isHabit([highs.slice(0, from), highs.slice(to + 1)], top, above))
    return null;
  const spike = { t0: windows[from]!.t0, t1: windows[to]!.t1, value: top, above };
  return { spike, from, to };
}

/**
 * Whether the line comes half as high again and again, and about as high at least once: requests that come and go, or
 * steps that are read so seldom that their tops show now and then and for a while not at all. Where a level changes, one
 * side of it lies higher throughout, and the other tells; a side of a few windows tells nothing.
 */
function isHabit(sides: readonly (readonly Bytes[])[], top: Bytes, above: Bytes): boolean {
  const others = sides.reduce((sum, side) => sum + countRuns(side, top - 0.5 * above), 0);
  if (others < HABIT) return false;
  const tops = sides.filter(({ length }) => length >= AROUND).map((side) => Math.max(...side));
  return top - Math.min(...tops) < MIN_LEAD * above;
}

/** How often in a row of values they come up to `level`. */
const countRuns = (values: readonly Bytes[], level: Bytes): number =>
  values.filter((value, i) => value >= level && (values[i - 1] ?? Number.NEGATIVE_INFINITY) < level)
    .length;
