/**
 * Analysis of a session while it is being recorded, within bounds: phases that are over are worked out once, and
 * findings again no more often than once a second and than lets analysis take a twentieth of the time.
 */
import { type FindingsInput, findingsOf } from '../../shared/divergence/findings';
import { SettledRows, settledOverlay, settledSpans } from '../../shared/divergence/settled';
import type { Finding } from '../../shared/divergence/types';

const LEAST_INTERVAL_MS = 1000;
const SHARE = 20;

export class LiveAnalysis {
  readonly rows = new SettledRows();
  #findings: readonly Finding[] = [];
  #analysedAt = Number.NEGATIVE_INFINITY;
  #costMs = 0;

  /** Findings of what is settled of `input`; those of a moment ago where it is too early for new ones. */
  findings(input: FindingsInput): readonly Finding[] {
    const begun = performance.now();
    if (begun - this.#analysedAt < Math.max(LEAST_INTERVAL_MS, SHARE * this.#costMs))
      return this.#findings;
    const { durationUs } = input;
    this.#findings = findingsOf({
      ...input,
      live: true,
      overlay: settledOverlay(input.overlay, durationUs),
      spans: settledSpans(input.spans, durationUs),
    });
    this.#analysedAt = performance.now();
    this.#costMs = this.#analysedAt - begun;
    return this.#findings;
  }
}
