/**
 * Refuses what cannot be, before any formula runs: each failure names the field of a model or the option of a setting,
 * the value it had and what would be valid. Behind these checks every byte count of the budget is an exact integer.
 */

import { Failure } from '../base/failure';
import { MAX_LAYERS } from './limits';
import type { ModelSpec } from './model-spec';
import { parameterCount } from './parameters';
import { refusedField, rejectField, wholeNumber } from './reject-field';
import { RUN_SETTINGS, type RunSpec, SETTING_NAMES, type SettingName } from './settings';
import { refuseOtherMode } from './settings/modes';
import { EXPERT_NAMES, LATENT_NAMES, SIZE_NAMES } from './size-names';

/** Throws `bad_input` for a model that cannot exist or that no exact integer could measure. */
export function checkModel(model: ModelSpec): void {
  for (const field of [
    'layers',
    'hidden',
    'heads',
    'kvHeads',
    'ffn',
    'vocab',
    'maxPositions',
  ] as const)
    wholeNumber(SIZE_NAMES[field], model[field]);
  // Rotary families may give their heads a width of their own; elsewhere the heads share the model's width.
  if (
    model.hidden % model.heads !== 0 &&
    (model.positions === 'learned' || !Number.isInteger(model.headDim))
  ) {
    rejectSize(
      'heads',
      model,
      `it does not divide the width ${model.hidden}`,
      `Use a divisor of ${model.hidden}, for example ${nearestDivisor(model.hidden, model.heads)}.`,
    );
  }
  wholeNumber(SIZE_NAMES.headDim, model.headDim);
  if (model.positions === 'learned' && model.headDim * model.heads !== model.hidden) {
    rejectSize(
      'headDim',
      model,
      `${model.heads} heads of that width do not make the width ${model.hidden}`,
      `Use ${model.hidden / model.heads}.`,
    );
  }
  if (model.heads % model.kvHeads !== 0) {
    rejectSize(
      'kvHeads',
      model,
      `it does not divide the ${model.heads} heads`,
      `Use a divisor of ${model.heads}, for example ${nearestDivisor(model.heads, model.kvHeads)}.`,
    );
  }
  checkParts(model);
  for (const field of ['layers', 'decoderLayers'] as const)
    if ((model[field] ?? 0) > MAX_LAYERS)
      rejectSize(field, model, 'no model has so many', `Use 1 to ${MAX_LAYERS}.`);
  const parameters = parameterCount(model);
  // Sixteen bytes a parameter (weights, gradient, two moments in fp32) is the most a tier holds at once, and 18 mixed.
  if (!Number.isSafeInteger(parameters * 18)) {
    rejectField(
      'model',
      model.name,
      `its ${parameters.toExponential(2)} parameters need more bytes than can be counted exactly (2^53)`,
      'Use fewer layers, a smaller width or a smaller vocabulary.',
    );
  }
}

/** By its name in words, and told at the field of that size where there is a form. */
function rejectSize(
  size: keyof typeof SIZE_NAMES,
  model: ModelSpec,
  why: string,
  remedy: string,
): never {
  throw refusedField(SIZE_NAMES[size], model[size], why, remedy).at(size);
}

/** The optional parts: experts, latent attention, windows. */
function checkParts(model: ModelSpec): void {
  const { experts, latentAttention: latent } = model;
  if (experts) {
    const { total, active, ffn, sharedFfn = 0, denseLayers = 0 } = experts;
    wholeNumber(EXPERT_NAMES.total, total);
    wholeNumber(EXPERT_NAMES.active, active);
    wholeNumber(EXPERT_NAMES.ffn, ffn);
    wholeNumber(EXPERT_NAMES.sharedFfn, sharedFfn, 0);
    wholeNumber(EXPERT_NAMES.denseLayers, denseLayers, 0);
    if (active > total)
      rejectField(EXPERT_NAMES.active, active, `there are ${total} experts`, `Use 1 to ${total}.`);
    if (denseLayers > model.layers)
      rejectField(
        EXPERT_NAMES.denseLayers,
        denseLayers,
        `there are ${model.layers} layers`,
        `Use 0 to ${model.layers}.`,
      );
  }
  if (latent) {
    for (const field of ['kvRank', 'ropeDim', 'plainDim', 'valueDim'] as const)
      wholeNumber(LATENT_NAMES[field], latent[field]);
    if (latent.queryRank !== null) wholeNumber(LATENT_NAMES.queryRank, latent.queryRank);
  }
  if (model.slidingWindow !== undefined) wholeNumber(SIZE_NAMES.slidingWindow, model.slidingWindow);
  for (const field of ['tokenTypes', 'decoderLayers', 'relativeBuckets'] as const)
    wholeNumber(SIZE_NAMES[field], model[field] ?? 0, 0);
  if (model.architecture !== 'encoder-decoder' && model.decoderLayers) {
    rejectSize('decoderLayers', model, `${model.name} is no encoder-decoder`, 'Leave them out.');
  }
}

function nearestDivisor(whole: number, near: number): number {
  for (let distance = 0; distance <= whole; distance++) {
    if (near - distance >= 1 && whole % (near - distance) === 0) return near - distance;
    if (whole % (near + distance) === 0) return near + distance;
  }
  return 1;
}

/**
 * Throws `bad_input` for a run the model cannot do, or whose bytes leave the exact integers; of the settings that were `said`
 * and not filled in, also for one that belongs to another mode.
 */
export function checkRun(model: ModelSpec, run: RunSpec, said: Partial<RunSpec> = {}): void {
  const given = settingsIn(run);
  checkKinds(run, given);
  for (const name of given) {
    checkSetting(name, model, run);
    refuseOtherMode(name, said, run.mode);
  }
  checkSize(model, run);
}

/** All that `checkRun` refuses, by the setting that is refused; empty where the run can be. For a form that tells each at its field. */
export function listRefusals(
  model: ModelSpec,
  run: RunSpec,
  said: Partial<RunSpec> = {},
): ReadonlyMap<SettingName, Failure> {
  const refused = new Map<SettingName, Failure>();
  const attempt = (name: SettingName, check: () => void) => {
    const failure = refusal(check);
    if (failure) refused.set(name, failure);
  };
  const asked = settingsIn(run);
  for (const name of asked) attempt(name, () => checkKind(name, run));
  // What is not of its kind cannot be judged beside the others.
  if (refused.size > 0) return refused;
  for (const name of asked)
    attempt(name, () => {
      checkSetting(name, model, run);
      refuseOtherMode(name, said, run.mode);
    });
  if (refused.size === 0) attempt(greatestCount(run), () => checkSize(model, run));
  return refused;
}

function refusal(check: () => void): Failure | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

function settingsIn(run: RunSpec): readonly SettingName[] {
  return SETTING_NAMES.filter(
    (name) => run[name] !== undefined || RUN_SETTINGS[name].default !== undefined,
  );
}

/** Throws `bad_input` for a setting whose value is not of its kind, whatever the model; of a part of a run, for what is in it. */
export function checkKinds(
  run: Partial<RunSpec>,
  names: readonly SettingName[] = SETTING_NAMES.filter((name) => run[name] !== undefined),
): void {
  for (const name of names) checkKind(name, run);
}

function checkKind(name: SettingName, run: Partial<RunSpec>): void {
  const { kind, option } = RUN_SETTINGS[name];
  // Only a few kinds ask for the mode, and they ask more where there is none.
  kind.check(option.flag, run[name], run.mode ?? 'generate');
}

function checkSetting<Name extends SettingName>(name: Name, model: ModelSpec, run: RunSpec): void {
  const { check, option } = RUN_SETTINGS[name];
  const value = run[name] as Required<RunSpec>[Name];
  check?.(value, run, model, (why, remedy, shown = value) =>
    rejectField(option.flag, shown, why, remedy),
  );
}

/** The greatest tensors and sums any tier forms from these numbers, generously: all must be exact below 2^53. */
function checkSize(model: ModelSpec, run: RunSpec): void {
  const { layers, hidden, heads, ffn, vocab } = model;
  const tokens = run.batch * run.seq;
  const perToken =
    (layers + 2 * (model.decoderLayers ?? 0)) * (16 * hidden + 4 * ffn + 4 * heads * run.seq) +
    4 * vocab;
  const bytes = 18 * parameterCount(model) + 4 * tokens * perToken;
  if (Number.isSafeInteger(tokens) && bytes <= Number.MAX_SAFE_INTEGER) return;
  const field = greatestCount(run);
  const rest = field === 'batch' ? `${run.seq} tokens a sequence` : `a batch of ${run.batch}`;
  rejectField(
    RUN_SETTINGS[field].option.flag,
    run[field],
    `with ${rest} the run would need about ${bytes.toExponential(2)} bytes, more than can be counted exactly (2^53)`,
    'Use a smaller batch or shorter sequences.',
  );
}

/** What makes a run's tokens many: its sequences, or the greater part of one. */
function greatestCount(run: RunSpec): 'batch' | 'seq' | 'promptTokens' | 'tokens' {
  if (run.batch > run.seq) return 'batch';
  if (run.mode !== 'generate') return 'seq';
  return run.tokens > run.promptTokens ? 'tokens' : 'promptTokens';
}
