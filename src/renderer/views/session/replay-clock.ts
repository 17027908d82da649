/**
 * Where a replay stands and how it goes on. Pure: every function returns the next state.
 *
 * By time, session time passes `speed` times as fast as the clock. By phase, step or token, one of them passes in a
 * second over `speed`, however long it took. A loop jumps from its end back to its beginning.
 */
import { lowerBound, upperBound } from '../../../shared/base/search';
import type { Micros } from '../../../shared/base/units';

export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64] as const;
export const PACES = ['time', 'phase', 'step', 'token'] as const;
export type Pace = (typeof PACES)[number];

export interface Replay {
  readonly at: Micros;
  readonly isPlaying: boolean;
  readonly speed: number;
  readonly pace: Pace;
  /** Null plays on to the end. */
  readonly loop: readonly [Micros, Micros] | null;
  /** Of the next phase, step or token: the share of its second that has passed. */
  readonly pending: number;
}

export const startReplay = (at: Micros): Replay => ({
  at,
  isPlaying: true,
  speed: 1,
  pace: 'time',
  loop: null,
  pending: 0,
});

/** After `elapsedUs` of the clock. `stops`: ends of phases, steps or tokens, rising; not looked at by time. */
export function advance(
  replay: Replay,
  elapsedUs: Micros,
  end: Micros,
  stops: Float64Array,
): Replay {
  if (!replay.isPlaying) return replay;
  const moved =
    replay.pace === 'time'
      ? { at: replay.at + elapsedUs * replay.speed, pending: 0 }
      : byStops(replay, elapsedUs, end, stops);
  const { loop } = replay;
  if (loop !== null && moved.at >= loop[1]) return { ...replay, at: loop[0], pending: 0 };
  if (moved.at >= end) return { ...replay, at: end, isPlaying: false, pending: 0 };
  return { ...replay, ...moved };
}

function byStops(
  { at, pending, speed }: Replay,
  elapsedUs: Micros,
  end: Micros,
  stops: Float64Array,
): Pick<Replay, 'at' | 'pending'> {
  const passed = pending + (elapsedUs / 1e6) * speed;
  const whole = Math.floor(passed);
  const index = upperBound(stops, at) + whole - 1;
  if (whole === 0) return { at, pending: passed };
  return { at: index < stops.length ? (stops[index] ?? end) : end, pending: passed - whole };
}

/** To the stop after or before where it stands; to the end or the beginning where there is none. */
export function seekStop(at: Micros, direction: 1 | -1, end: Micros, stops: Float64Array): Micros {
  if (direction === 1) return stops[upperBound(stops, at)] ?? end;
  return stops[lowerBound(stops, at) - 1] ?? 0;
}

/** One step faster or slower. */
export function changeSpeed(speed: number, by: 1 | -1): number {
  const index = (SPEEDS as readonly number[]).indexOf(speed) + by;
  return SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, index))] ?? 1;
}
