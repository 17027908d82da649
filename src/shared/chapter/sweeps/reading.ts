/** How the points of a sweep are read: which figures count, which numbers words stand for, and what follows from them. */
import type { MeasuredFigure } from '../experiments/measured';
import type { FigureName, Pair } from './figures';
import type { Point } from './sweep';

export interface SweepPoint {
  readonly point: Point;
  readonly runs: number;
  /** Medians. */
  readonly figures: Readonly<Record<FigureName, Pair>>;
  readonly sessions: readonly string[];
}

/** A figure made from several points, and what the chapter prints for it in its own setting. */
export interface Conclusion extends Omit<MeasuredFigure, 'claims' | 'timed'> {
  /** Half the width of the 95% confidence interval; left out where it is no estimate. */
  readonly halfWidth?: number;
  /** As the chapter prints it: "16.2× at 256 tokens". */
  readonly chapter?: string;
}

/** What an outcome is looked at for; a sweep of a person's own command says nothing of it. */
export interface SweepReading {
  /** The figures that the law is about, the first of them drawn. */
  readonly figures: readonly FigureName[];
  /** The number that a value of an axis stands for; NaN for a word. */
  number(axis: string, value: string): number;
  /** What those numbers count, where the axis is named after something else: the bits of a precision. */
  readonly counted?: string;
  /** The exponent that the chapter states, from and to; null where it states none. */
  stated(
    figure: FigureName,
    axis: string,
    series: Point,
  ): readonly [from: number, to: number] | null;
  conclude(points: readonly SweepPoint[]): readonly Conclusion[];
}

/** For any command: its peak and its time, and the numbers as they are typed. */
export const PLAIN_READING: SweepReading = {
  figures: ['peak', 'time'],
  number: (_, value) => Number(value),
  stated: () => null,
  conclude: () => [],
};
