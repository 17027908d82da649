/**
 * Analysis of a session while it is being recorded, within bounds: phases that are over are worked out once, and
 * a diagnosis is made again no more often than once a second and than lets analysis take a twentieth of the time. Where
 * one is replayed it is of each moment, so that what is found goes by the moment alone.
 */
import { isDeepStrictEqual } from 'node:util';
import { type Diagnosis, diagnose } from '../../shared/divergence/findings/diagnose';
import {
  CompletedPhases,
  completedOverlay,
  completedSpans,
} from '../../shared/divergence/overlay/completed-phases';
import type { DiagnosisInput, OverlayPhase } from '../../shared/divergence/overlay/types';
import { type LiveState, type Prediction, predictSession } from '../../shared/session/analysis';
import type { SessionData } from '../../shared/session/types';

const MIN_INTERVAL_MS = 1000;
/** Pause between two diagnoses, in times of what the last one took. */
const MIN_PAUSE = 20;
/** Phases that a diagnosis goes by at most; the finished session is diagnosed by all. */
const MAX_PHASES = 12_000;

type Declared = Pick<SessionData, 'model' | 'run'>;

export class LiveAnalysis implements LiveState {
  readonly rows = new CompletedPhases();
  readonly #isReplayed: boolean;
  #predicted: (Prediction & Declared) | null = null;
  #diagnosis: Diagnosis | null = null;
  #analysedAt = 0;
  #costMs = 0;

  constructor(pace: 'recorded' | 'replayed') {
    this.#isReplayed = pace === 'replayed';
  }

  predict({ model, run }: SessionData): Prediction {
    const known = this.#predicted;
    if (known !== null && isDeepStrictEqual([known.model, known.run], [model, run])) return known;
    this.#predicted = { model, run, ...predictSession({ model, run }) };
    return this.#predicted;
  }

  /** The diagnosis of what is over of `input`; that of a moment ago where it is too early for a new one. */
  diagnose(input: DiagnosisInput): Diagnosis {
    const begun = performance.now();
    const isEarly = begun - this.#analysedAt < Math.max(MIN_INTERVAL_MS, MIN_PAUSE * this.#costMs);
    if (this.#diagnosis !== null && isEarly && !this.#isReplayed) return this.#diagnosis;
    const { durationUs } = input;
    const overlay = completedOverlay(input.overlay, durationUs);
    const isKept = thinOut(overlay.phases);
    this.#diagnosis = diagnose({
      ...input,
      live: true,
      overlay: { ...overlay, phases: overlay.phases.filter(isKept) },
      spans: completedSpans(input.spans, durationUs),
    });
    this.#analysedAt = performance.now();
    this.#costMs = this.#analysedAt - begun;
    return this.#diagnosis;
  }
}

/**
 * Of a long recording whole steps, evenly apart, so that what steps have in common is seen of those that are left; where
 * steps have no number every so many phases. The first steps stay, and so do the last.
 */
function thinOut(phases: readonly OverlayPhase[]): (row: OverlayPhase, at: number) => boolean {
  const apart = 2 ** Math.ceil(Math.log2(Math.max(1, phases.length / MAX_PHASES)));
  const kept = MAX_PHASES / 100;
  return ({ step }, at) => (step ?? at) % apart === 0 || at < kept || at >= phases.length - kept;
}
