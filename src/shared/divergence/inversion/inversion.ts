/**
 * The budget inverted: from what was measured, what the run must have been. Every setting is changed until predictions
 * stop fitting, which gives an interval of values and the runner-up; a declared value outside of it is contradicted, and
 * where several settings would do the answer is *undetermined*, never a guess.
 *
 * Here one setting at a time of a declared run is searched; invert-undeclared.ts searches them together.
 */
import type { Precision, RunSpec } from '../../model/spec';
import type { Diagnosis } from '../findings/diagnose';
import { type Candidate, Search } from '../fit/candidates';
import { type Fit, fits } from '../fit/fit';
import { describeChange, WORDS } from '../fit/setting-words';
import type { SettingChange } from '../overlay/types';

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

/** A single figure is fitted by any setting at all. */
const MIN_OBSERVATIONS = 2;

/** Null where no budget, no line or no phase is there to go by. */
export function invert({ judged, winner, setting }: Diagnosis): Inversion | null {
  if (judged === null || (judged.declared?.observations ?? 0) < MIN_OBSERVATIONS) return null;
  const { search, isAsDeclared } = judged;
  const contradiction = isAsDeclared ? null : winner;
  const best = contradiction?.best;
  // Everything else is judged with the contradicted setting put right.
  const corrected =
    best === undefined ? search : new Search(best.budget, search.observations, search.context);
  // Settings that the trace cannot tell apart: each may be the declared value or the other one.
  const apart =
    contradiction !== null && contradiction.twins.length > 0
      ? [contradiction.best, ...contradiction.twins]
      : [];
  const canTell = isAsDeclared || best !== undefined;
  const estimates = listFields(search.declared.run).map((field): Estimate => {
    const declared = readSetting(search, field);
    const others = apart.filter((one) => one.field === field).map(({ value }) => value);
    if (!canTell) return undetermined(field, declared, []);
    if (others.length > 0) return undetermined(field, declared, [declared, ...others]);
    const value = readSetting(corrected, field);
    const isChanged = best?.field === field;
    return typeof value === 'number'
      ? estimateNumber(corrected, field, value, declared, isChanged)
      : estimateWord(corrected, field, value, declared, isChanged);
  });
  const named =
    setting?.setting ?? (best && { field: best.field, declared: best.declared, fits: best.value });
  const contradicted = apart.length > 0 ? null : (named ?? null);
  return {
    estimates,
    contradicted,
    summary: summarizeInversion(contradicted, apart, isAsDeclared, estimates),
  };
}

function listFields({ mode, kvCache }: RunSpec): InvertedField[] {
  return [
    'batch',
    mode === 'generate' ? 'promptTokens' : 'seq',
    'precision',
    ...(kvCache ? ['kvPrecision' as const] : []),
    ...(mode === 'train' ? ['optimizer' as const, 'checkpointing' as const] : []),
  ];
}

const readSetting = ({ declared: { run } }: Search, field: InvertedField): string | number =>
  run[field];

function undetermined(
  field: InvertedField,
  declared: string | number,
  alternatives: readonly (string | number)[],
): Estimate {
  return {
    field,
    declared,
    verdict: 'undetermined',
    estimate: null,
    interval: null,
    alternatives,
    runnerUp: null,
  };
}

function buildChange(field: InvertedField, value: string | number, run: RunSpec): Partial<RunSpec> {
  if (field === 'promptTokens')
    return { promptTokens: Number(value), seq: Number(value) + run.tokens };
  if (field === 'precision') return changePrecision(value as Precision, run);
  return { [field]: value };
}

/** A cache in fp32 goes with fp32 alone; one that is narrower stays as it is. */
function changePrecision(precision: Precision, { kvPrecision }: RunSpec): Partial<RunSpec> {
  if (precision === 'fp32') return { precision, kvPrecision: 'fp32' };
  return { precision, kvPrecision: kvPrecision === 'fp32' ? 'fp16' : kvPrecision };
}

/** Half the width of a 95% interval, in −2 log: the square of 1.96. */
const INTERVAL = 3.84;

/** Distance of a value from the best one: 1 is the most that still fits; null where the model cannot run it. */
function measureMisfit(
  search: Search,
  field: InvertedField,
  value: string | number,
  best: Fit | null,
): number | null {
  const { mustMatchExactly } = search.context;
  const budget = search.budget(buildChange(field, value, search.declared.run));
  const fit = budget && search.fit(budget);
  if (!fit) return null;
  if (mustMatchExactly) return fits(fit, mustMatchExactly) ? 0 : fit.rmsError;
  return Math.max(0, fit.score - (best?.score ?? fit.score)) / INTERVAL;
}

function estimateNumber(
  search: Search,
  field: InvertedField,
  value: number,
  declared: string | number,
  isChanged: boolean,
): Estimate {
  const best = search.declaredFit();
  const misfit = (at: number) => measureMisfit(search, field, at, best);
  const interval = findInterval(value, (at) => (misfit(at) ?? Number.POSITIVE_INFINITY) <= 1);
  const neighbours = [interval[0] - 1, interval[1] + 1]
    .flatMap((at) => {
      const size = at < 1 ? null : misfit(at);
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
    estimate: isVague && !isChanged ? null : value,
    verdict: judgeEstimate(isChanged, isVague),
  };
}

/** The first and the last value around `value` up to which all fit. */
function findInterval(value: number, isFit: (at: number) => boolean): readonly [number, number] {
  /** Strides that double until one does not fit, then halves between. */
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
  return [reach(-1), reach(1)];
}

function estimateWord(
  search: Search,
  field: InvertedField,
  value: string,
  declared: string | number,
  isChanged: boolean,
): Estimate {
  const best = search.declaredFit();
  const tried = (TEXT[field as keyof typeof TEXT] as readonly string[])
    .filter((other) => other !== value)
    .flatMap((other) => {
      const misfit = measureMisfit(search, field, other, best);
      return misfit === null ? [] : [{ value: other, misfit }];
    })
    .sort((a, b) => a.misfit - b.misfit);
  const alternatives = tried.filter(({ misfit }) => misfit <= 1).map((other) => other.value);
  const takesSameBytes = (other: string) =>
    SAME_BYTES.some((group) => group.includes(other) && group.includes(value));
  const isVague = alternatives.some((other) => !takesSameBytes(other));
  return {
    field,
    declared,
    interval: null,
    alternatives,
    runnerUp: tried.find(({ misfit }) => misfit > 1) ?? null,
    estimate: isVague && !isChanged ? null : value,
    verdict: judgeEstimate(isChanged, isVague),
  };
}

function judgeEstimate(isChanged: boolean, isVague: boolean): Estimate['verdict'] {
  if (isChanged) return 'contradicts';
  return isVague ? 'undetermined' : 'agrees';
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
  const known = estimates
    .filter(({ verdict }) => verdict === 'agrees')
    .map(({ field, estimate }) => `${field} ${estimate}`);
  return known.length === 0
    ? 'The trace fits what was declared, and would fit much else: undetermined.'
    : `The trace bears out what was declared: ${known.join(', ')}.`;
}
