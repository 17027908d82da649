/**
 * Refuses what cannot be, before any formula runs: each failure names the field, the value it had and what would be
 * valid. Behind these checks every byte count of the budget is an exact integer.
 */
import { Failure } from '../failure';
import { parameterCount } from './parameters';
import { BACKENDS, FRAMEWORKS, type ModelSpec, MODES, OPTIMIZERS, PRECISIONS, type RunSpec } from './spec';

function refuse(field: string, value: unknown, why: string, remedy: string): never {
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : String(value);
  throw new Failure('bad_input', `${field} cannot be ${shown}: ${why}.`, remedy);
}

function wholeNumber(field: string, value: number, least = 1): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  refuse(field, value, `it counts things, so it is a whole number of at least ${least}`, `Give a whole number from ${least} to ${Number.MAX_SAFE_INTEGER}.`);
}

function oneOf(field: string, value: unknown, allowed: readonly unknown[]): void {
  if (!allowed.includes(value)) refuse(field, value, 'it is not a known choice', `Use one of ${allowed.join(', ')}.`);
}

/** Throws `bad_input` for a model that cannot exist or that no exact integer could measure. */
export function checkModel(model: ModelSpec): void {
  for (const field of ['layers', 'hidden', 'heads', 'kvHeads', 'ffn', 'vocab', 'maxPositions'] as const) wholeNumber(field, model[field]);
  // Rotary families may give their heads a width of their own; elsewhere the heads share the model's width.
  if (model.hidden % model.heads !== 0 && (model.positions !== 'rotary' || !Number.isInteger(model.headDim))) {
    refuse('heads', model.heads, `it does not divide the width ${model.hidden}`, `Use a divisor of ${model.hidden}, for example ${nearestDivisor(model.hidden, model.heads)}.`);
  }
  wholeNumber('headDim', model.headDim);
  if (model.positions !== 'rotary' && model.headDim * model.heads !== model.hidden) {
    refuse('headDim', model.headDim, `${model.heads} heads of that width do not make the width ${model.hidden}`, `Use ${model.hidden / model.heads}.`);
  }
  if (model.heads % model.kvHeads !== 0) {
    refuse('kvHeads', model.kvHeads, `it does not divide the ${model.heads} heads`, `Use a divisor of ${model.heads}, for example ${nearestDivisor(model.heads, model.kvHeads)}.`);
  }
  const parameters = parameterCount(model);
  // Sixteen bytes a parameter (weights, gradient, two moments in fp32) is the most a tier holds at once, and 18 mixed.
  if (!Number.isSafeInteger(parameters * 18)) {
    refuse('model', model.name, `its ${parameters.toExponential(2)} parameters need more bytes than can be counted exactly (2^53)`, 'Use fewer layers, a smaller width or a smaller vocabulary.');
  }
}

function nearestDivisor(whole: number, near: number): number {
  for (let distance = 0; distance <= whole; distance++) {
    if (near - distance >= 1 && whole % (near - distance) === 0) return near - distance;
    if (whole % (near + distance) === 0) return near + distance;
  }
  return 1;
}

/** Throws `bad_input` for a run the model cannot do, or whose bytes leave the exact integers. */
export function checkRun(model: ModelSpec, run: RunSpec): void {
  oneOf('mode', run.mode, MODES);
  oneOf('precision', run.precision, PRECISIONS);
  oneOf('kvPrecision', run.kvPrecision, PRECISIONS);
  oneOf('optimizer', run.optimizer, OPTIMIZERS);
  oneOf('framework', run.framework, FRAMEWORKS);
  oneOf('attention', run.attention, ['eager', 'sdpa', 'flash']);
  if (run.backend !== null) oneOf('backend', run.backend, BACKENDS);
  for (const field of ['batch', 'seq', 'gradAccum', 'steps'] as const) wholeNumber(field, run[field]);
  wholeNumber('seed', run.seed, 0);
  checkCheckpointing(model, run);
  checkLengths(model, run);
  checkSize(model, run);
}

function checkCheckpointing(model: ModelSpec, run: RunSpec): void {
  const { checkpointing } = run;
  if (checkpointing === 'none' || checkpointing === 'full' || checkpointing === 'selective') return;
  const every = /^every=(\d+)$/.exec(checkpointing)?.[1];
  const k = Number(every);
  if (every === undefined || k < 1 || k > model.layers) {
    refuse('checkpointing', checkpointing, `it is none, full, selective or every=N with N from 1 to the ${model.layers} layers`, `Use none, full, selective, or every=1 to every=${model.layers}.`);
  }
}

function checkLengths(model: ModelSpec, run: RunSpec): void {
  const { maxPositions } = model;
  if (run.mode === 'generate') {
    wholeNumber('promptTokens', run.promptTokens);
    wholeNumber('tokens', run.tokens);
    const whole = run.promptTokens + run.tokens;
    if (whole > maxPositions && model.positions === 'learned') {
      refuse('tokens', run.tokens, `${run.promptTokens} prompt tokens and ${run.tokens} new ones are ${whole}, and ${model.name} has ${maxPositions} positions`, `Let promptTokens and tokens add up to at most ${maxPositions}.`);
    }
    if (run.seq !== whole) {
      refuse('seq', run.seq, `for generation it is promptTokens plus tokens, ${whole}`, `Leave seq out, or give ${whole}.`);
    }
    return;
  }
  wholeNumber('promptTokens', run.promptTokens, 0);
  wholeNumber('tokens', run.tokens, 0);
  if (run.seq > maxPositions && model.positions === 'learned') {
    refuse('seq', run.seq, `${model.name} has ${maxPositions} positions`, `Use a sequence of 1 to ${maxPositions} tokens.`);
  }
}

/** The greatest tensors and sums any tier forms from these numbers, generously: all must be exact below 2^53. */
function checkSize(model: ModelSpec, run: RunSpec): void {
  const { layers, hidden, heads, ffn, vocab } = model;
  const tokens = run.batch * run.seq;
  const perToken = layers * (16 * hidden + 4 * ffn + 4 * heads * run.seq) + 4 * vocab;
  const bytes = 18 * parameterCount(model) + 4 * tokens * perToken;
  if (Number.isSafeInteger(tokens) && bytes <= Number.MAX_SAFE_INTEGER) return;
  refuse('batch', run.batch, `with ${run.seq} tokens a sequence the run would need about ${bytes.toExponential(2)} bytes, more than can be counted exactly (2^53)`, 'Use a smaller batch or shorter sequences.');
}
