/**
 * The prediction within each phase laid in time. Theory knows an order and no times; the trace knows when some of its
 * points came: the numbers of operations beside the memory of the bundled workload, the edges of a PyTorch model's blocks.
 * At those moments the curve stands exactly where that point is predicted; between two of them its points are spread evenly.
 *
 *     operation   1   2   3        9    10       what the trace tells: 1, 9
 *     time        |···|···|···· ···|····|        what lies between is spread
 */
import { formatInteger } from '../base/format';
import { lowerBound } from '../base/search';
import type { Bytes, Micros } from '../base/units';
import type { Phase } from '../base/vocabulary';
import type { PhaseCurve } from '../budget/curve';
import { envelope } from '../trace/envelope';
import type { Envelope } from '../trace/sample-source';
import { sampleAt } from '../trace/series';
import { FRAMEWORK_ALLOCATED, frameworkSeries, rankIn, withoutRank } from '../trace/series-ids';
import type { BlockEdge, PhaseSpan, SeriesData } from '../trace/types';

/** A point of the curve whose moment is known, with what was measured there; each list has one entry a point, in order of time. */
export interface CurvePoints {
  readonly times: Float64Array;
  /** Which point of the phase, from 1. */
  readonly index: Int32Array;
  /** The block (layer) it lies in, from 0; -1 outside all. */
  readonly block: Int32Array;
  readonly predicted: Float64Array;
  /** NaN where it was not read. */
  readonly measured: Float64Array;
}

/** One occurrence of a phase. */
export interface PlacedCurve {
  readonly phase: Phase;
  readonly step: number | null;
  readonly rank: number;
  readonly t0: Micros;
  /** The end of the phase; of one that is not over, the last moment that the trace tells. */
  readonly t1: Micros;
  /** Whether its points are operations, or edges of blocks. */
  readonly of: 'operations' | 'blocks';
  /** How many points are predicted. */
  readonly count: number;
  /** Bytes predicted, each until the next; every extreme of a column is in it. */
  readonly line: Envelope;
  readonly points: CurvePoints;
}

export interface PredictedCurves {
  readonly curves: readonly PlacedCurve[];
  /** Of the model's blocks, as the framework names them; empty where it does not. */
  readonly blocks: readonly string[];
}

/** Theory knows a curve of what a framework allocates: the rank whose line `series` is, null where it is another line. */
export const curvedRank = (series: string | null): number | null =>
  series !== null && withoutRank(series) === FRAMEWORK_ALLOCATED ? rankIn(series) : null;

/** Narrower phases, in columns of the view, show no more than their highest moment. */
const LEAST_COLUMNS = 3;

interface View {
  readonly t0: Micros;
  readonly t1: Micros;
  readonly columns: number;
}

/** How long a phase must take to be wide enough. */
export const leastCurved = ({ t0, t1, columns }: View): Micros =>
  (LEAST_COLUMNS * (t1 - t0)) / columns;

/** In [t0, t1] at `columns` columns: of each phase wide enough, as far as the trace tells where it stood. */
export function placeCurves(
  curves: readonly PhaseCurve[],
  {
    spans,
    series,
  }: { readonly spans: readonly PhaseSpan[]; readonly series: readonly SeriesData[] },
  view: View,
): PredictedCurves {
  const { t0, t1, columns } = view;
  const perColumn = (t1 - t0) / columns;
  const least = leastCurved(view);
  const inView = spans.filter(
    (span) => span.t1 >= t0 && span.t0 <= t1 && span.t1 - span.t0 >= least,
  );
  const placed = inView.flatMap((span) => {
    const curve = findCurve(curves, span);
    const exact = curve && (placeBlocks(span, curve) ?? placeOperations(span, curve, series));
    return curve && exact ? [thin(span, curve, exact, perColumn)] : [];
  });
  return {
    curves: placed,
    blocks: inView.find(({ memory }) => memory?.blocks)?.memory?.blocks?.names ?? [],
  };
}

/** The curve of a phase that happened: by its step where both know one. */
function findCurve(curves: readonly PhaseCurve[], { phase, step }: PhaseSpan): PhaseCurve | null {
  const own = curves.filter((curve) => curve.phase === phase);
  const byStep = own.find(
    (curve) =>
      step === null ||
      curve.step === null ||
      (curve.step <= step && step <= (curve.lastStep ?? curve.step)),
  );
  return byStep ?? null;
}

/** Where the points of a curve stand; `known` are those whose moment the trace tells. */
export interface ExactPlaces {
  readonly of: PlacedCurve['of'];
  /** Of each point, as far as it can be told. */
  readonly times: Float64Array;
  /** Indices into `times`, with what was measured. */
  readonly known: readonly (readonly [index: number, measured: Bytes | null])[];
}

/** Null where the trace tells no operation of the phase. Of one that is not over, up to the last operation known. */
function placeOperations(
  span: PhaseSpan,
  { allocated }: PhaseCurve,
  series: readonly SeriesData[],
): ExactPlaces | null {
  const numbers = series.find(({ info }) => info.id === frameworkSeries('operation', span.rank));
  const line = series.find(({ info }) => info.id === frameworkSeries('allocated', span.rank));
  if (numbers === undefined || allocated.length === 0) return null;
  const samples = numbersWithin(numbers, span);
  const times = new Float64Array(allocated.length);
  const known: (readonly [number, Bytes | null])[] = [];
  let [done, since] = [0, span.t0];
  for (const [i, number] of samples.values.entries()) {
    const t = samples.times[i]!;
    // Numbers start anew where the workload was read in the middle of a phase: what follows is not of this curve.
    if (number <= done || number > allocated.length) continue;
    spread(times, done, since, number, t);
    known.push([number - 1, line ? (sampleAt(line, t)?.value ?? null) : null]);
    [done, since] = [number, t];
  }
  if (known.length === 0) return null;
  if (span.isOpen) return { of: 'operations', times: times.subarray(0, done), known };
  spread(times, done, since, allocated.length, span.t1);
  return { of: 'operations', times, known };
}

function numbersWithin(numbers: SeriesData, { t0, t1 }: PhaseSpan): Envelope {
  if (numbers.source) return numbers.source.samples(t0, t1, MAX_NUMBERS);
  const from = lowerBound(numbers.times, t0);
  const to = lowerBound(numbers.times, t1 + 1);
  return { times: numbers.times.subarray(from, to), values: numbers.values.subarray(from, to) };
}

/** More than a workload tells of one phase. */
const MAX_NUMBERS = 4096;

/** Points after `from` up to `to` evenly over (t0, t1]: the last of them stands at `t1`. */
function spread(times: Float64Array, from: number, t0: Micros, to: number, t1: Micros): void {
  for (let i = from + 1; i <= to; i++) times[i - 1] = t0 + ((t1 - t0) * (i - from)) / (to - from);
}

/**
 * Null where the blocks are not those that are predicted, or ran in another order. What lies outside them is the phase's beginning or end;
 * of a pass that told some of its blocks the points of the others are spread between those.
 */
function placeBlocks(span: PhaseSpan, { block }: PhaseCurve): ExactPlaces | null {
  const told = span.memory?.blocks;
  if (told === undefined || told.names.length !== Math.max(...block) + 1) return null;
  const { edges } = told;
  const times = new Float64Array(block.length);
  const known: (readonly [number, Bytes | null])[] = [];
  let next = 0;
  let [done, since] = [0, span.t0];
  const place = (i: number, t: Micros, measured: Bytes | null) => {
    spread(times, done, since, i + 1, t);
    known.push([i, measured]);
    [done, since] = [i + 1, t];
  };
  for (const [i, of] of block.entries()) {
    const edge: BlockEdge | undefined = edges[next];
    if (of < 0) {
      const atEnd = next === edges.length;
      place(i, atEnd ? span.t1 : span.t0, atEnd ? (span.memory?.allocated ?? null) : null);
    } else if (edge?.[0] === of) {
      place(i, edge[2], edge[3]);
      next += 1;
    }
  }
  spread(times, done, since, block.length, span.t1);
  return next > 0 && next === edges.length ? { of: 'blocks', times, known } : null;
}

/** No more points than the columns of the phase show. */
function thin(
  { phase, step, rank, t0, t1, isOpen }: PhaseSpan,
  { allocated, block }: PhaseCurve,
  { of, times, known }: ExactPlaces,
  perColumn: number,
): PlacedCurve {
  const columns = Math.ceil((t1 - t0) / perColumn);
  const kept = lastOfEach(known, ([index]) => Math.floor((times[index]! - t0) / perColumn));
  const column = (read: (index: number) => number) => kept.map(([index]) => read(index));
  const info = { id: 'predicted', source: 'budget', metric: 'allocated', unit: 'bytes' } as const;
  const line = {
    info: { ...info, windowUs: null, intervalUs: null },
    times,
    values: allocated.subarray(0, times.length),
    gaps: [],
  };
  return {
    phase,
    step,
    rank,
    t0,
    t1: isOpen ? (times.at(-1) ?? t0) : t1,
    of,
    count: allocated.length,
    line: envelope(line, t0, t1, columns),
    points: {
      times: Float64Array.from(column((index) => times[index]!)),
      index: Int32Array.from(column((index) => index + 1)),
      block: Int32Array.from(column((index) => block[index]!)),
      predicted: Float64Array.from(column((index) => allocated[index]!)),
      measured: Float64Array.from(kept, ([, measured]) => measured ?? Number.NaN),
    },
  };
}

function lastOfEach<T>(items: readonly T[], key: (item: T) => number): readonly T[] {
  return items.filter((item, i) => i + 1 === items.length || key(items[i + 1]!) !== key(item));
}

/** Point `i` of those whose moment is known, in words: "Operation 212 of 540, block 3", "Block 17, layers.17". */
export function namePoint(
  { points, of, count }: PlacedCurve,
  i: number,
  blocks: readonly string[],
): string {
  const block = points.block[i]!;
  const number = formatInteger(block);
  if (of === 'operations') {
    const where = `Operation ${formatInteger(points.index[i]!)} of ${formatInteger(count)}`;
    return block < 0 ? where : `${where}, block ${number}`;
  }
  if (block < 0) return 'Outside the blocks';
  return blocks[block] === undefined ? `Block ${number}` : `Block ${number}, ${blocks[block]}`;
}
