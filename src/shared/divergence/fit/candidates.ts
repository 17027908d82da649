/**
 * Other runs that the trace might have been, one setting changed at a time, each with its budget: what the diagnosis and
 * the inversion search. A setting the model cannot run is passed over.
 *
 * A worked example: GPT-2 small trained in PyTorch, fp32, AdamW, eager attention, sequences of 512. Batch 8 was declared
 * and 16 ran. What is predicted of later steps, and what the framework's bytes show, in GiB:
 *
 *                   load   forward   backward   optimizer
 *     predicted     0.48      8.04       8.81        2.35
 *     observed      0.48     14.66      16.19        2.35
 *
 * The declared run misses by 54 times the expected error, where 2 is the most that fits. The candidates, best first:
 *
 *     candidate                     fit   + prior   = score   rms error
 *     batch 16                    141.2       4.0     145.2         0.0    fits
 *     seq 912                     156.7      11.0     167.7         2.0    fits, barely
 *     3 float32 copies of logits 3943.5       7.0    3950.5        30.8
 *     precision mixed-bf16      14834.2       4.0   14838.2        60.6
 *     attention sdpa            23062.1       4.0   23066.1        75.7
 *     checkpointing full       467270.4       4.0  467274.4       341.7
 *
 * 912 is where secant steps make the excess at the highest moment vanish, but the weights and the scores of attention do
 * not grow alike, so other moments are off; and people double a batch more often than they write 912, which the prior
 * counts. Batch 16 leads by 22, more than the margin of 6 that a finding asks for (see winner.ts).
 */

import { unlessFailure } from '../../base/failure';
import { computeBudget } from '../../budget/budget';
import type { Budget } from '../../budget/types';
import { OPTIMIZERS, PRECISIONS, type RunSpec } from '../../model/spec';
import { predictedRow } from '../overlay/predicted';
import { type Extra, type Fit, type FitContext, fitBudget } from './fit';
import type { Observation } from './observations';

const FIELDS = [
  'batch',
  'seq',
  'promptTokens',
  'precision',
  'kvPrecision',
  'checkpointing',
  'optimizer',
  'attention',
  'cacheCopies',
  'logitsCopies',
] as const;
export type Field = (typeof FIELDS)[number];

export interface Candidate {
  readonly field: Field;
  readonly declared: string | number;
  readonly value: string | number;
  readonly budget: Budget;
  readonly fit: Fit;
  /**
   * The fit's score and what the value itself is worth: people double a batch more often than they add 13 to it. Where
   * fits are exact that counts for nothing.
   */
  readonly score: number;
  readonly extra?: Extra;
}

/** −2 log of how likely any one setting is to be wrong, next to none. */
const CHANGE = 4;
/** Loaders fix the length of sequences more often than their number. */
const OTHER_LENGTH = 1;
/** What the workload says of itself decides where bytes do not; it may be mistaken like any declaration. */
const ANNOUNCED = -6;
const DENIED = 8;
/** Floats are mixed up in passing; weights are quantized on purpose, by a loader that was asked to. */
const QUANTIZED = 4;
const USUAL_OPTIMIZERS: readonly (string | number)[] = ['adamw', 'adam', 'momentum', 'sgd'];
const RARE_OPTIMIZER = 4;
/** Nobody computes a loss in inference, whose copies of the logits these mostly are. */
const LOGITS_WITHOUT_LOSS = 6;

export class Search {
  readonly #known = new Map<string, Budget | null>();

  constructor(
    readonly declared: Budget,
    readonly observations: readonly Observation[],
    readonly context: FitContext,
  ) {}

  budget(change: Partial<RunSpec>): Budget | null {
    const key = JSON.stringify(change);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const budget = unlessFailure(() =>
      computeBudget(this.declared.spec, { ...this.declared.run, ...change }),
    );
    this.#known.set(key, budget);
    return budget;
  }

  fit(budget: Budget, extra?: Extra): Fit | null {
    return fitBudget(this.observations, budget.tiers.refined, this.context, extra);
  }

  /** The declared run as it is. */
  declaredFit(): Fit | null {
    return this.fit(this.declared);
  }

  /** The best value of each setting, one candidate a setting; fields of the same name keep all their words. */
  all(): Candidate[] {
    const { run } = this.declared;
    const words = (
      field: 'precision' | 'kvPrecision' | 'checkpointing' | 'optimizer' | 'attention',
      values: readonly string[],
    ) =>
      values
        .filter((value) => value !== run[field])
        .flatMap((value) =>
          this.#candidate(field, run[field], value, {
            [field]: value,
            ...(field === 'precision' ? { kvPrecision: matchingKvPrecision(value) } : {}),
          } as Partial<RunSpec>),
        );
    const isTrain = run.mode === 'train';
    return [
      ...this.#number('batch', run.batch, 4096, (batch) => ({ batch })),
      ...(run.mode === 'generate'
        ? this.#number(
            'promptTokens',
            run.promptTokens,
            this.declared.spec.maxPositions,
            (promptTokens) => ({ promptTokens, seq: promptTokens + run.tokens }),
          )
        : this.#number('seq', run.seq, this.declared.spec.maxPositions, (seq) => ({ seq }))),
      ...words('precision', PRECISIONS),
      ...(run.kvCache ? words('kvPrecision', ['fp32', 'fp16', 'int8', 'int4']) : []),
      ...(isTrain
        ? words('checkpointing', ['none', 'full', 'selective', 'every=2', 'every=4'])
        : []),
      ...(isTrain ? words('optimizer', OPTIMIZERS) : []),
      ...(run.framework === 'pytorch' ? words('attention', ['eager', 'sdpa']) : []),
      ...this.#copies(),
    ];
  }

  #candidate(
    field: Field,
    declared: string | number,
    value: string | number,
    change: Partial<RunSpec>,
    extra?: Extra,
  ): Candidate[] {
    const budget = this.budget(change);
    const fit = budget && this.fit(budget, extra);
    return budget && fit
      ? [
          {
            field,
            declared,
            value,
            budget,
            fit,
            score:
              fit.score +
              (this.context.mustMatchExactly
                ? 0
                : CHANGE + valuePrior(declared, value) + this.#fieldPrior(field, declared, value)),
            ...(extra ? { extra } : {}),
          },
        ]
      : [];
  }

  #fieldPrior(field: Field, declared: string | number, value: string | number): number {
    const announced = this.context.announced?.[field];
    if (announced === value) return ANNOUNCED;
    if (announced === declared) return DENIED;
    if (field === 'seq' || field === 'promptTokens') return OTHER_LENGTH;
    if (field === 'optimizer' && !USUAL_OPTIMIZERS.includes(value)) return RARE_OPTIMIZER;
    if (field === 'precision' && isQuantized(value) && !isQuantized(declared)) return QUANTIZED;
    return field === 'logitsCopies' && this.declared.run.mode === 'infer' ? LOGITS_WITHOUT_LOSS : 0;
  }

  /** A second copy of the keys and values, and one to three float32 copies of all logits. */
  #copies(): Candidate[] {
    const {
      declared: { run, spec, tiers },
    } = this;
    const cache: Candidate[] =
      run.kvCache && tiers.refined.components.kv_cache !== undefined
        ? this.#candidate('cacheCopies', 1, 2, {}, (one) => {
            const row = tiers.refined.phases.find(({ phase }) => phase === one.phase);
            return (
              (one.at === 'peak' ? row?.components.kv_cache : row?.endComponents.kv_cache) ?? 0
            );
          })
        : [];
    if (run.mode === 'generate' || run.framework !== 'pytorch') return cache;
    const logits = 4 * run.batch * run.seq * spec.vocab;
    const copies = [1, 2, 3].flatMap((times) =>
      this.#candidate('logitsCopies', 0, times, {}, (one) =>
        this.#holdsLogits(one) ? times * logits : 0,
      ),
    );
    return [...cache, ...copies];
  }

  /**
   * Copies of the logits live at the highest moments of forward and backward. On a device's line they are never given
   * back after that: the allocator keeps what the peak took.
   */
  #holdsLogits({ phase, at }: Observation): boolean {
    if ((phase === 'forward' || phase === 'backward') && at === 'peak') return true;
    return phase !== 'load' && this.context.line?.startsWith('gpu') === true;
  }

  /**
   * The best value of a whole number. Values people choose are all tried; others are reached by secant steps until the
   * excess at the observation that tells most is gone.
   */
  #number(
    field: 'batch' | 'seq' | 'promptTokens',
    declared: number,
    most: number,
    change: (value: number) => Partial<RunSpec>,
  ): Candidate[] {
    const tried = new Map<number, Candidate | null>();
    const attempt = (value: number): Candidate | null => {
      const known = tried.get(value);
      if (known !== undefined) return known;
      const one = this.#candidate(field, declared, value, change(value))[0] ?? null;
      tried.set(value, one);
      return one;
    };
    const excess = (budget: Budget) => this.#excess(budget);
    const step = declared < most ? declared + 1 : declared - 1;
    const near = step >= 1 ? this.budget(change(step)) : null;
    if (near === null) return [];
    let [x0, y0, x1, y1] = [declared, excess(this.declared), step, excess(near)];
    for (let i = 0; i < 6 && y1 !== y0; i++) {
      const next = Math.round(Math.min(most, Math.max(1, x1 - (y1 * (x1 - x0)) / (y1 - y0))));
      if (next === x1) break;
      const one = next === declared ? null : attempt(next);
      if (one === null) break;
      [x0, y0, x1, y1] = [x1, y1, next, excess(one.budget)];
    }
    for (const value of [
      x1 - 1,
      x1,
      x1 + 1,
      ...(this.context.mustMatchExactly ? [] : usualValues(declared, x1)),
    ]) {
      if (value >= 1 && value <= most && value !== declared) attempt(value);
    }
    const found = [...tried.values()]
      .filter((one): one is Candidate => one !== null)
      .sort((a, b) => a.score - b.score);
    return found.slice(0, 1);
  }

  /** Observed less predicted: what a search drives to nothing. */
  #excess(budget: Budget): number {
    return signedExcess(this.observations, budget, this.context);
  }
}

const FACTORS = [2, 1 / 2, 3, 4, 1 / 4, 8, 1 / 8, 3 / 2, 16, 1 / 16];

/** Values that people choose: multiples of what was declared; near `found` powers of two and multiples of eight. */
function usualValues(declared: number, found: number): number[] {
  const power = 2 ** Math.round(Math.log2(found));
  return [
    ...new Set([
      ...FACTORS.map((factor) => Math.round(declared * factor)),
      power / 2,
      power,
      power * 2,
      Math.floor(found / 8) * 8,
      Math.ceil(found / 8) * 8,
    ]),
  ];
}

/** −2 log of how likely a value is to be the one, once its setting is wrong. */
function valuePrior(declared: string | number, value: string | number): number {
  if (typeof declared === 'string' || typeof value === 'string') return 0;
  if (declared === 0) return value;
  const factor = value / declared;
  const far = 2 * Math.max(0, Math.abs(Math.log2(factor)) - 2);
  if (factor === 2 || factor === 1 / 2) return 0;
  if (FACTORS.includes(factor)) return 2 + far;
  if (Number.isInteger(Math.log2(value))) return 3 + far;
  return (value % 8 === 0 || Number.isInteger(factor) ? 6 : 10) + far;
}

const FLOATS: readonly (string | number)[] = ['fp32', 'fp16', 'bf16', 'mixed-fp16', 'mixed-bf16'];
const isQuantized = (precision: string | number): boolean => !FLOATS.includes(precision);

function matchingKvPrecision(precision: string): RunSpec['kvPrecision'] {
  return precision === 'fp32' || precision === 'bf16' ? precision : 'fp16';
}

/**
 * At the highest observation, which holds most of what depends on the setting; less that at the lowest one where a
 * constant may be added, since a context lies under both. Of levels that no phase is known of, at the highest.
 */
function signedExcess(
  observations: readonly Observation[],
  { tiers }: Budget,
  context: FitContext,
): number {
  const top = context.stairs?.heights.at(-1);
  if (top !== undefined) return top - tiers.refined.total;
  let high: { bytes: number; error: number } | null = null;
  let low: { bytes: number; error: number } | null = null;
  for (const one of observations) {
    const row = predictedRow(tiers.refined, one, context.line);
    if (row === null) continue;
    const error =
      one.bytes -
      (one.at === 'peak' ? row.total : row.end) -
      (context.contextBytes === null ? 0 : context.contextBytes - (row.components.context ?? 0));
    if (one.at === 'peak' && (high === null || one.bytes > high.bytes))
      high = { bytes: one.bytes, error };
    if (low === null || one.bytes < low.bytes) low = { bytes: one.bytes, error };
  }
  return (
    (high?.error ?? 0) -
    (context.freeOffset && low !== null && high !== null && low.bytes < high.bytes ? low.error : 0)
  );
}
