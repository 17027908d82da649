/**
 * What the recordings of a sweep say: the median of each point beside its prediction, and the laws that the medians
 * follow.
 */
import { median } from '../../base/statistics';
import { FIGURE_NAMES, type FigureName, type Pair, type SweepRun } from './figures';
import { findLaws, isNumeric, type Law } from './laws';
import type { Conclusion, SweepPoint, SweepReading } from './reading';
import { type Axis, describePoint, type Point } from './sweep';

export interface SweepOutcome {
  readonly axes: readonly Axis[];
  readonly figures: readonly FigureName[];
  readonly points: readonly SweepPoint[];
  readonly laws: readonly Law[];
  readonly conclusions: readonly Conclusion[];
  readonly failed: readonly { readonly point: string; readonly why: string }[];
  /** What a reader has to know to trust it, in sentences. */
  readonly notes: readonly string[];
}

export function describeSweep(
  reading: SweepReading,
  axes: readonly Axis[],
  points: readonly Point[],
  runs: readonly SweepRun[],
  failed: SweepOutcome['failed'],
): SweepOutcome {
  const rows = points.map((point) =>
    describeRow(point, runs, findPace(reading, axes, point, runs)),
  );
  return {
    axes,
    figures: reading.figures,
    points: rows,
    laws: findLaws(reading, axes, rows),
    conclusions: reading.conclude(rows),
    failed,
    notes: describeCrowd(runs),
  };
}

/** Microseconds a FLOP: the median over the runs of a point's series; NaN where no work is known. */
function findPace(
  reading: SweepReading,
  axes: readonly Axis[],
  point: Point,
  runs: readonly SweepRun[],
): number {
  const words = axes.filter((axis) => !isNumeric(reading, axis));
  const own = runs.filter((run) => words.every(({ name }) => run.point[name] === point[name]));
  const of = own.length > 1 && words.length < axes.length ? own : runs;
  return median(of.flatMap(({ time, work }) => (work ? [time / work] : [])));
}

function describeRow(point: Point, runs: readonly SweepRun[], pace: number): SweepPoint {
  const own = runs.filter((run) => describePoint(run.point) === describePoint(point));
  const pair = (figure: FigureName): Pair => {
    if (figure !== 'time') return medianPair(own.map(({ bytes }) => bytes[figure]));
    const work = medianOfKnown(own.map((run) => run.work));
    return {
      measured: medianOfKnown(own.map(({ time }) => time)),
      predicted: work === null || Number.isNaN(pace) ? null : work * pace,
    };
  };
  return {
    point,
    runs: own.length,
    figures: Object.fromEntries(
      FIGURE_NAMES.map((figure) => [figure, pair(figure)]),
    ) as SweepPoint['figures'],
    sessions: own.map(({ id }) => id),
  };
}

const medianPair = (pairs: readonly Pair[]): Pair => ({
  measured: medianOfKnown(pairs.map(({ measured }) => measured)),
  predicted: medianOfKnown(pairs.map(({ predicted }) => predicted)),
});

function medianOfKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : median(known);
}

function describeCrowd(runs: readonly SweepRun[]): readonly string[] {
  const crowded = runs.filter((run) => run.isCrowded).length;
  if (crowded === 0) return [];
  return [
    `Other programs took part of the processor during ${crowded} of ${runs.length} recordings: their times are too long, and what follows from times is unsure. Bytes are not touched by it.`,
  ];
}
