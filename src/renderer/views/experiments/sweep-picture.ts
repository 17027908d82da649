/**
 * Where the points of a sweep stand in its picture: the swept number against the figure, both logarithmic, one series for
 * every combination of what else is swept; around the points of a series the 95% band of their law. A sweep of words alone
 * has its points side by side.
 */
import { mean } from '../../../shared/base/statistics';
import type { FigureName } from '../../../shared/chapter/sweeps/figures';
import type { Law } from '../../../shared/chapter/sweeps/laws';
import type { SweepOutcome } from '../../../shared/chapter/sweeps/outcome';
import type { SweepPoint, SweepReading } from '../../../shared/chapter/sweeps/reading';

export interface PicturePoint {
  /** Along the axis, 0 to 1. */
  readonly x: number;
  /** Up the axis, 0 to 1; null where nothing is known. */
  readonly measured: number | null;
  readonly predicted: number | null;
  readonly source: SweepPoint;
}

export interface PictureSeries {
  /** "cache=off"; empty where there is one series. */
  readonly name: string;
  readonly points: readonly PicturePoint[];
  /** Between which heights the fitted line lies with 95% confidence, along the axis; empty where no law was found. */
  readonly band: readonly BandEdge[];
}

export interface BandEdge {
  readonly x: number;
  readonly low: number;
  readonly high: number;
}

interface Tick {
  readonly at: number;
  /** Of x the value as it is swept, of y the number. */
  readonly value: string;
}

export interface SweepPicture {
  readonly axis: string;
  readonly xs: readonly Tick[];
  /** Values of the figure that lines are drawn at. */
  readonly ys: readonly { readonly at: number; readonly value: number }[];
  readonly series: readonly PictureSeries[];
}

/** Null where nothing was measured or predicted. */
export function pictureSweep(
  reading: Pick<SweepReading, 'number'>,
  { axes, points, laws }: SweepOutcome,
  figure: FigureName,
): SweepPicture | null {
  const numeric = axes.findLast(({ name, values }) =>
    values.every((value) => reading.number(name, value) > 0),
  );
  const axis = numeric ?? axes.at(-1);
  if (axis === undefined) return null;
  const known = points
    .flatMap(({ figures }) => [figures[figure].measured, figures[figure].predicted])
    .flatMap((value) => (value !== null && value > 0 ? [value] : []));
  if (known.length === 0) return null;
  const up = logScale(Math.min(...known), Math.max(...known), figure !== 'time');
  const along = placeValues(axis.values, (value) =>
    numeric === undefined ? NaN : reading.number(axis.name, value),
  );
  const groups = Map.groupBy(points, ({ point }) =>
    axes
      .filter((other) => other !== axis)
      .map(({ name }) => `${name}=${point[name]}`)
      .join(', '),
  );
  const place = (value: number | null) => (value === null || value <= 0 ? null : up.place(value));
  return {
    axis: axis.name,
    xs: axis.values.map((value) => ({ at: along(value), value })),
    ys: up.ticks.map((value) => ({ at: up.place(value), value })),
    series: [...groups].map(([name, rows]) => ({
      name,
      band: bandAround(
        laws.find(
          (law) =>
            law.figure === figure &&
            law.axis === axis.name &&
            Object.keys(law.series).length === axes.length - 1 &&
            Object.entries(law.series).every(([word, value]) => rows[0]?.point[word] === value),
        ),
        rows.flatMap(({ point, figures }) => {
          const value = point[axis.name] ?? '';
          const { measured } = figures[figure];
          return measured === null || measured <= 0
            ? []
            : [{ x: along(value), number: reading.number(axis.name, value), measured }];
        }),
        up.place,
      ),
      points: rows
        .map((source) => ({
          x: along(source.point[axis.name] ?? ''),
          measured: place(source.figures[figure].measured),
          predicted: place(source.figures[figure].predicted),
          source,
        }))
        .toSorted((a, b) => a.x - b.x),
    })),
  };
}

const BAND_EDGES = 25;

/**
 * The 95% confidence band of the fitted line, ± t·s·√(1/n + (x − x̄)²/Σ(xᵢ − x̄)²) in logarithms, from the interval of its
 * slope alone, which is t·s/√Σ(xᵢ − x̄)². Kept within the frame.
 */
function bandAround(
  law: Law | undefined,
  points: readonly { readonly x: number; readonly number: number; readonly measured: number }[],
  place: (value: number) => number,
): BandEdge[] {
  if (law === undefined || points.length < 2) return [];
  const middle = {
    number: mean(points.map(({ number }) => Math.log(number))),
    measured: mean(points.map(({ measured }) => Math.log(measured))),
  };
  const spread = Math.sqrt(
    mean(points.map(({ number }) => (Math.log(number) - middle.number) ** 2)),
  );
  const [first, last] = [
    points.reduce((a, b) => (b.x < a.x ? b : a)),
    points.reduce((a, b) => (b.x > a.x ? b : a)),
  ];
  const height = (logarithm: number) => Math.min(1, Math.max(0, place(Math.exp(logarithm))));
  return Array.from({ length: BAND_EDGES }, (_, i) => {
    const share = i / (BAND_EDGES - 1);
    const x = first.x + share * (last.x - first.x);
    const logNumber = Math.log(first.number) * (1 - share) + Math.log(last.number) * share;
    const beyond = logNumber - middle.number;
    const line = middle.measured + law.exponent * beyond;
    const half = law.halfWidth * Math.hypot(spread, beyond);
    return { x, low: height(line - half), high: height(line + half) };
  });
}

/** Numbers by their logarithm, words at equal distances; with room at either end. */
function placeValues(
  values: readonly string[],
  number: (value: string) => number,
): (value: string) => number {
  const logs = values.map((value) => Math.log(number(value)));
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  const room = 0.06;
  return (value) => {
    const share =
      high > low
        ? (Math.log(number(value)) - low) / (high - low)
        : (values.indexOf(value) + 0.5) / values.length;
    return room + share * (1 - 2 * room);
  };
}

const MOST_TICKS = 6;

/** Round numbers around those between two: of bytes powers of two, of times 1, 2 and 5 of every decade. */
function listRound(lowest: number, highest: number, isBytes: boolean): readonly number[] {
  const [base, steps] = isBytes ? [2, [1]] : [10, [1, 2, 5]];
  const exponent = (value: number) => Math.floor(Math.log(value) / Math.log(base));
  const first = exponent(lowest);
  return Array.from({ length: exponent(highest) - first + 2 }, (_, i) => first + i).flatMap(
    (power) => steps.map((step) => step * base ** power),
  );
}

/** From a round number below the lowest to one above the highest. */
function logScale(lowest: number, highest: number, isBytes: boolean) {
  const all = listRound(lowest, highest, isBytes);
  const below = all.findLast((tick) => tick <= lowest) ?? lowest;
  const above = all.find((tick) => tick >= highest && tick > below) ?? highest;
  const within = all.filter((tick) => tick >= below && tick <= above);
  const every = Math.ceil(within.length / MOST_TICKS);
  return {
    ticks: within.filter((_, i) => i % every === 0),
    place: (value: number) =>
      (Math.log(value) - Math.log(below)) / (Math.log(above) - Math.log(below)),
  };
}
