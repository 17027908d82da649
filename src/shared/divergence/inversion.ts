/**
 * The budget inverted: from what was measured, what the run must have been. Every setting is changed until predictions
 * stop fitting, which gives an interval of values and the runner-up; a declared value outside of it is contradicted, and
 * where several settings would do the answer is *undetermined*, never a guess.
 *
 * With a declared run one setting at a time is searched; `invertAlone` searches them together for a known model.
 */
import { budgetOf } from '../budget/budget';
import type { Budget } from '../budget/types';
import { Failure } from '../failure';
import { formatInteger } from '../format';
import { runDefaults } from '../model/run';
import type { ModelSpec, Precision, RunSpec } from '../model/spec';
import { type Candidate, Search } from './fit/candidates';
import { type Fit, fits } from './fit/fit';
import { growthOf, offsetLimit, searchFor, standingOutIn, WORDS } from './findings/settings';
import type { FindingsInput } from './findings';
import type { Finding, SettingChange } from './types';

export type InvertedField = 'batch' | 'seq' | 'promptTokens' | 'precision' | 'kvPrecision' | 'optimizer' | 'checkpointing';

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

const TEXT = { precision: ['fp32', 'fp16', 'bf16', 'mixed-fp16', 'mixed-bf16', 'int8', 'int4'], kvPrecision: ['fp32', 'fp16', 'int8', 'int4'], optimizer: ['adamw', 'momentum', 'sgd', 'adam8bit', 'adafactor', 'lion'], checkpointing: ['none', 'full', 'selective', 'every=2'] } as const;

/** Null where no budget, no line or no phase is there to go by. */
export function invert(input: FindingsInput, findings: readonly Finding[]): Inversion | null {
  const growth = growthOf(findings);
  const found = searchFor(input, growth);
  if (found === null || (found.search.own()?.observations ?? 0) < 2 || findings.some(({ kind }) => kind === 'preallocated_pool')) return null;
  const { search, overlay, exact } = found;
  const own = search.own();
  const { run } = search.declared;
  const isAsDeclared = own !== null && fits(own, exact) && Math.abs(own.offset) <= offsetLimit(overlay, input);
  const standing = isAsDeclared ? undefined : (standingOutIn(input, findings) ?? standingOutIn(input, []));
  const best = standing?.best;
  // Everything else is judged with the contradicted setting put right.
  const base = best === undefined ? search : new Search(best.budget, search.observations, search.context);
  const changed = best?.field;
  const numbers: InvertedField[] = run.mode === 'generate' ? ['batch', 'promptTokens'] : ['batch', 'seq'];
  const words: InvertedField[] = ['precision', ...(run.kvCache ? ['kvPrecision' as const] : []), ...(run.mode === 'train' ? ['optimizer' as const, 'checkpointing' as const] : [])];
  const canTell = isAsDeclared || best !== undefined;
  // Settings that the trace cannot tell apart: each may be the declared value or the other one.
  const apart = standing && standing.twins.length > 0 ? [standing.best, ...standing.twins] : [];
  const isUndecided = (field: InvertedField) => apart.some((one) => one.field === field);
  const valuesOf = (field: InvertedField, declared: string | number) => [declared, ...apart.filter((one) => one.field === field).map(({ value }) => value)];
  const estimates = [...numbers, ...words].map((field): Estimate => {
    const declared = run[field as keyof RunSpec] as string | number;
    if (!canTell) return { field, declared, verdict: 'undetermined', estimate: null, interval: null, alternatives: [], runnerUp: null };
    const value = base.declared.run[field as keyof RunSpec] as string | number;
    if (isUndecided(field)) return { field, declared, verdict: 'undetermined', estimate: null, interval: null, alternatives: valuesOf(field, declared), runnerUp: null };
    return typeof value === 'number' ? numberEstimate(base, field, value, declared, exact, changed === field) : wordEstimate(base, field, value, declared, exact, changed === field);
  });
  const setting = findings.find((one) => one.setting !== undefined)?.setting ?? (best && { field: best.field, declared: best.declared, fits: best.value });
  const contradicted = apart.length > 0 ? null : (setting ?? null);
  return { estimates, contradicted, summary: summaryOf(contradicted, apart, isAsDeclared, estimates) };
}

function changeOf(field: InvertedField, value: string | number, run: RunSpec): Partial<RunSpec> {
  if (field === 'promptTokens') return { promptTokens: Number(value), seq: Number(value) + run.tokens };
  if (field === 'precision') return { precision: value as Precision, kvPrecision: value === 'fp32' ? 'fp32' : run.kvPrecision === 'fp32' ? 'fp16' : run.kvPrecision };
  return { [field]: value };
}

/** Half the width of a 95% interval, in −2 log: the square of 1.96. */
const INTERVAL = 3.84;

/** Misfit of one value beside the best one: 1 is the most that still fits; null where the model cannot run it. */
function misfit(search: Search, field: InvertedField, value: string | number, exact: boolean, best: Fit | null): number | null {
  const budget = search.budget(changeOf(field, value, search.declared.run));
  const fit = budget && search.fit(budget);
  if (!fit) return null;
  if (exact) return fits(fit, exact) ? 0 : fit.misfit;
  return Math.max(0, fit.score - (best?.score ?? fit.score)) / INTERVAL;
}

function numberEstimate(search: Search, field: InvertedField, value: number, declared: string | number, exact: boolean, changed: boolean): Estimate {
  const best = search.own();
  const isFit = (at: number) => (misfit(search, field, at, exact, best) ?? Number.POSITIVE_INFINITY) <= 1;
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
  const neighbours = [interval[0] - 1, interval[1] + 1].flatMap((at) => {
    const size = at < 1 ? null : misfit(search, field, at, exact, best);
    return size === null ? [] : [{ value: at, misfit: size }];
  }).sort((a, b) => a.misfit - b.misfit);
  // An interval that spans a factor of two tells nothing.
  const isVague = interval[1] >= 2 * interval[0] && interval[1] > interval[0] + 1;
  return {
    field, declared, interval, alternatives: [], runnerUp: neighbours[0] ?? null, estimate: isVague && !changed ? null : value,
    verdict: changed ? 'contradicts' : isVague ? 'undetermined' : 'agrees',
  };
}

function wordEstimate(search: Search, field: InvertedField, value: string, declared: string | number, exact: boolean, changed: boolean): Estimate {
  const best = search.own();
  const tried = (TEXT[field as keyof typeof TEXT] as readonly string[]).filter((one) => one !== value).flatMap((one) => {
    const size = misfit(search, field, one, exact, best);
    return size === null ? [] : [{ value: one, misfit: size }];
  }).sort((a, b) => a.misfit - b.misfit);
  const alternatives = tried.filter((one) => one.misfit <= 1).map((one) => one.value);
  const isTwin = (one: string) => SAME_BYTES.some((group) => group.includes(one) && group.includes(value));
  const isVague = alternatives.some((one) => !isTwin(one));
  return {
    field, declared, interval: null, alternatives, runnerUp: tried.find((one) => one.misfit > 1) ?? null, estimate: isVague && !changed ? null : value,
    verdict: changed ? 'contradicts' : isVague ? 'undetermined' : 'agrees',
  };
}

const SAME_BYTES: readonly (readonly string[])[] = [['fp16', 'bf16'], ['mixed-fp16', 'mixed-bf16'], ['adam', 'adamw'], ['momentum', 'lion']];

function summaryOf(contradicted: Inversion['contradicted'], apart: readonly Candidate[], isAsDeclared: boolean, estimates: readonly Estimate[]): string {
  if (apart.length > 0) {
    return `The trace contradicts what was declared: ${apart.map(({ field, value, declared }) => `${WORDS[field].name} ${value} instead of ${declared}`).join(', or ')} fits, and it cannot tell which: undetermined.`;
  }
  if (contradicted !== null) {
    const name = Object.entries(WORDS).find(([field]) => field === contradicted.field)?.[1].name ?? contradicted.field;
    return `The trace contradicts the declared ${name} ${contradicted.declared}: ${contradicted.fits} fits.`;
  }
  if (!isAsDeclared) return 'The trace does not fit what was declared, and no single setting stands out that would: undetermined.';
  const told = estimates.filter(({ verdict }) => verdict === 'agrees').map(({ field, estimate }) => `${field} ${estimate}`);
  return told.length === 0 ? 'The trace fits what was declared, and would fit much else: undetermined.' : `The trace bears out what was declared: ${told.join(', ')}.`;
}

/** Sequence lengths, precisions and optimizers tried together where nothing was declared. */
const LENGTHS = [64, 128, 256, 512, 1024, 2048, 4096];
const MOST_BUDGETS = 400;

/** What a known model's run was, from the trace alone; `given` are settings that are certain all the same. Null without phases. */
export function invertAlone(model: ModelSpec, given: Partial<RunSpec>, input: FindingsInput): Inversion | null {
  const names = new Set(input.overlay.phases.map(({ phase }) => phase));
  const mode = given.mode ?? (names.has('backward') || names.has('optimizer') ? 'train' : names.has('decode') || names.has('prefill') ? 'generate' : names.has('forward') ? 'infer' : null);
  if (mode === null) return null;
  const steps = Math.max(1, ...input.overlay.phases.map(({ step }) => step ?? 1));
  const isTfjs = (given.framework ?? 'pytorch') === 'tfjs';
  const fitting: { run: RunSpec; score: number }[] = [];
  let budgets = 0;
  const tokens = input.markers.reduce((most, one) => (one.type === 'token' ? Math.max(most, one.index) : most), 0);
  const lengths = (given.seq ? [given.seq] : LENGTHS).filter((one) => one <= model.maxPositions);
  for (const precision of given.precision ? [given.precision] : isTfjs ? ['fp32' as const] : (['fp32', 'fp16', 'mixed-fp16'] as const)) {
    for (const optimizer of mode !== 'train' ? [undefined] : given.optimizer ? [given.optimizer] : isTfjs ? (['adam', 'momentum', 'sgd'] as const) : (['adamw', 'momentum', 'sgd'] as const)) {
      for (const length of lengths) {
        if (budgets++ > MOST_BUDGETS) continue;
        const run = runDefaults(model, { framework: 'pytorch', mode, steps, precision, ...(optimizer ? { optimizer } : {}), ...(mode === 'generate' ? { promptTokens: length, tokens: Math.max(1, tokens || 32) } : { seq: length }), ...given });
        const budget = tryBudget(model, run);
        const found = budget && searchFor({ ...input, budget }, null);
        if (!found) continue;
        const own = found.search.own();
        if (own && fits(own, found.exact)) fitting.push({ run, score: own.score });
        for (const one of given.batch ? [] : found.search.number('batch', run.batch, 4096, (batch) => ({ batch }))) {
          if (fits(one.fit, found.exact)) fitting.push({ run: one.budget.run, score: one.fit.score });
        }
      }
    }
  }
  fitting.sort((a, b) => a.score - b.score);
  const fields: InvertedField[] = ['batch', mode === 'generate' ? 'promptTokens' : 'seq', 'precision', ...(mode === 'train' ? ['optimizer' as const] : [])];
  const estimates = fields.map((field): Estimate => {
    const values = [...new Set(fitting.map(({ run }) => run[field as keyof RunSpec] as string | number))];
    const numbers = values.filter((one): one is number => typeof one === 'number');
    const isTold = values.length === 1;
    return {
      field, declared: null, verdict: isTold ? 'agrees' : 'undetermined', estimate: isTold ? values[0]! : null, alternatives: isTold ? [] : values.slice(0, 8),
      interval: numbers.length === 0 ? null : [Math.min(...numbers), Math.max(...numbers)], runnerUp: null,
    };
  });
  const told = estimates.filter(({ estimate }) => estimate !== null).map(({ field, estimate }) => `${field} ${estimate}`);
  return { estimates, contradicted: null, summary: told.length === 0 ? `Undetermined: ${formatInteger(fitting.length)} combinations of settings fit the trace.` : `The trace tells ${told.join(', ')}${told.length < fields.length ? '; the rest is undetermined' : ''}.` };
}

function tryBudget(model: ModelSpec, run: RunSpec): Budget | null {
  try {
    return budgetOf(model, run);
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}
