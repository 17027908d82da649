/** Which phase of an overlay stands out: the highest, and the flagged one that is furthest from its prediction. */

import type { Bytes } from '../../base/units';
import type { OverlayPhase, TierPair } from './types';

/** The first of the highest phases; null where nothing was measured. */
export function highestPhase<T extends OverlayPhase>(phases: readonly T[]): T | null {
  let highest: T | null = null;
  let most = Number.NEGATIVE_INFINITY;
  for (const row of phases) {
    if (row.measured === null || row.measured <= most) continue;
    highest = row;
    most = row.measured;
  }
  return highest;
}

/** A flagged phase: it was both measured and predicted. */
export interface FlaggedPhase extends OverlayPhase {
  readonly measured: Bytes;
  readonly residualBytes: Bytes;
  readonly predicted: TierPair & { readonly refined: Bytes };
}

export function isFlagged(row: OverlayPhase): row is FlaggedPhase {
  return (
    row.flagged &&
    row.measured !== null &&
    row.residualBytes !== null &&
    row.predicted.refined !== null
  );
}

/** The flagged phase that is furthest off; of equal ones that of the higher memory. */
export function worstPhase(phases: readonly OverlayPhase[]): FlaggedPhase | null {
  let worst: FlaggedPhase | null = null;
  for (const row of phases) {
    if (!isFlagged(row)) continue;
    const [off, most] = [Math.abs(row.residualBytes), Math.abs(worst?.residualBytes ?? 0)];
    if (worst === null || off > most || (off === most && row.measured > worst.measured))
      worst = row;
  }
  return worst;
}
