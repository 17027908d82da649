/**
 * A floor that steps up once, well after the run began, and never falls again. The climb to the weights and to the first
 * step's states is how every run starts, so it is told whether the run was at work before the step: a busy card, or a
 * line that swings as steps do.
 */
import { median } from '../../base/statistics';
import { type Bytes, MiB, type Micros } from '../../base/units';
import { extent, type Floor, type Window } from './floor';

export interface Plateau {
  readonly from: Micros;
  readonly to: Micros;
  /** By how much the floor rose. */
  readonly bytes: Bytes;
  readonly before: Bytes;
  readonly after: Bytes;
  /** Of the time before the step. */
  readonly since: Micros;
  /** Whether the run was seen at work before; otherwise it may have been loading. */
  readonly isAtWork: boolean;
}

const MIN_STEP = 64 * MiB;
const MIN_WINDOWS = 10;
/** A line of that many windows may take a few of them to rise: what is loaded is loaded bit by bit. */
const FINE = 48;
const WIDE = 2;
/** Fewer on either side may all have been read at the same moment of what comes and goes. */
const MIN_READINGS = 12;
/** A run has begun after this much of it, and goes on for as much. */
const SHARE = 0.25;

/** `wasAtWork`: whether something ran in a span. */
export function findPlateau(
  { windows, rest, highest }: Floor,
  wasAtWork: (t0: Micros, t1: Micros) => boolean,
): Plateau | null {
  const n = windows.length;
  if (n < MIN_WINDOWS) return null;
  const least = Math.max(MIN_STEP, 0.03 * (highest - rest));
  const found = [0, WIDE]
    .filter((reach) => reach === 0 || n >= FINE)
    .map((reach) => stepOver(windows, reach, least, wasAtWork));
  return found.find((one) => one !== null) ?? null;
}

/** `reach`: windows on either side of the step in which it may still be rising. */
function stepOver(
  windows: readonly Window[],
  reach: number,
  least: Bytes,
  wasAtWork: (t0: Micros, t1: Micros) => boolean,
): Plateau | null {
  const n = windows.length;
  const rise = (at: number) => windows[at + reach]!.low - windows[at - 1 - reach]!.low;
  let best: { readonly at: number; readonly step: Bytes } | null = null;
  for (let at = Math.ceil(SHARE * n); at <= n - Math.ceil(0.2 * n); at++)
    if (best === null || rise(at) > best.step) best = { at, step: rise(at) };
  if (best === null) return null;
  // The windows in which it rose may hold values of both levels.
  const [early, late] = [
    settled(windows.slice(0, best.at - 1 - reach), best.step),
    windows.slice(best.at + 1 + reach),
  ];
  if (early.length < 3 || late.length < 2) return null;
  if (Math.min(countReadings(early), countReadings(late)) < MIN_READINGS) return null;
  const [before, after] = [median(early.map(({ low }) => low)), median(late.map(({ low }) => low))];
  const bytes = after - before;
  if (bytes < least || !areFlat(early, before, bytes) || !areFlat(late, after, bytes)) return null;
  const [since, until] = extent(early);
  const isAtWork = wasAtWork(since, until);
  const [from, to] = extent(windows.slice(best.at));
  return { from, to, bytes, before, after, since, isAtWork };
}

/** Less how the run began: what lies before the first window from which on the floor keeps its level. */
function settled(windows: readonly Window[], step: Bytes): readonly Window[] {
  const level = median(windows.slice(windows.length >> 1).map(({ low }) => low));
  const begin =
    windows.findLastIndex(
      ({ low }) => Math.abs(low - level) > Math.max(0.05 * level, 0.25 * step),
    ) + 1;
  const rest = windows.slice(begin);
  const long = (some: readonly Window[]) => {
    const [t0, t1] = extent(some);
    return t1 - t0;
  };
  return rest.length > 2 && long(rest) > 0.5 * long(windows) ? rest : [];
}

const countReadings = (windows: readonly Window[]): number =>
  windows.reduce((sum, { count }) => sum + count, 0);

/** But for one window in ten, in which a line that comes and goes may not have come down. */
const areFlat = (windows: readonly Window[], level: Bytes, step: Bytes): boolean =>
  windows.filter(({ low }) => Math.abs(low - level) > 0.25 * step).length <= 0.1 * windows.length;
