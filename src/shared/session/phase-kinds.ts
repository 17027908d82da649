/**
 * Phases of a session taken together by kind: what forward passes held and how long they took, with the two of them
 * that stand out. However many steps a run has, it has a handful of kinds.
 */
import { median } from '../base/statistics';
import type { Bytes, Micros } from '../base/units';
import type { Phase } from '../base/vocabulary';
import { highestPhase } from '../divergence/overlay/phase-rows';
import type { OverlayPhase, Stage } from '../divergence/overlay/types';

/** Rows of one phase and rank, and of one stage where they were found in the trace. Bytes are less the baseline. */
export interface PhaseKind {
  readonly phase: Phase;
  readonly rank: number;
  readonly stage?: Stage;
  readonly count: number;
  readonly flagged: number;
  /** From the beginning of the first to the end of the last. */
  readonly span: readonly [Micros, Micros];
  /** Time in all of them. */
  readonly totalUs: Micros;
  readonly medianUs: Micros;
  /** Medians over those where it is known; null where it is known of none. */
  readonly medianMeasured: Bytes | null;
  readonly medianResidualBytes: Bytes | null;
  /** The first with the highest memory; null where nothing was measured. */
  readonly highest: OverlayPhase | null;
  /** The first that is furthest from its prediction, flagged ones before others; null where none was predicted. */
  readonly worst: OverlayPhase | null;
}

/** In order of their first phase. */
export function summarizePhases(phases: readonly OverlayPhase[]): PhaseKind[] {
  const groups = Map.groupBy(phases, kindKey);
  return [...groups.values()].flatMap((rows) => {
    const [first] = rows;
    return first === undefined ? [] : [summarizeKind(first, rows)];
  });
}

/** What tells the kind of a phase. */
export const kindKey = ({ rank, phase, stage }: OverlayPhase): string =>
  `${rank}:${phase}:${stage ?? ''}`;

function summarizeKind(first: OverlayPhase, rows: readonly OverlayPhase[]): PhaseKind {
  const { phase, rank, stage } = first;
  const durations = rows.map(({ span }) => span[1] - span[0]);
  return {
    phase,
    rank,
    ...(stage && { stage }),
    count: rows.length,
    flagged: rows.filter(({ flagged }) => flagged).length,
    span: spanAround(rows),
    totalUs: durations.reduce((sum, duration) => sum + duration, 0),
    medianUs: median(durations),
    medianMeasured: medianKnown(rows.map(({ measured }) => measured)),
    medianResidualBytes: medianKnown(rows.map(({ residualBytes }) => residualBytes)),
    highest: highestPhase(rows),
    worst: findWorst(rows),
  };
}

/** Of rows in order of their beginning. */
export function findWorst(rows: readonly OverlayPhase[]): OverlayPhase | null {
  const known = rows.filter(({ residualBytes }) => residualBytes !== null);
  return known.length === 0
    ? null
    : known.reduce((worst, row) => (compareWorst(row, worst) < 0 ? row : worst));
}

/** Flagged phases first, then by distance from the prediction; what was not predicted comes last. */
export function compareWorst(a: OverlayPhase, b: OverlayPhase): number {
  return Number(b.flagged) - Number(a.flagged) || distance(b) - distance(a);
}

const distance = ({ residualBytes }: OverlayPhase): Bytes =>
  residualBytes === null ? -1 : Math.abs(residualBytes);

/** From the earliest beginning to the latest end. `rows` are not empty. */
export function spanAround(rows: readonly OverlayPhase[]): readonly [Micros, Micros] {
  let begin = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const { span } of rows) {
    begin = Math.min(begin, span[0]);
    end = Math.max(end, span[1]);
  }
  return [begin, end];
}

function medianKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : median(known);
}
