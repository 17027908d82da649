/**
 * Phases of a session summed up by kind, in one sweep: of a recording what is settled is not gone over again, so that a
 * look at it costs the same after a day as after a minute.
 */
import { RunningMedian } from '../../base/running-median';
import type { Bytes, Micros } from '../../base/units';
import { type Book, carriedOn } from '../../trace/carried-on';
import { partsOf } from './settled';
import type { OverlayPhase } from './types';

/** Sums over phases of one kind. Bytes are less the baseline. */
export interface PhaseSums {
  /** The one that begins first. */
  readonly first: OverlayPhase;
  readonly count: number;
  readonly flagged: number;
  /** From the earliest beginning to the latest end. */
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

/** What tells the kind of a phase: of one rank, and of one stage where it was found in the trace. */
const kindKey = ({ rank, phase, stage }: OverlayPhase): string => `${rank}:${phase}:${stage ?? ''}`;

/** Flagged phases first, then by distance from the prediction; what was not predicted comes last. */
export function compareWorst(a: OverlayPhase, b: OverlayPhase): number {
  return Number(b.flagged) - Number(a.flagged) || distance(b) - distance(a);
}

const distance = ({ residualBytes }: OverlayPhase): Bytes =>
  residualBytes === null ? -1 : Math.abs(residualBytes);

/** Sums by `kindKey`, in order of the first phase of each. */
export function tallyPhases(rows: readonly OverlayPhase[]): Map<string, PhaseSums> {
  const { settled, recent } = partsOf(rows);
  const { kinds } = tally(settled);
  const beside = Map.groupBy(recent, kindKey);
  const all = [...new Set([...kinds.keys(), ...beside.keys()])].flatMap((key) => {
    const sums = (kinds.get(key) ?? new Tally()).sum(beside.get(key) ?? []);
    return sums === null ? [] : [[key, sums] as const];
  });
  return new Map(all.sort(([, a], [, b]) => byBeginning(a.first, b.first)));
}

const byBeginning = ({ span: a }: OverlayPhase, { span: b }: OverlayPhase): number =>
  a[0] - b[0] || b[1] - a[1];

/** The values that are added up of one kind. */
class Tally implements Book<OverlayPhase> {
  readonly #durations = new RunningMedian();
  readonly #measured = new RunningMedian();
  readonly #residuals = new RunningMedian();
  #ends: Ends | null = null;

  take(row: OverlayPhase): void {
    this.#durations.add(row.span[1] - row.span[0]);
    if (row.measured !== null) this.#measured.add(row.measured);
    if (row.residualBytes !== null) this.#residuals.add(row.residualBytes);
    this.#ends = widen(this.#ends, row);
  }

  /** Null of no row; `more` are counted in and not kept. */
  sum(more: readonly OverlayPhase[]): PhaseSums | null {
    const ends = more.reduce<Ends | null>(widen, this.#ends);
    if (ends === null) return null;
    return {
      ...ends,
      medianUs: this.#durations.median(more.map(({ span }) => span[1] - span[0])),
      medianMeasured: known(this.#measured, more, ({ measured }) => measured),
      medianResidualBytes: known(this.#residuals, more, ({ residualBytes }) => residualBytes),
    };
  }
}

type Ends = Omit<PhaseSums, `median${string}`>;

function widen(ends: Ends | null, row: OverlayPhase): Ends {
  const { span } = row;
  const totalUs = span[1] - span[0];
  if (ends === null)
    return {
      first: row,
      count: 1,
      flagged: Number(row.flagged),
      span,
      totalUs,
      highest: row.measured === null ? null : row,
      worst: row.residualBytes === null ? null : row,
    };
  const { first, highest, worst } = ends;
  return {
    first: byBeginning(row, first) < 0 ? row : first,
    count: ends.count + 1,
    flagged: ends.flagged + Number(row.flagged),
    span: [Math.min(ends.span[0], span[0]), Math.max(ends.span[1], span[1])],
    totalUs: ends.totalUs + totalUs,
    highest: row.measured !== null && isHigher(row, highest) ? row : highest,
    worst: row.residualBytes !== null && isWorse(row, worst) ? row : worst,
  };
}

const isHigher = (row: OverlayPhase, highest: OverlayPhase | null): boolean =>
  highest === null ||
  ((highest.measured ?? 0) - (row.measured ?? 0) || byBeginning(row, highest)) < 0;

const isWorse = (row: OverlayPhase, worst: OverlayPhase | null): boolean =>
  worst === null || (compareWorst(row, worst) || byBeginning(row, worst)) < 0;

function known(
  values: RunningMedian,
  more: readonly OverlayPhase[],
  pick: (row: OverlayPhase) => number | null,
): number | null {
  const beside = more.flatMap((row) => pick(row) ?? []);
  return values.count + beside.length === 0 ? null : values.median(beside);
}

class Kinds implements Book<OverlayPhase> {
  readonly kinds = new Map<string, Tally>();

  take(row: OverlayPhase): void {
    const key = kindKey(row);
    let tally = this.kinds.get(key);
    if (tally === undefined) {
      tally = new Tally();
      this.kinds.set(key, tally);
    }
    tally.take(row);
  }
}
const tally = carriedOn<OverlayPhase, Kinds>(() => new Kinds());
