/**
 * Timers of the recording thread that fire together: to be woken costs it more than what most of them then do. Those
 * whose period is no multiple of the tick have a timer of their own.
 */
import type { Millis } from '../../shared/base/units';

const BEAT_MS: Millis = 250;

interface Beating {
  readonly beats: number;
  /** Until it runs. */
  left: number;
  readonly run: () => void;
}

const beating = new Set<Beating>();
let timer: NodeJS.Timeout | null = null;

/** Runs something periodically, first when a period has passed; what it returns ends that. */
export function every(periodMs: Millis, run: () => void): () => void {
  if (periodMs % BEAT_MS !== 0) {
    const own = setInterval(run, periodMs);
    return () => clearInterval(own);
  }
  const beats = periodMs / BEAT_MS;
  const one: Beating = { beats, left: timer === null ? beats : beats + 1, run };
  beating.add(one);
  timer ??= setInterval(tick, BEAT_MS);
  return () => {
    beating.delete(one);
    if (timer !== null && beating.size === 0) {
      clearInterval(timer);
      timer = null;
    }
  };
}

function tick(): void {
  for (const one of beating) {
    if (--one.left > 0) continue;
    one.left = one.beats;
    one.run();
  }
}
