/**
 * Stretches in which a card that was busy before and after did nothing, while its memory was held. A card between two
 * jobs has given its memory back, and is not meant.
 */
import type { Micros } from '../../base/units';
import { maxIn, minIn, sampleAfter, sampleBefore, sampleRunsIn } from '../../trace/series';
import type { SeriesData } from '../../trace/types';

export interface Idleness {
  readonly stretches: readonly (readonly [Micros, Micros])[];
  /** Of all stretches together. */
  readonly us: Micros;
  /** From when the card was first busy to when it was last. */
  readonly busy: readonly [Micros, Micros];
  readonly samples: number;
}

const RUNS = 2000;
/** Of the driver's window, in thousandths of a percent. */
const IDLE = 5000;
const BUSY = 20_000;
const MIN_SAMPLES = 5;
const MIN_LENGTH: Micros = 5e6;

/** `memory`: of the same card, where it was read. Null where no stretch is long enough to matter. */
export function findIdleness(
  utilization: SeriesData,
  memory: SeriesData | undefined,
): Idleness | null {
  const runs = sampleRunsIn(utilization, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, RUNS);
  const begin = runs.findIndex(({ high }) => high >= BUSY);
  const end = runs.findLastIndex(({ high }) => high >= BUSY);
  if (begin < 0 || end <= begin) return null;
  const busy = [runs[begin]!.t0, runs[end]!.t1] as const;
  const held = memory === undefined ? null : maxIn(memory, ...busy);
  const isHeld = (t0: Micros, t1: Micros) => {
    const lowest = memory === undefined ? null : minIn(memory, t0, t1);
    return held === null || lowest === null || lowest.value >= 0.5 * held.value;
  };
  const stretches: (readonly [Micros, Micros])[] = [];
  let samples = 0;
  for (let from = begin + 1; from < end; from++) {
    if (runs[from]!.high > IDLE) continue;
    let to = from;
    let count = 0;
    for (; to < end && runs[to]!.high <= IDLE; to++) count += runs[to]!.count;
    // A reading is of the time before it, so what is idle began with the reading before.
    const t0 = sampleBefore(utilization, runs[from]!.t0 - 1)?.t ?? runs[from]!.t0;
    const t1 = sampleAfter(utilization, runs[to - 1]!.t1)?.t ?? runs[to - 1]!.t1;
    const isLong = count >= MIN_SAMPLES && t1 - t0 >= MIN_LENGTH;
    const isRead = !utilization.gaps.some((gap) => gap.t0 < t1 && gap.t1 > t0);
    if (isLong && isRead && isHeld(runs[from]!.t0, runs[to - 1]!.t1)) {
      stretches.push([t0, t1]);
      samples += count;
    }
    from = to;
  }
  const us = stretches.reduce((sum, [t0, t1]) => sum + t1 - t0, 0);
  return us < 0.1 * (busy[1] - busy[0]) && us < 60e6 ? null : { stretches, us, busy, samples };
}
