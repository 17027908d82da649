/**
 * Whether a labelled trace shows its cause to anyone at all. A line that announces nothing is a row of levels, and by
 * them alone three times the batch may be another copy of the logits. The oracle knows what no analysis does: how the
 * traces are made, and how large each of their errors is. It asks for the likelihood ratio between the run that was and
 * every other run with one setting changed, the clean one among them; where the best test between the two would be
 * wrong more often than once in twenty, the cause is not decidable. It shares no code with the analysis and none of its
 * thresholds: only the budget, from which the traces come too.
 *
 * What it does not excuse: a level that was read, however shortly (it sees each of them to 2 MiB), and a recording that
 * was cut.
 */
import { factorize } from '../../../src/shared/base/cholesky';
import { unlessFailure } from '../../../src/shared/base/failure';
import { GiB, MiB } from '../../../src/shared/base/units';
import { COMPONENTS, type Component } from '../../../src/shared/base/vocabulary';
import { computeBudget } from '../../../src/shared/budget/budget';
import type { Budget } from '../../../src/shared/budget/types';
import { OPTIMIZERS, PRECISIONS, type RunSpec } from '../../../src/shared/model/spec';
import { logitsBytes, type Plan } from './plan';

/** Distance of two means in units of their spread at which the best test errs once in twenty: Φ(−d/2) = 0.05. */
const DECIDABLE = 3.29;
/** Sigmas of what `trace.ts` draws: Gaussian shares, and a uniform's width over √12. */
const SHARE = { states: 0.001, others: 0.006 } as const;
const UNIFORM = 1 / Math.sqrt(12);
const SPREAD = {
  extra: 12 * MiB * UNIFORM,
  segments: 0.3 * UNIFORM,
  segmentsMore: 16 * MiB * UNIFORM,
  context: 80 * MiB * UNIFORM,
  reading: 2 * MiB,
} as const;
const SEGMENTS = 0.95;
/** The context's own level lasts a twentieth of a second and more: read so often it is seen. */
const CONTEXT_SEEN_US = 50_000;
/** Level by level its mean, and what one sigma of each independent error moves it by. */
interface Levels {
  readonly mean: Float64Array;
  readonly errors: readonly Float64Array[];
}

/**
 * Other settings that would have left this trace as likely as the run that was: any one that can be changed, to any
 * value, since who reads a trace does not know which changes the plans draw. `clean` is the declared run. Empty where the
 * cause can be told, or is none of those that show in levels.
 */
export function findRivals(plan: Plan): readonly string[] {
  const cause = plan.causes.find((one) => one in KIND);
  if (cause === undefined || plan.markers !== 'none') return [];
  const { declared, actual, intervalUs } = plan;
  const { run } = declared;
  const seesContext = intervalUs <= CONTEXT_SEEN_US;
  const assumed = declared.tiers.refined.components.context ?? 0;
  const levels = (budget: Budget, copies: number, contextBytes = assumed) =>
    levelsOf(budget, { contextBytes, copies, seesContext });
  const was = levels(actual, plan.logitsCopies, cause === 'context' ? plan.contextBytes : assumed);
  const asDeclared = levels(declared, 0);
  const isClose = (other: Levels, range: Range = [0, 0]) => distance(was, other, range) < DECIDABLE;
  const top = was.mean.at(-1) ?? 0;
  const isRival = (change: Partial<RunSpec>): boolean => {
    const budget = changed(plan, change);
    return budget !== null && isClose(levels(budget, 0));
  };
  const tokens = run.mode === 'generate' ? 'promptTokens' : 'seq';
  const others: Readonly<Record<string, () => boolean>> = {
    clean: () => isClose(asDeclared),
    context: () =>
      CONTEXTS.some(([low, high]) => isClose(asDeclared, [low - assumed, high - assumed])),
    logits: () => [1, 2, 3].some((copies) => isClose(levels(declared, copies))),
    batch: () => valuesNear(plan, 'batch', top).some((batch) => isRival({ batch })),
    seq: () => valuesNear(plan, tokens, top).some((length) => isRival(withLength(run, length))),
    precision: () =>
      PRECISIONS.some((precision) => precision !== run.precision && isRival({ precision })),
    kv: () =>
      run.kvCache && KV.some((one) => one !== run.kvPrecision && isRival({ kvPrecision: one })),
    checkpointing: () =>
      run.mode === 'train' && CHECKPOINTING.some((one) => isRival({ checkpointing: one })),
    optimizer: () =>
      run.mode === 'train' &&
      OPTIMIZERS.some((one) => one !== run.optimizer && isRival({ optimizer: one })),
    attention: () => isRival({ attention: run.attention === 'sdpa' ? 'eager' : 'sdpa' }),
  };
  return Object.keys(others).filter(
    (name) => kindOf(name, plan) !== kindOf(cause, plan) && others[name]!(),
  );
}

type Range = readonly [number, number];
/** What a context may take, by the machine: anything but nearly what was assumed, which is the clean run. */
const CONTEXTS: readonly Range[] = [[250 * MiB, 1.4 * GiB]];
const KV = ['fp32', 'fp16', 'int8', 'int4'] as const;
const CHECKPOINTING = ['full', 'selective', 'every=2', 'every=4'] as const;
/** Findings of one kind answer for each other. */
const KIND: Readonly<Partial<Record<string, string>>> = {
  batch: 'batch',
  seq: 'seq',
  precision: 'dtype',
  kv: 'dtype',
  checkpointing: 'checkpointing',
  logits: 'logits',
  context: 'context',
};
const kindOf = (name: string, { isTwin }: Plan): string =>
  isTwin && (name === 'batch' || name === 'seq') ? 'tokens' : (KIND[name] ?? name);

const changed = ({ model, declared }: Plan, change: Partial<RunSpec>): Budget | null =>
  unlessFailure(() => computeBudget(model, { ...declared.run, ...change }));

const withLength = (run: RunSpec, length: number): Partial<RunSpec> =>
  run.mode === 'generate' ? { promptTokens: length, seq: length + run.tokens } : { seq: length };

/** Whole numbers with which the highest level comes near `top`, by three steps along the slope. */
function valuesNear(plan: Plan, field: 'batch' | 'seq' | 'promptTokens', top: number): number[] {
  const { run } = plan.declared;
  const height = (value: number) =>
    changed(plan, field === 'batch' ? { batch: value } : withLength(run, value))?.tiers.refined
      .total;
  let value: number = run[field];
  for (let i = 0; i < 3; i++) {
    const [here, next] = [height(value), height(value + 1)];
    if (here === undefined || next === undefined || next <= here) break;
    value = Math.max(1, Math.round(value + (top - here) / (next - here)));
  }
  const near = [-2, -1, 0, 1, 2].map((more) => value + more);
  return near.filter((one) => one >= 1 && one !== run[field]);
}

/** A driver gives nothing back to the device, so each moment stands at the most that any before it took. */
function levelsOf(
  { tiers, run, spec }: Budget,
  {
    contextBytes,
    copies,
    seesContext,
  }: { readonly contextBytes: number; readonly copies: number; readonly seesContext: boolean },
): Levels {
  const { timeline } = tiers.refined;
  const named = COMPONENTS.filter((one) => one !== 'context' && one !== 'reserve');
  const rows: { readonly mean: number; readonly errors: readonly number[] }[] = [];
  if (seesContext)
    rows.push({ mean: contextBytes, errors: [...named.map(() => 0), 0, 0, 0, SPREAD.context] });
  let top: (typeof rows)[number] = { mean: contextBytes, errors: [] };
  let highest = 0;
  let segments = 0;
  for (const { phase, components, total } of timeline) {
    const isLossHeld = phase === 'forward' || phase === 'backward';
    const logits = isLossHeld ? copies * logitsBytes(run, spec) : 0;
    if (total > highest) segments = components.reserve ?? 0;
    highest = Math.max(highest, total);
    const live = named.reduce((sum, one) => sum + (components[one] ?? 0), 0);
    const mean = contextBytes + live + logits + 6 * MiB + SEGMENTS * segments + 8 * MiB;
    if (mean > top.mean)
      top = {
        mean,
        errors: [
          ...named.map((one) => shareOf(one) * (components[one] ?? 0)),
          SPREAD.extra,
          SPREAD.segments * segments,
          SPREAD.segmentsMore,
          SPREAD.context,
        ],
      };
    rows.push(top);
  }
  const count = named.length + 4;
  return {
    mean: Float64Array.from(rows, ({ mean }) => mean),
    errors: Array.from({ length: count }, (_, k) =>
      Float64Array.from(rows, ({ errors }) => errors[k] ?? 0),
    ),
  };
}

const shareOf = (one: Component): number =>
  one === 'params' || one.startsWith('adam') ? SHARE.states : SHARE.others;

/**
 * Mahalanobis distance of two rows of levels, by the mean of their covariances, less the shift within `range` that
 * brings them closest. Infinite where they have not the same moments.
 */
function distance(one: Levels, other: Levels, range: Range): number {
  const n = one.mean.length;
  if (n !== other.mean.length) return Number.POSITIVE_INFINITY;
  const matrix = new Float64Array(n * n);
  for (const { errors } of [one, other])
    for (const error of errors)
      for (let i = 0; i < n; i++)
        for (let k = 0; k < n; k++) matrix[i * n + k]! += (error[i]! * error[k]!) / 2;
  for (let i = 0; i < n; i++) matrix[i * n + i]! += SPREAD.reading ** 2;
  const { solve } = factorize(matrix, n);
  const apart = one.mean.map((mean, i) => mean - other.mean[i]!);
  const ones = new Float64Array(n).fill(1);
  const weight = solve(ones);
  const best = dot(weight, apart) / dot(weight, ones);
  const shift = Math.min(range[1], Math.max(range[0], best));
  const rest = apart.map((value) => value - shift);
  return Math.sqrt(dot(solve(rest), rest));
}

const dot = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0);
