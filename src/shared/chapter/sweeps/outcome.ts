/**
 * What the recordings of a sweep say: the median of each point, the prediction beside it, and the exponent by which
 * memory and time grow, with its 95% confidence interval.
 */
import { median } from '../../base/statistics';
import { fitTrend } from '../../base/trend';
import type { Bytes, Micros } from '../../base/units';
import type { SessionDocument } from '../../session/session-document';
import {
  activationBytes,
  predictedActivationBytes,
  shortestStep,
} from '../experiments/measured/measurement';
import { type Axis, describePoint, type Point } from './sweep';

/** What one recording says. */
export interface SweepRun {
  readonly point: Point;
  readonly id: string;
  readonly peak: Bytes | null;
  readonly predicted: Bytes | null;
  /** Activations alone, as the framework counts them, and as predicted; null where it does not count. */
  readonly activations: Bytes | null;
  readonly predictedActivations: Bytes | null;
  /** Of a step of training, the first left out; else of the work, loading left out; else of the whole run. */
  readonly time: Micros;
}

export interface SweepPoint {
  readonly point: Point;
  readonly runs: number;
  /** Medians; null where nothing was measured or predicted, and where every run failed. */
  readonly peak: Bytes | null;
  readonly predicted: Bytes | null;
  readonly activations: Bytes | null;
  readonly predictedActivations: Bytes | null;
  readonly time: Micros | null;
  readonly sessions: readonly string[];
}

/** y grows as the swept value to the power of `exponent`. */
export interface PowerLaw {
  readonly exponent: number;
  /** Half the width of the 95% confidence interval. */
  readonly halfWidth: number;
  readonly r2: number;
}

type Figure = 'peak' | 'predicted' | 'activations' | 'predictedActivations' | 'time';

export interface SweepOutcome {
  readonly axes: readonly Axis[];
  readonly points: readonly SweepPoint[];
  /** Of one axis of numbers with three points or more; null elsewhere. */
  readonly laws: Readonly<Record<Figure, PowerLaw | null>>;
  readonly failed: readonly { readonly point: string; readonly why: string }[];
}

export function readRun(point: Point, doc: SessionDocument): SweepRun {
  const { measuredPeak, predictedPeak, phases } = doc.overlay;
  const work = phases
    .filter(({ phase }) => phase !== 'load' && phase !== 'idle')
    .reduce((sum, { span: [t0, t1] }) => sum + t1 - t0, 0);
  const step = shortestStep(doc);
  return {
    point,
    id: doc.id,
    peak: measuredPeak?.bytes ?? null,
    predicted: predictedPeak.refined,
    activations: activationBytes(doc) || null,
    predictedActivations: predictedActivationBytes(doc) || null,
    time: Number.isFinite(step) ? step : work || doc.durationUs,
  };
}

export function describeSweep(
  axes: readonly Axis[],
  points: readonly Point[],
  runs: readonly SweepRun[],
  failed: SweepOutcome['failed'],
): SweepOutcome {
  const rows = points.map((point): SweepPoint => {
    const own = runs.filter((run) => describePoint(run.point) === describePoint(point));
    return {
      point,
      runs: own.length,
      ...eachFigure((figure) => medianOfKnown(own.map((run) => run[figure]))),
      sessions: own.map(({ id }) => id),
    };
  });
  const [axis] = axes;
  return {
    axes,
    points: rows,
    laws: eachFigure((figure) =>
      axis === undefined || axes.length > 1 ? null : fitPower(rows, axis.name, figure),
    ),
    failed,
  };
}

const eachFigure = <T>(make: (figure: Figure) => T): Readonly<Record<Figure, T>> => ({
  peak: make('peak'),
  predicted: make('predicted'),
  activations: make('activations'),
  predictedActivations: make('predictedActivations'),
  time: make('time'),
});

/** Least squares through the logarithms; null for fewer than three points with a number and something measured. */
function fitPower(rows: readonly SweepPoint[], axis: string, figure: Figure): PowerLaw | null {
  const points = rows.flatMap((row) => {
    const [x, y] = [Number(row.point[axis]), row[figure]];
    return x > 0 && y !== null && y > 0 ? [{ x: Math.log(x), y: Math.log(y) }] : [];
  });
  const trend = fitTrend(points);
  return trend && { exponent: trend.slope, halfWidth: trend.halfWidth, r2: trend.r2 };
}

function medianOfKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : median(known);
}
