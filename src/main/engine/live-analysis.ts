/**
 * Analysis of a session while it is being recorded, within bounds: phases that are over are worked out once, and
 * findings again no more often than once a second and than lets analysis take a twentieth of the time.
 */
import { type FindingsInput, findDivergences } from '../../shared/divergence/findings';
import {
  CompletedPhases,
  completedOverlay,
  completedSpans,
} from '../../shared/divergence/overlay/completed-phases';
import type { Finding } from '../../shared/divergence/overlay/types';
import type { LiveState } from '../../shared/session/document';

const LEAST_INTERVAL_MS = 1000;
const SHARE = 20;

export class LiveAnalysis implements LiveState {
  readonly rows = new CompletedPhases();
  #findings: readonly Finding[] = [];
  #analysedAt = Number.NEGATIVE_INFINITY;
  #costMs = 0;

  /** Findings of what is settled of `input`; those of a moment ago where it is too early for new ones. */
  findings(input: FindingsInput): readonly Finding[] {
    const begun = performance.now();
    if (begun - this.#analysedAt < Math.max(LEAST_INTERVAL_MS, SHARE * this.#costMs))
      return this.#findings;
    const { durationUs } = input;
    this.#findings = findDivergences({
      ...input,
      live: true,
      overlay: completedOverlay(input.overlay, durationUs),
      spans: completedSpans(input.spans, durationUs),
    });
    this.#analysedAt = performance.now();
    this.#costMs = this.#analysedAt - begun;
    return this.#findings;
  }
}
