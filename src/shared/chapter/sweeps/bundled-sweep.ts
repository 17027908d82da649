/** A sweep of the bundled workload that comes with Plumbline, and what such sweeps share. */
import { fitTrend } from '../../base/trend';
import { preset } from '../../model/presets';
import type { ModelSpec, RunSpec } from '../../model/spec';
import { chapterClaim } from '../experiments/experiment';
import type { FigureName } from './figures';
import type { Conclusion, SweepPoint, SweepReading } from './reading';
import type { Axis, Point } from './sweep';

export interface BundledSweep extends Omit<SweepReading, 'conclude'> {
  readonly name: string;
  readonly title: string;
  /** The law that the chapter states for it, in words. */
  readonly law: string;
  /** What is run in either size, and about how long that takes on two cores. */
  readonly scope: { readonly quick: string; readonly full: string };
  axes(full: boolean): readonly Axis[];
  spec(point: Point, full: boolean): { readonly model: ModelSpec; readonly run: RunSpec };
  conclude(points: readonly SweepPoint[], full: boolean): readonly Conclusion[];
}

/** How a bundled sweep is read in one of its sizes. */
export const readingFor = (sweep: BundledSweep, full: boolean): SweepReading => ({
  ...sweep,
  conclude: (points) => sweep.conclude(points, full),
});

/** The small model, or the chapter's. */
export const sizedModel = (full: boolean): ModelSpec => preset(full ? 'gpt2' : 'gpt2-nano');

/** The value of an axis as the number that it is. */
export const whole = (point: Point, name: string): number => Number(point[name]);

/** As the chapter prints it: "16.2×", "≈80%", with the setting it holds in where that is another one. */
export function printedInChapter(id: string, setting = ''): string {
  const { printedText, unit, approximate } = chapterClaim(id);
  const [sign = ''] = unit.split(' ');
  return `${approximate ? '≈' : ''}${printedText}${sign}${setting === '' ? '' : ` ${setting}`}`;
}

/** A figure of one point against another's, in what is measured and in what is predicted. */
export function ratio(
  over: SweepPoint | undefined,
  under: SweepPoint | undefined,
  figure: FigureName,
): { readonly measured: number; readonly predicted: number } | null {
  const [a, b] = [over?.figures[figure], under?.figures[figure]];
  if (!a || !b || a.measured === null || !b.measured) return null;
  return {
    measured: a.measured / b.measured,
    predicted: (a.predicted ?? NaN) / (b.predicted ?? NaN),
  };
}

/** A prediction that there is. */
export const predictedBy = (value: number, by: string): Conclusion['predicted'] =>
  Number.isFinite(value) ? [{ value, by }] : [];

/**
 * What a step costs whatever its size: where the line of time over work meets the axis. On a small model it is most of
 * the step, and the reason why time grows slower than work.
 */
export function fixedCost(points: readonly SweepPoint[], what: string): readonly Conclusion[] {
  const line = fitTrend(
    points.flatMap(({ figures: { time } }) =>
      time.measured === null || time.predicted === null
        ? []
        : [{ x: time.predicted, y: time.measured }],
    ),
  );
  if (line === null || line.intercept <= 0) return [];
  return [{ what, value: line.intercept / 1000, unit: 'ms', predicted: [] }];
}
