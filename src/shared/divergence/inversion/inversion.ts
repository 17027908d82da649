/**
 * The budget inverted: from what was measured, what the run must have been. Every setting is changed until predictions
 * stop fitting, which gives an interval of values and the runner-up; a declared value outside of it is contradicted, and
 * where several settings would do the answer is *undetermined*, never a guess.
 *
 * Here one setting at a time of a declared run is searched; inversion-alone.ts searches them together.
 */
import type { Precision, RunSpec } from '../../model/spec';
import type { FindingsInput } from '../findings';
import { type Candidate, Search } from '../fit/candidates';
import { type Fit, fits } from '../fit/fit';
import { describeChange, WORDS } from '../fit/setting-words';
import { findClearWinner, findGrowth, offsetLimit, searchFor } from '../fit/verdict';
import type { Finding, SettingChange } from '../overlay/types';

export type InvertedField =
  | 'batch'
  | 'seq'
  | 'promptTokens'
  | 'precision'
  | 'kvPrecision'
  | 'optimizer'
  | 'checkpointing';

export interface Estimate {
  readonly field: InvertedField;
  /** Null where nothing was declared. */
  readonly declared: string | number | null;
  readonly verdict: 'agrees' | 'contradicts' | 'undetermined';
  /** The best value; null where the data cannot tell. */
  readonly estimate: string | number | null;
  /** Of a number: every value from the first to the last fits. */
  readonly interval: readonly [number, number] | null;
  /** Other values that fit as well: fp16 and bf16 take the same bytes. */
  readonly alternatives: readonly (string | number)[];
  /** The best value that does not fit, with its misfit in tolerances (1 is the limit). */
  readonly runnerUp: { readonly value: string | number; readonly misfit: number } | null;
}

export interface Inversion {
  readonly estimates: readonly Estimate[];
  /** The declared setting that the trace contradicts, where one stands out. */
  readonly contradicted: SettingChange | null;
  /** One sentence. */
  readonly summary: string;
}

const TEXT = {
  precision: ['fp32', 'fp16', 'bf16', 'mixed-fp16', 'mixed-bf16', 'int8', 'int4'],
  kvPrecision: ['fp32', 'fp16', 'int8', 'int4'],
  optimizer: ['adamw', 'momentum', 'sgd', 'adam8bit', 'adafactor', 'lion'],
  checkpointing: ['none', 'full', 'selective', 'every=2'],
} as const;

/** Null where no budget, no line or no phase is there to go by. */
export function invert(input: FindingsInput, findings: readonly Finding[]): Inversion | null {
  const growth = findGrowth(findings);
  const found = searchFor(input, growth);
  if (
    found === null ||
    (found.search.own()?.observations ?? 0) < 2 ||
    findings.some(({ kind }) => kind === 'preallocated_pool')
  )
    return null;
  const { search, overlay, exact } = found;
  const own = search.own();
  const { run } = search.declared;
  const isAsDeclared =
    own !== null && fits(own, exact) && Math.abs(own.offset) <= offsetLimit(overlay, input);
  const standing = isAsDeclared
    ? undefined
    : (findClearWinner(input, findings) ?? findClearWinner(input, []));
  const best = standing?.best;
  // Everything else is judged with the contradicted setting put right.
  const base =
    best === undefined ? search : new Search(best.budget, search.observations, search.context);
  const changed = best?.field;
  const numbers: InvertedField[] =
    run.mode === 'generate' ? ['batch', 'promptTokens'] : ['batch', 'seq'];
  const words: InvertedField[] = [
    'precision',
    ...(run.kvCache ? ['kvPrecision' as const] : []),
    ...(run.mode === 'train' ? ['optimizer' as const, 'checkpointing' as const] : []),
  ];
  const canTell = isAsDeclared || best !== undefined;
  // Settings that the trace cannot tell apart: each may be the declared value or the other one.
  const apart = standing && standing.twins.length > 0 ? [standing.best, ...standing.twins] : [];
  const isUndecided = (field: InvertedField) => apart.some((one) => one.field === field);
  const valuesOf = (field: InvertedField, declared: string | number) => [
    declared,
    ...apart.filter((one) => one.field === field).map(({ value }) => value),
  ];
  const estimates = [...numbers, ...words].map((field): Estimate => {
    const declared = run[field as keyof RunSpec] as string | number;
    if (!canTell)
      return {
        field,
        declared,
        verdict: 'undetermined',
        estimate: null,
        interval: null,
        alternatives: [],
        runnerUp: null,
      };
    const value = base.declared.run[field as keyof RunSpec] as string | number;
    if (isUndecided(field))
      return {
        field,
        declared,
        verdict: 'undetermined',
        estimate: null,
        interval: null,
        alternatives: valuesOf(field, declared),
        runnerUp: null,
      };
    return typeof value === 'number'
      ? numberEstimate(base, field, value, declared, exact, changed === field)
      : wordEstimate(base, field, value, declared, exact, changed === field);
  });
  const setting =
    findings.find((one) => one.setting !== undefined)?.setting ??
    (best && { field: best.field, declared: best.declared, fits: best.value });
  const contradicted = apart.length > 0 ? null : (setting ?? null);
  return {
    estimates,
    contradicted,
    summary: summarizeInversion(contradicted, apart, isAsDeclared, estimates),
  };
}

function buildChange(field: InvertedField, value: string | number, run: RunSpec): Partial<RunSpec> {
  if (field === 'promptTokens')
    return { promptTokens: Number(value), seq: Number(value) + run.tokens };
  if (field === 'precision')
    return {
      precision: value as Precision,
      kvPrecision:
        value === 'fp32' ? 'fp32' : run.kvPrecision === 'fp32' ? 'fp16' : run.kvPrecision,
    };
  return { [field]: value };
}

/** Half the width of a 95% interval, in −2 log: the square of 1.96. */
const INTERVAL = 3.84;

/** Misfit of one value beside the best one: 1 is the most that still fits; null where the model cannot run it. */
function misfit(
  search: Search,
  field: InvertedField,
  value: string | number,
  exact: boolean,
  best: Fit | null,
): number | null {
  const budget = search.budget(buildChange(field, value, search.declared.run));
  const fit = budget && search.fit(budget);
  if (!fit) return null;
  if (exact) return fits(fit, exact) ? 0 : fit.misfit;
  return Math.max(0, fit.score - (best?.score ?? fit.score)) / INTERVAL;
}

function numberEstimate(
  search: Search,
  field: InvertedField,
  value: number,
  declared: string | number,
  exact: boolean,
  changed: boolean,
): Estimate {
  const best = search.own();
  const isFit = (at: number) =>
    (misfit(search, field, at, exact, best) ?? Number.POSITIVE_INFINITY) <= 1;
  /** The last value that fits in one direction: strides that double, then halves between. */
  const reach = (sign: 1 | -1): number => {
    let last = value;
    let stride = 1;
    let beyond: number | null = null;
    while (beyond === null && stride <= 4096) {
      const next = last + sign * stride;
      if (next < 1 || !isFit(next)) beyond = next;
      else [last, stride] = [next, stride * 2];
    }
    if (beyond === null) return last;
    while (Math.abs(beyond - last) > 1) {
      const middle = Math.trunc((beyond + last) / 2);
      if (middle >= 1 && isFit(middle)) last = middle;
      else beyond = middle;
    }
    return last;
  };
  const interval = [reach(-1), reach(1)] as const;
  const neighbours = [interval[0] - 1, interval[1] + 1]
    .flatMap((at) => {
      const size = at < 1 ? null : misfit(search, field, at, exact, best);
      return size === null ? [] : [{ value: at, misfit: size }];
    })
    .sort((a, b) => a.misfit - b.misfit);
  // An interval that spans a factor of two tells nothing.
  const isVague = interval[1] >= 2 * interval[0] && interval[1] > interval[0] + 1;
  return {
    field,
    declared,
    interval,
    alternatives: [],
    runnerUp: neighbours[0] ?? null,
    estimate: isVague && !changed ? null : value,
    verdict: changed ? 'contradicts' : isVague ? 'undetermined' : 'agrees',
  };
}

function wordEstimate(
  search: Search,
  field: InvertedField,
  value: string,
  declared: string | number,
  exact: boolean,
  changed: boolean,
): Estimate {
  const best = search.own();
  const tried = (TEXT[field as keyof typeof TEXT] as readonly string[])
    .filter((one) => one !== value)
    .flatMap((one) => {
      const size = misfit(search, field, one, exact, best);
      return size === null ? [] : [{ value: one, misfit: size }];
    })
    .sort((a, b) => a.misfit - b.misfit);
  const alternatives = tried.filter((one) => one.misfit <= 1).map((one) => one.value);
  const isTwin = (one: string) =>
    SAME_BYTES.some((group) => group.includes(one) && group.includes(value));
  const isVague = alternatives.some((one) => !isTwin(one));
  return {
    field,
    declared,
    interval: null,
    alternatives,
    runnerUp: tried.find((one) => one.misfit > 1) ?? null,
    estimate: isVague && !changed ? null : value,
    verdict: changed ? 'contradicts' : isVague ? 'undetermined' : 'agrees',
  };
}

const SAME_BYTES: readonly (readonly string[])[] = [
  ['fp16', 'bf16'],
  ['mixed-fp16', 'mixed-bf16'],
  ['adam', 'adamw'],
  ['momentum', 'lion'],
];

function summarizeInversion(
  contradicted: Inversion['contradicted'],
  apart: readonly Candidate[],
  isAsDeclared: boolean,
  estimates: readonly Estimate[],
): string {
  if (apart.length > 0) {
    return `The trace contradicts what was declared: ${apart.map(describeChange).join(', or ')} fits, and it cannot tell which: undetermined.`;
  }
  if (contradicted !== null) {
    const name =
      Object.entries(WORDS).find(([field]) => field === contradicted.field)?.[1].name ??
      contradicted.field;
    return `The trace contradicts the declared ${name} ${contradicted.declared}: ${contradicted.fits} fits.`;
  }
  if (!isAsDeclared)
    return 'The trace does not fit what was declared, and no single setting stands out that would: undetermined.';
  const told = estimates
    .filter(({ verdict }) => verdict === 'agrees')
    .map(({ field, estimate }) => `${field} ${estimate}`);
  return told.length === 0
    ? 'The trace fits what was declared, and would fit much else: undetermined.'
    : `The trace bears out what was declared: ${told.join(', ')}.`;
}
