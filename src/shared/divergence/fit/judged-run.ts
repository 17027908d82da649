/**
 * The declared run held against the trace: whether it fits, and if not, which runs with one setting changed do. The
 * diagnosis judges once as recorded and once with what a leak added taken off; findings, ledger and inversion all go by
 * these two.
 */
import type { Bytes } from '../../base/units';
import type { Budget } from '../../budget/types';
import { markersOf } from '../../trace/carried-on';
import { FRAMEWORK_ALLOCATED, TREE_RSS } from '../../trace/series-ids';
import type { Marker } from '../../trace/types';
import { contextLevel } from '../overlay/context-level';
import { flagLimit } from '../overlay/flags';
import { findWidestGap, type Gap } from '../overlay/gap';
import { findDevice } from '../overlay/lines';
import { type PhaseKey, predictedRow } from '../overlay/predicted';
import { asBudgetCounts, stepOffset } from '../overlay/step-numbers';
import type { DiagnosisInput, Overlay } from '../overlay/types';
import { type Candidate, Search } from './candidates';
import { type Fit, fits } from './fit';
import { type Growth, observe } from './observations';

export interface JudgedRun {
  /** The declared run and its neighbours, over the observations of `overlay`. */
  readonly search: Search;
  /** What was judged: the framework's bytes where they have phases, else the line that is shown. */
  readonly overlay: Overlay;
  /** Runs fit to the byte or not at all. */
  readonly mustMatchExactly: boolean;
  /** Null where the budget has a row for nothing that was observed. */
  readonly declared: Fit | null;
  /** The declared run fits as it is, or with the little more or less that a context may hold. */
  readonly isAsDeclared: boolean;
  /** Null where the declared run fits as far as the trace goes, or nothing of it is flagged. */
  readonly mismatch: Mismatch | null;
}

/** A declared run that does not fit, and those that do. */
export interface Mismatch {
  readonly declared: Fit;
  /** The declared run fits, though only with a constant added. */
  readonly fitsWithOffset: boolean;
  /** Those that fit and do better than the declared run, best first. */
  readonly fitting: readonly Candidate[];
  readonly worst: Gap;
}

/** Null where there is no budget, no line that is counted as a budget counts, and neither a phase nor a level to go by. */
export function judgeDeclaredRun(
  input: DiagnosisInput,
  framework: Overlay | null,
  growth: Growth | null,
): JudgedRun | null {
  const overlay = chooseOverlay(input.overlay, framework);
  const search = buildSearch(input, overlay, growth);
  if (search === null) return null;
  const { mustMatchExactly } = search.context;
  const declared = search.declaredFit();
  const limit = flagLimit(overlay.predictedPeak.refined ?? 0, overlay);
  const isNear = declared !== null && Math.abs(declared.offset) <= limit;
  const isAsDeclared = isNear && fits(declared, mustMatchExactly);
  const worst = findWidestGap(input, overlay);
  // A partial fit: what has been seen of the run is as declared; the rest may not have been recorded.
  const hasMismatch =
    declared !== null && worst !== null && !isAsDeclared && !(isNear && declared.isPartial);
  return {
    search,
    overlay,
    mustMatchExactly,
    declared,
    isAsDeclared,
    mismatch: hasMismatch ? findMismatch(search, overlay, declared, worst) : null,
  };
}

/** The overlay on the framework's bytes, which know most, where they have phases; else the one that is shown. */
export function chooseOverlay(shown: Overlay, framework: Overlay | null): Overlay {
  return framework !== null && framework.phases.length > 0 ? framework : shown;
}

function findMismatch(search: Search, overlay: Overlay, declared: Fit, worst: Gap): Mismatch {
  const { mustMatchExactly } = search.context;
  const limit = flagLimit(overlay.predictedPeak.refined ?? 0, overlay);
  // A change too small to be flagged explains no divergence.
  const matters = (one: Candidate) =>
    mustMatchExactly || Math.abs(differenceAt(worst, one, search.declared, overlay)) > limit;
  const fitting = search
    .all()
    .filter(
      (one) =>
        fits(one.fit, mustMatchExactly) &&
        (mustMatchExactly || one.score < declared.score) &&
        matters(one),
    )
    .sort((one, other) => one.score - other.score);
  return { declared, fitsWithOffset: fits(declared, mustMatchExactly), fitting, worst };
}

/** A search over other runs; null where there is no budget, and no phase or level to hold it against. */
export function buildSearch(
  { budget, lines, markers, mustMatchExactly }: DiagnosisInput,
  overlay: Overlay,
  growth: Growth | null,
): Search | null {
  if (
    budget === null ||
    overlay.series === null ||
    overlay.series === TREE_RSS ||
    (overlay.phases.length === 0 && !overlay.stairs)
  )
    return null;
  const isExact = mustMatchExactly && overlay.series === FRAMEWORK_ALLOCATED;
  const gpu = findDevice(lines, overlay.series);
  const level = gpu === undefined ? null : contextLevel(lines, gpu, overlay);
  const contextBytes = level?.reserved ? level.bytes : null;
  return new Search(budget, observe(overlay, isExact, growth), {
    line: overlay.series,
    mustMatchExactly: isExact,
    contextBytes,
    freeOffset: gpu !== undefined && contextBytes === null,
    stairs: overlay.stairs ?? null,
    announced: announcedRun(markers),
  });
}

/** What the workload announced of its run, later words over earlier ones. */
export function announcedRun(markers: readonly Marker[]): Readonly<Record<string, unknown>> {
  return Object.assign({}, ...markersOf(markers, 'run').map(({ fields }) => fields));
}

/** What the change adds to the prediction of one phase. */
export function differenceAt(
  { phase, step }: PhaseKey,
  change: Candidate,
  declared: Budget,
  { series: line, phases }: Pick<Overlay, 'series' | 'phases'>,
): Bytes {
  const key = asBudgetCounts({ phase, step }, stepOffset(phases));
  const changed = predictedRow(change.budget.tiers.refined, key, line)?.total ?? 0;
  const before = predictedRow(declared.tiers.refined, key, line)?.total ?? 0;
  const extra =
    change.extra?.({ ...key, at: 'peak', bytes: 0, slack: 0, count: 1, inferred: false }) ?? 0;
  return changed - before + extra;
}
