/**
 * How well a prediction fits what was observed. Theory errs by component, and alike at every moment: a layer's
 * activations counted 1% short are short in forward and in backward. So the observations r of one run are taken as
 *
 *     r = B·ε + o·1 + ν        ε_c ~ N(0, σ_c²) by component, o a constant, ν a little of each observation's own
 *
 * with B the predicted bytes of each observation by component. The fit is −2 log p(r), which lets differences between
 * phases tell what their heights cannot: the growth of a KV cache is known far better than the context under it.
 *
 * Framework bytes of the bundled workload are equal to the byte or do not fit at all.
 */

import { factorize } from '../../base/cholesky';
import { type Bytes, MiB } from '../../base/units';
import { COMPONENTS, type Component } from '../../base/vocabulary';
import type { ComponentBytes, TierBudget } from '../../budget/types';
import { FRAMEWORK_ALLOCATED } from '../../trace/series-ids';
import { predictedRow } from '../overlay/predicted';
import type { Stairs } from '../overlay/types';
import type { Observation } from './observations';
import { CONTEXT_SIGMA, matchStairs } from './staircase';

export interface FitContext {
  readonly line: string | null;
  /** Equal to the byte or not at all. */
  readonly mustMatchExactly: boolean;
  /** Context measured on this machine, put in the place of the assumed one; null where it is not known. */
  readonly contextBytes: Bytes | null;
  /** Whether a constant may be added for a context that was not measured. */
  readonly freeOffset: boolean;
  /** What the workload itself said of its run. */
  readonly announced?: Readonly<Record<string, unknown>>;
  /** Levels of a line that announced no phase; the observations are not used then. */
  readonly stairs?: Stairs | null;
}

export interface Fit {
  /** −2 log of the observations' probability, up to a constant; of an exact line 0, or more than 1. Less is better. */
  readonly score: number;
  /** Root mean square of the residuals in units of their expected error; 1 is what is expected. */
  readonly rmsError: number;
  /** Constant found under every prediction; 0 where none is free. */
  readonly offset: Bytes;
  readonly observations: number;
  /** As far as the trace goes it fits; its highest moments are missing, as where a recording ended early. */
  readonly isPartial?: boolean;
  /** Of levels: the run rests on no other than those that were seen. */
  readonly isWhole?: boolean;
}

/** Beyond this root mean square a prediction does not fit. */
const MAX_RMS_ERROR = 2;

export function fits({ score, rmsError }: Fit, mustMatchExactly: boolean): boolean {
  return mustMatchExactly ? score === 0 : rmsError <= MAX_RMS_ERROR;
}

/**
 * Expected error of each component, as a share of its bytes: parameters and states are counted exactly, activations as
 * well as the saved tensors of the model's code are known, workspaces and segments roughly.
 */
const ERROR: Readonly<Record<Component, number>> = {
  params: 0.003,
  gradients: 0.005,
  adam_m: 0.003,
  adam_v: 0.003,
  momentum: 0.003,
  optimizer_other: 0.02,
  master_params: 0.003,
  activations: 0.012,
  logits: 0.012,
  kv_cache: 0.008,
  inputs: 0.05,
  buffers: 0.05,
  workspace: 0.1,
  communication: 0.2,
  context: 0,
  reserve: 0.4,
};
/** Of each observation by itself: a share of what is not states, whole MiB of the driver, a little of nobody's. */
const OWN_SHARE = 0.002;
const OWN_BYTES = 4 * MiB;
/** Of a phase that was found in the trace, more. */
const INFERRED_SHARE = 0.01;
const INFERRED_BYTES = 16 * MiB;

/** What a constant may be: near the assumed context, or any context there is (250 MiB to 1.4 GiB), which costs, the more the further off. */
interface Constant {
  readonly mean: Bytes;
  readonly sigma: Bytes;
  readonly cost: number;
}
const KNOWN_CONSTANT: readonly Constant[] = [{ mean: 0, sigma: 12 * MiB, cost: 0 }];
const NEAR_CONTEXT = 80 * MiB;
const ASSUMED_CONSTANT: readonly Constant[] = [
  { mean: 0, sigma: 40 * MiB, cost: 0 },
  { mean: 200 * MiB, sigma: 300 * MiB, cost: 4 },
  { mean: 700 * MiB, sigma: 300 * MiB, cost: 6 },
];

export type Extra = (observation: Observation) => Bytes;

interface Row {
  readonly error: Bytes;
  readonly slack: Bytes;
  readonly split: ComponentBytes;
  readonly extra: Bytes;
  /** Expected error that it shares with no other: bytes, and of what is not states a share. */
  readonly own: Bytes;
  readonly share: number;
}

/** Null where the prediction has a row for none of the observations. */
export function fitBudget(
  observations: readonly Observation[],
  tier: TierBudget,
  context: FitContext,
  extra: Extra = () => 0,
): Fit | null {
  if (context.stairs) return staircaseFit(context.stairs, tier, context, extra);
  const setters = findSetters(tier, context.line);
  const rows: Row[] = [];
  for (const observation of observations) {
    const row = predictedRow(tier, observation, context.line);
    if (row === null) continue;
    const isPeak = observation.at === 'peak';
    const split =
      setters.get(isPeak ? row.total : row.end) ?? (isPeak ? row.components : row.endComponents);
    const known = context.contextBytes === null ? 0 : context.contextBytes - (split.context ?? 0);
    const more = extra(observation);
    rows.push({
      error: observation.bytes - ((isPeak ? row.total : row.end) + known + more),
      slack: observation.slack,
      own: observation.inferred ? INFERRED_BYTES : OWN_BYTES,
      share: observation.inferred ? INFERRED_SHARE : OWN_SHARE,
      split,
      extra: more,
    });
  }
  if (rows.length === 0) return null;
  if (context.mustMatchExactly) {
    const wrong = rows.filter(({ error, slack }) => !isLeaked(error, slack)).length;
    const score = wrong === 0 ? 0 : 1 + wrong;
    return { score, rmsError: score, offset: 0, observations: rows.length };
  }
  return likeliest(rows, context);
}

/**
 * On a device's line the moment that took the memory, by the height it left behind: what an allocator keeps errs as the
 * activations did for which it was taken.
 */
function findSetters(
  { timeline }: TierBudget,
  line: string | null,
): ReadonlyMap<Bytes, ComponentBytes> {
  const setters = new Map<Bytes, ComponentBytes>();
  if (line === FRAMEWORK_ALLOCATED) return setters;
  for (const { total, components } of timeline) {
    if ((components.reserve ?? 0) <= (setters.get(total)?.reserve ?? Number.POSITIVE_INFINITY))
      setters.set(total, components);
  }
  return setters;
}

/** The likeliest constant under all rows, of those with which they fit. */
function likeliest(rows: readonly Row[], context: FitContext): Fit {
  const constants =
    context.freeOffset && context.line !== FRAMEWORK_ALLOCATED ? ASSUMED_CONSTANT : KNOWN_CONSTANT;
  // What a leak may already have added within a step is uncertain by as much.
  const residuals = Float64Array.from(rows, ({ error, slack }) => error - slack / 2);
  const shared = buildCovariance(rows);
  const tried = constants.map((constant) => gaussian(residuals, shared, constant));
  const fitting = tried.filter(({ rmsError }) => rmsError <= MAX_RMS_ERROR);
  return (fitting.length > 0 ? fitting : tried).reduce((best, one) =>
    one.score < best.score ? one : best,
  );
}

/** None of a line's levels is one of the run's. */
const NO_MATCH: Fit = {
  score: Number.POSITIVE_INFINITY,
  rmsError: Number.POSITIVE_INFINITY,
  offset: 0,
  observations: 0,
};

/** Levels of a line that announces nothing, each matched with the moment that suits the prediction best. */
function staircaseFit(stairs: Stairs, tier: TierBudget, context: FitContext, extra: Extra): Fit {
  const raised = raisedBy(tier, extra);
  const known =
    context.contextBytes === null ? 0 : context.contextBytes - (raised.components.context ?? 0);
  // The match depends on the constant, and the constant on the match: as assumed, or such that the top fits.
  const top = stairs.heights.at(-1) ?? raised.total;
  const shifts = context.freeOffset
    ? [0, Math.min(1000 * MiB, Math.max(-250 * MiB, top - raised.total))]
    : [known];
  const fitted = shifts.map((shift): Fit => {
    const { matched, cost, isTopMatched, isPartial, isWhole } = matchStairs(stairs, raised, shift);
    if (matched.every(({ row }) => row.optional)) return NO_MATCH;
    const rows = matched.map(
      ({ height, row }): Row => ({
        error: height - row.total - known,
        slack: 0,
        split: row.components,
        extra: 0,
        own: row.optional ? CONTEXT_SIGMA : INFERRED_BYTES,
        share: INFERRED_SHARE,
      }),
    );
    const fit = likeliest(rows, context);
    return {
      ...fit,
      score: fit.score + cost,
      rmsError: isTopMatched ? fit.rmsError : Number.POSITIVE_INFINITY,
      observations: stairs.heights.length,
      isPartial: isPartial && fit.rmsError <= MAX_RMS_ERROR,
      isWhole,
    };
  });
  // What fits as far as it was recorded, with the context that was assumed, needs no other.
  const [asAssumed] = fitted;
  if (asAssumed?.isPartial && Math.abs(asAssumed.offset) <= NEAR_CONTEXT) return asAssumed;
  return fitted.reduce((best, one) => (one.score < best.score ? one : best));
}

/** A tier whose moments hold what `extra` adds to each. */
function raisedBy(tier: TierBudget, extra: Extra): TierBudget {
  const timeline = tier.timeline.map((row) => {
    const more = extra({
      phase: row.phase,
      step: row.step,
      at: 'peak',
      bytes: 0,
      slack: 0,
      count: 1,
      inferred: true,
    });
    return more === 0
      ? row
      : {
          ...row,
          total: row.total + more,
          components: { ...row.components, logits: (row.components.logits ?? 0) + more },
        };
  });
  return { ...tier, timeline, total: Math.max(...timeline.map(({ total }) => total)) };
}

/** Covariance without the constant, row by row. */
function buildCovariance(rows: readonly Row[]): Float64Array {
  const n = rows.length;
  const errors = rows.map(({ split, extra }) =>
    COMPONENTS.map(
      (name) => ERROR[name] * ((split[name] ?? 0) + (name === 'logits' ? Math.abs(extra) : 0)),
    ),
  );
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k <= i; k++) {
      let sum = 0;
      for (let c = 0; c < COMPONENTS.length; c++) sum += errors[i]![c]! * errors[k]![c]!;
      matrix[i * n + k] = matrix[k * n + i] = sum;
    }
    const { split, slack, own, share } = rows[i]!;
    const moving =
      (split.activations ?? 0) +
      (split.logits ?? 0) +
      (split.workspace ?? 0) +
      (split.gradients ?? 0);
    matrix[i * n + i]! += own ** 2 + (share * moving) ** 2 + (slack / 2) ** 2;
  }
  return matrix;
}

function gaussian(
  residuals: Float64Array,
  shared: Float64Array,
  { mean, sigma, cost }: Constant,
): Fit {
  const n = residuals.length;
  const matrix = shared.map((value) => value + sigma * sigma);
  const { solve, logDeterminant } = factorize(matrix, n);
  const rest = residuals.map((value) => value - mean);
  const weighted = solve(rest);
  let square = 0;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    square += rest[i]! * weighted[i]!;
    sum += weighted[i]!;
  }
  // The unit of bytes drops out where scores are compared: every candidate has the same observations.
  return {
    score: square + logDeterminant + cost,
    rmsError: Math.sqrt(square / n),
    offset: mean + sigma * sigma * sum,
    observations: n,
  };
}

/** A few leaks more or fewer than were taken off, the count at a boundary being uncertain. */
function isLeaked(error: number, slack: number): boolean {
  if (error === 0) return true;
  if (slack === 0) return false;
  const times = error / slack;
  return Number.isInteger(times) && times >= -2 && times <= 2;
}
