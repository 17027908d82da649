/** Which kind of phase comes first: the one whose worst occurrence is furthest from its prediction. Pure. */
import type { PhaseKind } from '../../../shared/session/phase-kinds';

/** Flagged kinds first, then by distance; those without a prediction keep the order of their first phase. */
export function rankKinds(kinds: readonly PhaseKind[]): readonly PhaseKind[] {
  const distance = ({ worst }: PhaseKind) => Math.abs(worst?.residualBytes ?? -1);
  return [...kinds].sort(
    (a, b) => Number(b.flagged > 0) - Number(a.flagged > 0) || distance(b) - distance(a),
  );
}
