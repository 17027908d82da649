/**
 * A line thinned to windows of about equal length, over the time in which something ran: the lowest value of a window is
 * what was not given back in it, the highest what was needed. A window holds several periods of a line that repeats, so
 * that the swing of a step does not look like growth.
 *
 * Lines of any length are read from their levels: a few hundred runs, whatever they were made of.
 */
import type { Bytes, Micros } from '../../base/units';
import type { SampleRun } from '../../trace/sample-source';
import { sampleRunsIn } from '../../trace/series';
import type { SeriesData } from '../../trace/types';

export type Window = SampleRun;

const RUNS = 480;
/**
 * Windows of the whole line: fine, coarse, and for a line that is read a few hundred times and seldom comes down as coarse
 * as a straight line can be told from. Fewer where a period asks for longer ones.
 */
const FINE = 96;
const COARSE = 24;
const COARSEST = 12;

export interface Floor {
  readonly windows: readonly Window[];
  /** In which the run ended, right after these: its highest value counts, its lowest is no floor. */
  readonly last: Window | null;
  /** Lowest value of the line, before it rose where that was seen. */
  readonly rest: Bytes;
  readonly highest: Bytes;
}

/**
 * The floor in fine windows and in coarser ones, which a line that comes and goes without order needs to show its own.
 * `period`: of the line, where it repeats. Empty where the line has hardly a sample.
 */
export function findFloors(line: SeriesData, period: Micros | null): Floor[] {
  const runs = sampleRunsIn(line, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, RUNS);
  const [first, last] = [runs[0], runs.at(-1)];
  if (first === undefined || last === undefined || runs.length < 8) return [];
  const whole = last.t1 - first.t0;
  const lengths = [FINE, COARSE, COARSEST].map((n) => Math.max(whole / n, 1.15 * (period ?? 0)));
  return [...new Set(lengths)].map((length) => floorIn(joinRuns(runs, length)));
}

/** As fine as it is read; for what is kept from a moment on, which needs no window to come down in. */
export function findFinestFloor(line: SeriesData): Floor | null {
  const runs = sampleRunsIn(line, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, RUNS);
  return runs.length < 8 ? null : floorIn({ windows: runs, last: null });
}

function floorIn({ windows: all, last }: Windows): Floor {
  const rest = Math.min(...all.map(({ low }) => low));
  const kept = Math.max(...all.map(({ low }) => low));
  const highest = Math.max(...all.map(({ high }) => high));
  if (kept <= rest) return { windows: all, last, rest, highest };
  const isUp = ({ low }: Window) => low >= rest + 0.1 * (kept - rest);
  const begin = all.findIndex(isUp);
  // The end of a process gives everything back, some of it a moment before.
  const end = all.findLastIndex(({ low }) => low >= rest + 0.5 * (kept - rest));
  // Before the rise and after the end nothing ran; a line that grew from its first sample on began where it begins.
  const isGradual = begin > 0 && all[begin]!.low - rest < 0.2 * (kept - rest);
  // What holds much of it for long before it rises was running: an idle device holds next to nothing.
  const wasRunning = begin >= 0.2 * all.length && rest >= 0.2 * kept;
  const windows = all.slice(isGradual || wasRunning ? 0 : begin, end + 1);
  return { windows, last: all[end + 1] ?? last, rest, highest };
}

/** The windows of [t0, t1] alone. */
export const cutFloor = (floor: Floor, from: Micros, to: Micros): Floor => ({
  ...floor,
  windows: floor.windows.filter(({ t0, t1 }) => t0 >= from && t1 <= to),
  last: null,
});

interface Windows {
  readonly windows: readonly Window[];
  /** What is left over at the end, shorter than the others. */
  readonly last: Window | null;
}

function joinRuns(runs: readonly SampleRun[], length: Micros): Windows {
  const windows: Window[] = [];
  for (const run of runs) {
    const open = windows.at(-1);
    if (open === undefined || run.t0 - open.t0 >= length) windows.push(run);
    else
      windows[windows.length - 1] = {
        t0: open.t0,
        t1: run.t1,
        count: open.count + run.count,
        low: Math.min(open.low, run.low),
        high: Math.max(open.high, run.high),
      };
  }
  const last = windows.at(-1);
  const isShort = windows.length > 1 && last !== undefined && last.t1 - last.t0 < 0.8 * length;
  return isShort ? { windows: windows.slice(0, -1), last } : { windows, last: null };
}

/** From the beginning of the first window to the end of the last; of none nothing. */
export const extent = (windows: readonly Window[]): readonly [Micros, Micros] => [
  windows[0]?.t0 ?? 0,
  windows.at(-1)?.t1 ?? 0,
];

/** The middle of a window. */
export const middle = ({ t0, t1 }: Window): Micros => (t0 + t1) / 2;
