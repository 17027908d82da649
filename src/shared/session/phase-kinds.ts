/**
 * Phases of a session taken together by kind: what forward passes held and how long they took, with the two of them
 * that stand out. However many steps a run has, it has a handful of kinds.
 */
import type { Phase } from '../base/vocabulary';
import { type PhaseSums, tallyPhases } from '../divergence/overlay/phase-tally';
import type { OverlayPhase, Stage } from '../divergence/overlay/types';

/** Rows of one phase and rank, and of one stage where they were found in the trace. Bytes are less the baseline. */
export interface PhaseKind extends Omit<PhaseSums, 'first'> {
  readonly phase: Phase;
  readonly rank: number;
  readonly stage?: Stage;
}

/** How many phases of all kinds are out of bounds. */
export const countFlagged = (kinds: readonly Pick<PhaseKind, 'flagged'>[]): number =>
  kinds.reduce((sum, { flagged }) => sum + flagged, 0);

/** In order of their first phase. */
export const summarizePhases = (phases: readonly OverlayPhase[]): PhaseKind[] =>
  [...tallyPhases(phases).values()].map(({ first: { phase, rank, stage }, ...sums }) => ({
    phase,
    rank,
    ...(stage && { stage }),
    ...sums,
  }));
