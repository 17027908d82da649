/**
 * Phases made ready to draw: those too short to be seen at a width are merged with their neighbours in the same column
 * of pixels, so that ten thousand steps cost no more than the pixels they fall on.
 *
 * Guarantees: every phase that touches the span is in exactly one bar; a phase at least a column long stands alone; the
 * highest value, the highest prediction and the phase that is furthest off are those of all merged phases.
 */
import type { Bytes, Micros } from '../base/units';
import type { Phase } from '../base/vocabulary';
import type { ComponentBytes } from '../budget/types';
import { compareWorst } from '../divergence/overlay/phase-tally';
import type { OverlayPhase } from '../divergence/overlay/types';
import { touches } from '../session/pages';

/** One phase, or several beside each other that no eye could tell apart. Bytes are less the baseline. */
export interface PhaseBar {
  readonly rank: number;
  /** From the beginning of the first to the end of the last. */
  readonly span: readonly [Micros, Micros];
  readonly count: number;
  readonly flagged: number;
  /** Null where phases of several kinds are merged. */
  readonly phase: Phase | null;
  /** Highest value in any of them; null where nothing was measured. */
  readonly measured: Bytes | null;
  /** Highest prediction of the refined tier, and its components where they are known. */
  readonly predicted: Bytes | null;
  readonly predictedComponents: ComponentBytes | null;
  /** The phase itself where it is one; else the one that is furthest from its prediction, or the first. */
  readonly worst: OverlayPhase;
}

/** Of the span [t0, t1], for a picture of `columns` pixels. `phases` are in order of their beginning. */
export function drawPhases(
  phases: readonly OverlayPhase[],
  t0: Micros,
  t1: Micros,
  columns: number,
): PhaseBar[] {
  const width = Math.max(1, t1 - t0) / Math.max(1, Math.floor(columns));
  const groups: OverlayPhase[][] = [];
  const open = new Map<string, OverlayPhase[]>();
  for (const row of phases) {
    if (!touches({ t0, t1 }, row.span[0], row.span[1])) continue;
    const isLong = row.span[1] - row.span[0] >= width;
    const key = `${row.rank}:${Math.floor((Math.max(t0, row.span[0]) - t0) / width)}`;
    const group = isLong ? undefined : open.get(key);
    if (group) group.push(row);
    else {
      const begun = [row];
      groups.push(begun);
      if (!isLong) open.set(key, begun);
    }
  }
  return groups.flatMap(mergeBar);
}

/** From the earliest beginning to the latest end. `rows` are not empty. */
function spanAround(rows: readonly OverlayPhase[]): readonly [Micros, Micros] {
  let begin = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const { span } of rows) {
    begin = Math.min(begin, span[0]);
    end = Math.max(end, span[1]);
  }
  return [begin, end];
}

function mergeBar(rows: readonly OverlayPhase[]): PhaseBar[] {
  const [first] = rows;
  if (first === undefined) return [];
  const tallest = rows.reduce((best, row) =>
    (row.predicted.refined ?? -1) > (best.predicted.refined ?? -1) ? row : best,
  );
  const measured = rows.flatMap((row) => row.measured ?? []);
  return [
    {
      rank: first.rank,
      span: spanAround(rows),
      count: rows.length,
      flagged: rows.filter(({ flagged }) => flagged).length,
      phase: rows.every(({ phase }) => phase === first.phase) ? first.phase : null,
      measured: measured.length === 0 ? null : measured.reduce((a, b) => Math.max(a, b)),
      predicted: tallest.predicted.refined,
      predictedComponents: tallest.predictedComponents,
      worst: rows.reduce((worst, row) => (compareWorst(row, worst) < 0 ? row : worst)),
    },
  ];
}
