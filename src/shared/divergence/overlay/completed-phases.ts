/**
 * The part of a session being recorded that will not change any more: phases that are over, and late enough in the past
 * that no sample of theirs is still on its way. What is concluded from it holds when the recording ends; a phase that is
 * still open would look like a divergence.
 */

import type { Micros } from '../../base/units';
import type { PhaseSpan } from '../../trace/types';
import type { Overlay, OverlayPhase } from './types';

/** Samples reach the recorder in batches, and other processes are read once or twice a second. */
const UNDERWAY: Micros = 1_500_000;

export const isCompleted = (until: Micros, durationUs: Micros) => until < durationUs - UNDERWAY;

export function completedSpans(spans: readonly PhaseSpan[], durationUs: Micros): PhaseSpan[] {
  return spans.filter(({ t1 }) => isCompleted(t1, durationUs));
}

/** Phases found in the trace are not announced as over: they are left out, and the staircase with them. */
export function completedOverlay(
  { stairs: _stairs, ...overlay }: Overlay,
  durationUs: Micros,
): Overlay {
  return {
    ...overlay,
    phases: overlay.phases.filter((row) => !row.inferred && isCompleted(row.span[1], durationUs)),
  };
}

/** Rows of phases that are over, by line and span: each is worked out once, however often a live session is shown. */
export class CompletedPhases {
  readonly #rows = new Map<string, OverlayPhase>();

  row(
    line: string | null,
    span: PhaseSpan,
    durationUs: Micros,
    compute: () => OverlayPhase,
  ): OverlayPhase {
    if (!isCompleted(span.t1, durationUs)) return compute();
    const key = `${line} ${span.rank} ${span.phase} ${span.step} ${span.t0} ${span.t1}`;
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const row = compute();
    this.#rows.set(key, row);
    return row;
  }
}
