/**
 * The verdict on what was declared: whether the declared run fits the trace, and if not, which one setting changed
 * would. Findings, the ledger and the inversion all go by the same verdict.
 */
import type { Bytes } from '../../base/units';
import type { FindingKind } from '../../base/vocabulary';
import { FRAMEWORK_ALLOCATED, TREE_RSS } from '../../trace/series-ids';
import { contextLevel } from '../overlay/context-level';
import { findDevice } from '../overlay/lines';
import { flagLimit } from '../overlay/measured-line';
import { frameworkOverlay } from '../overlay/overlay';
import { type Place, predictedRow } from '../overlay/predicted';
import {
  DEFAULT_FLAG_LIMITS,
  type Finding,
  type FindingsInput,
  type Overlay,
  type OverlayPhase,
} from '../overlay/types';
import { type Candidate, type Field, Search } from './candidates';
import { type Fit, fits } from './fit';
import { type Growth, type Observation, observe } from './observations';

export const KINDS: Readonly<Partial<Record<Field, FindingKind>>> = {
  batch: 'batch_mismatch',
  seq: 'seq_mismatch',
  promptTokens: 'seq_mismatch',
  precision: 'dtype_mismatch',
  kvPrecision: 'dtype_mismatch',
  cacheCopies: 'dtype_mismatch',
  checkpointing: 'checkpointing_mismatch',
  logitsCopies: 'logits',
};

/** How much worse every other kind of change must do, in −2 log: e³ to 1. */
export const MARGIN = 6;

/** One figure is fitted by any setting at all. */
export const LEAST_OBSERVATIONS = 2;

export interface Verdict {
  readonly own: Fit;
  /** The declared run fits, though only with a constant added. */
  readonly offsetFits: boolean;
  readonly exact: boolean;
  /** Those that fit and do better than the declared run, best first. */
  readonly fitting: readonly Candidate[];
  readonly overlay: Overlay;
  readonly observations: readonly Observation[];
}

/** By session, and by the growth taken off. */
export const verdicts = new WeakMap<FindingsInput, Map<number, Verdict | null>>();

/** What the search found, once for each session; null where there is nothing to search with or nothing to explain. */
export function judgeDeclared(input: FindingsInput, known: readonly Finding[]): Verdict | null {
  const growth = findGrowth(known);
  const key = growth?.bytes ?? 0;
  const cached = verdicts.get(input) ?? new Map<number, Verdict | null>();
  verdicts.set(input, cached);
  const before = cached.get(key);
  if (before !== undefined) return before;
  const verdict = verdictFor(input, growth);
  cached.set(key, verdict);
  return verdict;
}

/** A search over other runs, on the line that knows most; null where there is no budget or no phase to hold it against. */
export function searchFor(
  input: FindingsInput,
  growth: Growth | null,
): { readonly search: Search; readonly overlay: Overlay; readonly exact: boolean } | null {
  const { budget, lines } = input;
  const overlay = bestOverlay(input);
  if (
    budget === null ||
    overlay.series === null ||
    overlay.series === TREE_RSS ||
    overlay.phases.length === 0
  )
    return null;
  const exact = input.exact && overlay.series === FRAMEWORK_ALLOCATED;
  const gpu = findDevice(lines, overlay.series);
  const level = gpu === undefined ? null : contextLevel(lines, gpu, overlay);
  const contextBytes = level?.reserved ? level.bytes : null;
  const observations = observe(overlay, exact, growth);
  return {
    search: new Search(budget, observations, {
      line: overlay.series,
      exact,
      contextBytes,
      freeOffset: gpu !== undefined && contextBytes === null,
      stairs: overlay.stairs ?? null,
      announced: announcedRun(input.markers),
    }),
    overlay,
    exact,
  };
}

/** What the workload announced of its run, later words over earlier ones. */
export function announcedRun(markers: FindingsInput['markers']): Readonly<Record<string, unknown>> {
  return Object.assign({}, ...markers.map((one) => (one.type === 'run' ? one.fields : {})));
}

export function verdictFor(input: FindingsInput, growth: Growth | null): Verdict | null {
  const found = searchFor(input, growth);
  if (found === null || !found.overlay.phases.some(({ flagged }) => flagged)) return null;
  const { search, overlay, exact } = found;
  const own = search.own();
  if (own === null) return null;
  // What has been seen of it is as declared; the rest may not have been recorded.
  if (own.isPartial && Math.abs(own.offset) <= offsetLimit(overlay, input)) return null;
  const offsetFits = fits(own, exact);
  // It fits as it is, or with the little more or less that a context may hold.
  if (offsetFits && Math.abs(own.offset) <= offsetLimit(overlay, input)) return null;
  const row = worstRow(overlay.phases)!;
  const limit = offsetLimit(overlay, input);
  // A change too small to be flagged explains no divergence.
  const matters = (one: Candidate) =>
    exact || Math.abs(differenceAt(row, one, input, overlay.series)) > limit;
  const fitting = search
    .all()
    .filter((one) => fits(one.fit, exact) && (exact || one.score < own.score) && matters(one))
    .sort((one, other) => one.score - other.score);
  return { own, offsetFits, exact, fitting, overlay, observations: search.observations };
}

/** A constant up to this is no divergence. */
export function offsetLimit(
  overlay: Overlay,
  { limits = DEFAULT_FLAG_LIMITS }: Pick<FindingsInput, 'limits'>,
): Bytes {
  return flagLimit(overlay.predictedPeak.refined ?? 0, limits);
}

export interface Winner {
  readonly best: Candidate;
  /** Others that take the same bytes: twice the batch and twice the sequence hold the same tokens. */
  readonly twins: readonly Candidate[];
  /** How much worse the best other kind does; infinite where none fits. */
  readonly margin: number;
}

export function findClearWinner(
  input: FindingsInput,
  known: readonly Finding[],
): Winner | undefined {
  const verdict = judgeDeclared(input, known);
  return verdict === null ? undefined : clearWinner(verdict);
}

export const TOKENS: ReadonlySet<Field> = new Set(['batch', 'seq', 'promptTokens']);

/** The one candidate that stands out; undefined where none fits, or another kind of change fits nearly as well. */
export function clearWinner({ fitting, own, offsetFits }: Verdict): Winner | undefined {
  const [best, ...rest] = fitting;
  const kind = best && KINDS[best.field];
  if (best === undefined || kind === undefined) return undefined;
  const others = rest.filter(({ field }) => KINDS[field] !== kind);
  const twins = others.filter(
    ({ field, score }) =>
      TOKENS.has(best.field) && TOKENS.has(field) && score < best.score + MARGIN,
  );
  const rivals = [
    ...others.filter((one) => !twins.includes(one)).map(({ score }) => score),
    ...(offsetFits ? [own.score] : []),
  ];
  const margin = Math.min(...rivals, Number.POSITIVE_INFINITY) - best.score;
  return margin < MARGIN ? undefined : { best, twins, margin };
}

/** The overlay on the framework's bytes, which know most, whichever line is shown. */
export function bestOverlay(input: FindingsInput): Overlay {
  if (input.overlay.series === FRAMEWORK_ALLOCATED || input.budget === null) return input.overlay;
  const overlay = frameworkOverlay(input);
  return overlay !== null && overlay.phases.length > 0 ? overlay : input.overlay;
}

export function findGrowth(known: readonly Finding[]): Growth | null {
  const leak = known.find(({ kind }) => kind === 'leak');
  if (!leak?.slope || leak.slope.bytes === 0) return null;
  return { ...leak.slope, count: Math.round((leak.bytes ?? 0) / leak.slope.bytes) };
}

/** The flagged phase that is furthest off; of equal ones that of the higher memory. */
export function worstRow(phases: readonly OverlayPhase[]): OverlayPhase | null {
  let worst: OverlayPhase | null = null;
  for (const row of phases) {
    if (!row.flagged || row.residualBytes === null) continue;
    const [own, other] = [Math.abs(row.residualBytes), Math.abs(worst?.residualBytes ?? 0)];
    if (worst === null || own > other || (own === other && row.measured! > worst.measured!))
      worst = row;
  }
  return worst;
}

/** What the change adds to the prediction of one phase. */
export function differenceAt(
  { phase, step }: Place,
  best: Candidate,
  { budget }: FindingsInput,
  line: string | null,
): Bytes {
  const place = { phase, step };
  const other = predictedRow(best.budget.tiers.refined, place, line)?.total ?? 0;
  const own = predictedRow(budget!.tiers.refined, place, line)?.total ?? 0;
  return (
    other -
    own +
    (best.extra?.({ ...place, at: 'peak', bytes: 0, slack: 0, count: 1, inferred: false }) ?? 0)
  );
}
