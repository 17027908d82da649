/** Trace by trace of a seed: each has its own, so that one can be looked at alone. */
import { draw, type Plan } from './plan';
import { Random } from './random';
import { type Trace, traceOf } from './trace';

/** The trace is made when it is asked for: many are passed over for what is planned of them. */
export interface DrawnTrace {
  readonly plan: Plan;
  make(): Trace;
}

/** Every other trace is clean. */
export function drawTrace(index: number, seed: number): DrawnTrace {
  for (let attempt = 0; ; attempt++) {
    const random = new Random(seed * 1_000_003 + index * 7919 + attempt * 104_729);
    const plan = draw(random, index % 2 === 1);
    if (plan !== null) return { plan, make: () => traceOf(plan, random) };
  }
}
