/**
 * The budget inverted where nothing was declared but the model: from the trace alone, what the run must have been. Every
 * combination of the settings people choose is laid over the trace; what all of those that fit agree on is told, the
 * rest is undetermined. Settings that are certain can be given, and narrow the others down.
 */

import { unlessFailure } from '../../base/failure';
import { formatInteger } from '../../base/format';
import { computeBudget } from '../../budget/budget';
import { runDefaults } from '../../model/run';
import type { Framework, Mode, ModelSpec, RunSpec } from '../../model/spec';
import { markersOf } from '../../trace/carried-on';
import type { Search } from '../fit/candidates';
import { type Fit, fits } from '../fit/fit';
import { buildSearch, chooseOverlay } from '../fit/judged-run';
import { buildOverlay, frameworkOverlay, type OverlayInput } from '../overlay/overlay';
import type { DiagnosisInput } from '../overlay/types';
import type { Estimate, Inversion, InvertedField } from './inversion';

/** A trace with what is known of the machine, before any budget. */
export type BareTrace = Omit<DiagnosisInput, 'overlay' | 'budget'> &
  Pick<OverlayInput, 'baselines' | 'deviceBytes' | 'confinedTo'>;

const LENGTHS = [64, 128, 256, 512, 1024, 2048, 4096, 8192];
const BATCHES = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256];
type Choices = {
  readonly [K in 'precision' | 'optimizer' | 'checkpointing' | 'attention']: readonly RunSpec[K][];
};
const CHOICES: Readonly<Record<Framework, Choices>> = {
  pytorch: {
    precision: ['fp32', 'bf16', 'mixed-bf16'],
    optimizer: ['adamw', 'momentum', 'sgd'],
    checkpointing: ['none', 'full'],
    attention: ['sdpa', 'eager'],
  },
  tfjs: {
    precision: ['fp32', 'fp16', 'int8', 'int4'],
    optimizer: ['adam', 'momentum', 'sgd'],
    checkpointing: ['none', 'full'],
    attention: ['eager'],
  },
};
/** −2 log: what is this much less likely than the best is left out. */
const MARGIN = 6;
const LISTED = 8;

/** Null where neither the trace nor `given` tells the mode, or where nothing was measured that could be held against a budget. */
export function invertAlone(
  model: ModelSpec,
  given: Partial<RunSpec>,
  trace: BareTrace,
): Inversion | null {
  const mode = given.mode ?? guessMode(trace);
  const search = mode === null ? null : searchIn(model, { ...given, mode }, trace);
  if (mode === null || search === null) return null;
  const fitting = combinations(model, { ...given, mode }, trace, search);
  const best = Math.min(...fitting.map(({ fit }) => fit.score));
  const likely = fitting
    .filter(({ fit }) => fit.score <= best + MARGIN)
    .sort((a, b) => a.fit.score - b.fit.score)
    .map(({ run }) => run);
  const fields: InvertedField[] = [
    'batch',
    mode === 'generate' ? 'promptTokens' : 'seq',
    'precision',
    ...(mode === 'train' ? ['optimizer' as const, 'checkpointing' as const] : []),
  ];
  const estimates = fields.map((field) => estimateField(field, likely, given));
  return { estimates, contradicted: null, summary: summarizeEstimates(estimates, likely, mode) };
}

function guessMode({ spans }: BareTrace): Mode | null {
  const names = new Set(spans.map(({ phase }) => phase));
  if (names.has('backward') || names.has('optimizer')) return 'train';
  if (names.has('decode') || names.has('prefill')) return 'generate';
  return names.has('forward') ? 'infer' : null;
}

/** Steps and tokens the workload announced; enough steps for states to have arrived where it announced none. */
function announced({ spans, markers }: BareTrace): Pick<RunSpec, 'steps' | 'tokens'> {
  const steps = spans.reduce((most, { step }) => Math.max(most, step ?? 0), 0);
  return {
    steps: steps || 5,
    tokens: markersOf(markers, 'token').reduce((most, { index }) => Math.max(most, index), 0) || 32,
  };
}

function buildRun(
  model: ModelSpec,
  given: Partial<RunSpec>,
  trace: BareTrace,
  length: number,
): RunSpec {
  const { steps, tokens } = announced(trace);
  return runDefaults(model, {
    framework: 'pytorch',
    steps,
    ...(given.mode === 'generate' ? { promptTokens: length, tokens } : { seq: length }),
    ...given,
  });
}

/** A search over the trace's observations. They do not depend on the budget it starts from. */
function searchIn(model: ModelSpec, given: Partial<RunSpec>, trace: BareTrace): Search | null {
  const budget = unlessFailure(() =>
    computeBudget(model, buildRun(model, given, trace, Math.min(128, model.maxPositions))),
  );
  if (budget === null) return null;
  const input = { ...trace, budget, overlay: buildOverlay({ ...trace, budget }) };
  return buildSearch(input, chooseOverlay(input.overlay, frameworkOverlay(input)), null);
}

function combinations(
  model: ModelSpec,
  given: Partial<RunSpec>,
  trace: BareTrace,
  search: Search,
): { readonly run: RunSpec; readonly fit: Fit }[] {
  const choices = CHOICES[given.framework ?? 'pytorch'];
  const isTrain = given.mode === 'train';
  const found: { run: RunSpec; fit: Fit }[] = [];
  const consider = (run: RunSpec) => {
    const budget = unlessFailure(() => computeBudget(model, run));
    const fit = budget && search.fit(budget);
    if (fit && fits(fit, search.context.mustMatchExactly)) found.push({ run, fit });
  };
  const of = <T>(certain: T | undefined, tried: readonly T[]): readonly T[] =>
    certain === undefined ? tried : [certain];
  const certainLength = given.mode === 'generate' ? given.promptTokens : given.seq;
  for (const precision of of(
    given.precision,
    isTrain && given.framework === 'tfjs' ? ['fp32' as const] : choices.precision,
  )) {
    for (const optimizer of isTrain ? of(given.optimizer, choices.optimizer) : [undefined]) {
      for (const checkpointing of isTrain
        ? of(given.checkpointing, choices.checkpointing)
        : ['none' as const]) {
        for (const attention of of(given.attention, choices.attention)) {
          for (const length of of(
            certainLength,
            LENGTHS.filter((one) => one <= model.maxPositions),
          )) {
            for (const batch of of(given.batch, BATCHES))
              consider(
                buildRun(
                  model,
                  {
                    ...given,
                    precision,
                    checkpointing,
                    attention,
                    batch,
                    ...(optimizer && { optimizer }),
                  },
                  trace,
                  length,
                ),
              );
          }
        }
      }
    }
  }
  return found;
}

function estimateField(
  field: InvertedField,
  likely: readonly RunSpec[],
  given: Partial<RunSpec>,
): Estimate {
  const values = [...new Set(likely.map((run) => run[field as keyof RunSpec] as string | number))];
  const numbers = values.filter((one): one is number => typeof one === 'number');
  const isTold = values.length === 1;
  return {
    field,
    declared: (given[field as keyof RunSpec] as string | number | undefined) ?? null,
    verdict: isTold ? 'agrees' : 'undetermined',
    estimate: isTold ? values[0]! : null,
    alternatives: isTold ? [] : values.slice(0, LISTED),
    interval: numbers.length === 0 ? null : [Math.min(...numbers), Math.max(...numbers)],
    runnerUp: null,
  };
}

function summarizeEstimates(
  estimates: readonly Estimate[],
  likely: readonly RunSpec[],
  mode: Mode,
): string {
  if (likely.length === 0)
    return 'No combination of the settings people choose fits the trace: another model, another framework, or memory of other origin.';
  const told = estimates.flatMap(({ field, estimate, declared }) =>
    estimate === null || declared !== null ? [] : [`${field} ${estimate}`],
  );
  const products = new Set(
    likely.map((run) => run.batch * (mode === 'generate' ? run.promptTokens : run.seq)),
  );
  const tokens =
    products.size === 1 && likely.length > 1
      ? ` All of them hold ${formatInteger([...products][0])} tokens a batch.`
      : '';
  const many = `${formatInteger(likely.length)} combination${likely.length === 1 ? '' : 's'} of settings fit${likely.length === 1 ? 's' : ''}`;
  if (told.length === 0) return `Undetermined: ${many} the trace.${tokens}`;
  return `The trace tells ${told.join(', ')}${estimates.every(({ estimate }) => estimate !== null) ? '' : '; the rest is undetermined'} (${many}).${tokens}`;
}
