/**
 * The observed tier: what a run's own first steps let one expect of its later ones, where no formula predicts it.
 *
 * What the script's objects hold is certain at every phase; the rest of the line (activations, work, and on a line of
 * the host the runtime) is expected to be what it was in the second to fourth phase of its kind. The first is left out:
 * optimizers make their states in it, and libraries their workspaces. A later phase that gets another batch is
 * expected to hold its activations in proportion where the framework counts them, and nothing is expected otherwise.
 */

import { median } from '../../base/statistics';
import type { Bytes } from '../../base/units';
import { sumComponents } from '../../budget/tier';
import { FRAMEWORK_ALLOCATED, TREE_RSS } from '../../trace/series-ids';
import type { Marker } from '../../trace/types';
import { HeldObjects, heldOn } from './held-objects';
import { InputShapes, sameBut } from './input-shapes';
import type { MeasuredOverlay, ObservedPhase, Overlay, OverlayPhase, TierPair } from './types';

/** Phases of a kind that the expectation is made from, after the first. */
const LEARNED = 3;

/** What is known of one kind of phase: of a rank and a name. */
interface Kind {
  /** Phases that were measured and are over. */
  readonly count: number;
  /** The shape of input of the second of them. */
  readonly usual: readonly number[] | null;
  /** Of that shape: phases that got another are held against these, not taken among them. */
  readonly from: readonly Held[];
  readonly learned: ObservedPhase | null;
}

interface Held {
  readonly row: OverlayPhase;
  readonly certain: Bytes;
  readonly measured: Bytes;
}

const UNKNOWN: Kind = { count: 0, usual: null, from: [], learned: null };

/** Learns from rows as they come, in order, and tells each later one what was to be expected of it. */
export class ObservedTier {
  readonly #series: string;
  readonly #markers: readonly Marker[];
  readonly #objects: HeldObjects;
  readonly #shapes: InputShapes;
  /** In order of their first phase. */
  readonly #kinds: Map<string, Kind>;
  /** What was expected last of each kind: thousands of phases share it. */
  readonly #expected = new Map<ObservedPhase, { readonly of: TierPair; readonly pair: TierPair }>();

  /** `series`: the line that rows are measured on. `kinds`: what is known from the start. */
  constructor(series: string, markers: readonly Marker[], kinds: Iterable<[string, Kind]> = []) {
    this.#series = series;
    this.#markers = markers;
    this.#objects = new HeldObjects(markers);
    this.#shapes = new InputShapes(markers);
    this.#kinds = new Map(kinds);
  }

  /** One that goes on from here by itself. */
  copy(): ObservedTier {
    return new ObservedTier(this.#series, this.#markers, this.#kinds);
  }

  /** The row, with `predicted.observed` and its residual where something is expected of it. */
  take(row: OverlayPhase): OverlayPhase {
    const key = `${row.rank}:${row.phase}`;
    const kind = this.#kinds.get(key) ?? UNKNOWN;
    this.#kinds.set(key, kind);
    if (row.measured === null || row.isOpen) return row;
    const held = { row, certain: this.#certainOf(row), measured: row.measured };
    const shape = this.#shapes.at(row);
    if (kind.learned !== null) return this.#expect(held, kind.learned, kind.usual, shape);
    this.#kinds.set(key, learnFrom(kind, held, shape));
    return row;
  }

  /** As `take`, of a row that was taken before by a tier of the same phases: the same object, where nothing else is expected. */
  takeAgain(taken: OverlayPhase): OverlayPhase {
    const { residualObservedBytes, ...row } = taken;
    const { observed, ...predicted } = row.predicted;
    const told = this.take({ ...row, predicted });
    return told.predicted.observed === observed ? taken : told;
  }

  /** What it goes by so far. */
  learned(): ObservedPhase[] {
    return [...this.#kinds.values()].flatMap(({ learned }) => learned ?? []);
  }

  #certainOf(row: OverlayPhase): Bytes {
    const mark = this.#objects.atEnd({ ...row, t1: row.span[1] });
    if (mark === null) return 0;
    return sumComponents(heldOn(mark, this.#series === TREE_RSS ? 'host' : 'device'));
  }

  #expect(
    { row, certain, measured }: Held,
    learned: ObservedPhase,
    usual: readonly number[] | null,
    shape: readonly number[] | null,
  ): OverlayPhase {
    const scale = scaleOf(usual, shape, this.#series);
    if (scale === null) return row;
    const observed = Math.round(certain + learned.rest * scale);
    const last = this.#expected.get(learned);
    const isSame = last?.of === row.predicted && last.pair.observed === observed;
    const predicted = isSame ? last.pair : { ...row.predicted, observed };
    if (!isSame) this.#expected.set(learned, { of: row.predicted, pair: predicted });
    return { ...row, predicted, residualObservedBytes: measured - observed };
  }
}

/** The first is left out; so many of the same shape of input as the second are what is learned from. */
function learnFrom(kind: Kind, held: Held, shape: readonly number[] | null): Kind {
  const count = kind.count + 1;
  if (count === 1) return { ...kind, count };
  const usual = count === 2 ? shape : kind.usual;
  if (shape?.join() !== usual?.join()) return { ...kind, count, usual };
  const from = [...kind.from, held];
  return { count, usual, from, learned: from.length < LEARNED ? null : describeLearned(from) };
}

function describeLearned(from: readonly Held[]): ObservedPhase | null {
  const [first, last] = [from[0], from.at(-1)];
  if (first === undefined || last === undefined) return null;
  const rests = from.map(({ certain, measured }) => measured - certain);
  const { step: begin } = first.row;
  const { step: end } = last.row;
  return {
    phase: first.row.phase,
    rank: first.row.rank,
    steps: begin === null || end === null ? null : [begin, end],
    certain: last.certain,
    rest: median(rests),
    spread: Math.max(...rests) - Math.min(...rests),
  };
}

/** The overlay with `predicted.observed` and its residual in each later phase. With a prediction it stays as it is. */
export function addObserved(overlay: Overlay, markers: readonly Marker[]): Overlay {
  const { series, predictedPeak, phases } = overlay;
  if (series === null || predictedPeak.refined !== null || phases.some(({ inferred }) => inferred))
    return overlay;
  const tier = new ObservedTier(series, markers);
  const rows = phases.map((row) => tier.take(row));
  return { ...overlay, ...tellObserved(overlay, tier.learned(), rows) };
}

/** What an overlay tells of the tier; nothing while nothing is learned. */
export function tellObserved(
  { predictedPeak }: Pick<MeasuredOverlay, 'predictedPeak'>,
  observed: readonly ObservedPhase[],
  phases: readonly OverlayPhase[],
): Pick<MeasuredOverlay, 'phases'> & Partial<MeasuredOverlay> {
  if (observed.length === 0) return { phases };
  const highest = Math.max(...observed.map(({ certain, rest }) => certain + rest));
  return { observed, predictedPeak: { ...predictedPeak, observed: highest }, phases };
}

/** By what activations are multiplied where the input is another one; null where that cannot be told. */
function scaleOf(
  usual: readonly number[] | null,
  own: readonly number[] | null,
  series: string,
): number | null {
  if (usual === null || own === null || usual.join() === own.join()) return 1;
  if (series !== FRAMEWORK_ALLOCATED || !sameBut(usual, own)) return null;
  return (own[0] ?? 0) / (usual[0] ?? 1);
}

/** The phase that is furthest from its observed expectation; null where none has one. */
export function findFurthest<T extends OverlayPhase>(
  phases: readonly T[],
): (T & { readonly residualObservedBytes: Bytes }) | null {
  let worst: (T & { readonly residualObservedBytes: Bytes }) | null = null;
  for (const row of phases) {
    const residual = row.residualObservedBytes;
    if (residual === undefined) continue;
    if (worst === null || Math.abs(residual) > Math.abs(worst.residualObservedBytes))
      worst = { ...row, residualObservedBytes: residual };
  }
  return worst;
}
