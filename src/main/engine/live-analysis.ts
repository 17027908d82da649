/**
 * Analysis of a session while it is being recorded, within bounds: phases that are over are worked out once, and
 * a diagnosis is made again no more often than once a second and than lets analysis take a twentieth of the time.
 */
import { type Diagnosis, diagnose } from '../../shared/divergence/findings/diagnose';
import {
  CompletedPhases,
  completedOverlay,
  completedSpans,
} from '../../shared/divergence/overlay/completed-phases';
import type { DiagnosisInput } from '../../shared/divergence/overlay/types';
import type { LiveState } from '../../shared/session/analysis';

const MIN_INTERVAL_MS = 1000;
/** Pause between two diagnoses, in times of what the last one took. */
const MIN_PAUSE = 20;

export class LiveAnalysis implements LiveState {
  readonly rows = new CompletedPhases();
  #diagnosis: Diagnosis | null = null;
  #analysedAt = 0;
  #costMs = 0;

  /** The diagnosis of what is over of `input`; that of a moment ago where it is too early for a new one. */
  diagnose(input: DiagnosisInput): Diagnosis {
    const begun = performance.now();
    const isEarly = begun - this.#analysedAt < Math.max(MIN_INTERVAL_MS, MIN_PAUSE * this.#costMs);
    if (this.#diagnosis !== null && isEarly) return this.#diagnosis;
    const { durationUs } = input;
    this.#diagnosis = diagnose({
      ...input,
      live: true,
      overlay: completedOverlay(input.overlay, durationUs),
      spans: completedSpans(input.spans, durationUs),
    });
    this.#analysedAt = performance.now();
    this.#costMs = this.#analysedAt - begun;
    return this.#diagnosis;
  }
}
