/**
 * Refuses what cannot be, before any formula runs: each failure names the field, the value it had and what would be
 * valid. Behind these checks every byte count of the budget is an exact integer.
 */

import { checkBundledPrecision, notBundled } from './bundled';
import { parameterCount } from './parameters';
import { rejectField, requireOneOf, wholeNumber } from './reject-field';
import {
  BACKENDS,
  FRAMEWORKS,
  MODES,
  type ModelSpec,
  OPTIMIZERS,
  PRECISIONS,
  type RunSpec,
} from './spec';
import { checkParallelism } from './validate-parallel';
import { checkTokens } from './validate-tokens';

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
    wholeNumber(field, model[field]);
  // Rotary families may give their heads a width of their own; elsewhere the heads share the model's width.
  if (
    model.hidden % model.heads !== 0 &&
    (model.positions === 'learned' || !Number.isInteger(model.headDim))
  ) {
    rejectField(
      'heads',
      model.heads,
      `it does not divide the width ${model.hidden}`,
      `Use a divisor of ${model.hidden}, for example ${nearestDivisor(model.hidden, model.heads)}.`,
    );
  }
  wholeNumber('headDim', model.headDim);
  if (model.positions === 'learned' && model.headDim * model.heads !== model.hidden) {
    rejectField(
      'headDim',
      model.headDim,
      `${model.heads} heads of that width do not make the width ${model.hidden}`,
      `Use ${model.hidden / model.heads}.`,
    );
  }
  if (model.heads % model.kvHeads !== 0) {
    rejectField(
      'kvHeads',
      model.kvHeads,
      `it does not divide the ${model.heads} heads`,
      `Use a divisor of ${model.heads}, for example ${nearestDivisor(model.heads, model.kvHeads)}.`,
    );
  }
  checkParts(model);
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

/** The optional parts: experts, latent attention, windows. */
function checkParts(model: ModelSpec): void {
  const { experts, latentAttention: latent } = model;
  if (experts) {
    wholeNumber('experts.total', experts.total);
    wholeNumber('experts.active', experts.active);
    wholeNumber('experts.ffn', experts.ffn);
    wholeNumber('experts.sharedFfn', experts.sharedFfn ?? 0, 0);
    wholeNumber('experts.denseLayers', experts.denseLayers ?? 0, 0);
    if (experts.active > experts.total)
      rejectField(
        'experts.active',
        experts.active,
        `there are ${experts.total} experts`,
        `Use 1 to ${experts.total}.`,
      );
    if ((experts.denseLayers ?? 0) > model.layers)
      rejectField(
        'experts.denseLayers',
        experts.denseLayers,
        `there are ${model.layers} layers`,
        `Use 0 to ${model.layers}.`,
      );
  }
  if (latent) {
    for (const field of ['kvRank', 'ropeDim', 'plainDim', 'valueDim'] as const)
      wholeNumber(`latentAttention.${field}`, latent[field]);
    if (latent.queryRank !== null) wholeNumber('latentAttention.queryRank', latent.queryRank);
  }
  if (model.slidingWindow !== undefined) wholeNumber('slidingWindow', model.slidingWindow);
  for (const field of ['tokenTypes', 'decoderLayers', 'relativeBuckets'] as const)
    wholeNumber(field, model[field] ?? 0, 0);
  if (model.architecture !== 'encoder-decoder' && model.decoderLayers) {
    rejectField(
      'decoderLayers',
      model.decoderLayers,
      `${model.name} is no encoder-decoder`,
      'Leave decoderLayers out.',
    );
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
  requireOneOf('mode', run.mode, MODES);
  requireOneOf('precision', run.precision, PRECISIONS);
  requireOneOf('kvPrecision', run.kvPrecision, PRECISIONS);
  requireOneOf('optimizer', run.optimizer, OPTIMIZERS);
  requireOneOf('framework', run.framework, FRAMEWORKS);
  requireOneOf('attention', run.attention, ['eager', 'sdpa', 'flash']);
  if (run.backend !== null) requireOneOf('backend', run.backend, BACKENDS);
  for (const field of ['batch', 'seq', 'gradAccum', 'steps'] as const)
    wholeNumber(field, run[field]);
  wholeNumber('seed', run.seed, 0);
  checkFramework(model, run);
  checkCheckpointing(model, run);
  checkParallelism(model, run);
  checkLengths(model, run);
  checkTokens(run);
  checkSize(model, run);
}

/** What the framework cannot run at all. */
function checkFramework(model: ModelSpec, run: RunSpec): void {
  if (run.framework === 'tfjs') {
    const reason = notBundled(model);
    if (reason !== null)
      rejectField(
        'framework',
        'tfjs',
        `${reason}: the bundled workload is GPT-2 or a BERT encoder`,
        'Use --framework pytorch.',
      );
    if (model.architecture === 'encoder' && run.mode !== 'infer')
      rejectField(
        'mode',
        run.mode,
        'the bundled workload runs encoders forward only',
        'Use --mode infer, or --framework pytorch.',
      );
    checkBundledPrecision(run);
    if (run.mode === 'train' && !['adamw', 'adam', 'momentum', 'sgd'].includes(run.optimizer)) {
      rejectField(
        'optimizer',
        run.optimizer,
        'TensorFlow.js has no such optimizer',
        'Use adamw, adam, momentum or sgd, or --framework pytorch.',
      );
    }
    return;
  }
  if (model.architecture === 'encoder' && run.mode === 'generate') {
    rejectField(
      'mode',
      run.mode,
      `${model.name} is an encoder and generates nothing`,
      'Use train or infer.',
    );
  }
  if (
    run.mode === 'train' &&
    (run.precision === 'int8' || run.precision === 'int4') &&
    !run.loraRank
  ) {
    rejectField(
      'precision',
      run.precision,
      'quantized weights are not trained themselves',
      'Give a LoRA rank, or use fp32, bf16 or mixed-bf16.',
    );
  }
  if (run.attention === 'flash' && run.precision === 'fp32') {
    rejectField(
      'attention',
      run.attention,
      'the flash kernels know half precision only',
      'Use sdpa, or fp16, bf16 or mixed precision.',
    );
  }
}

function checkCheckpointing(model: ModelSpec, run: RunSpec): void {
  const { checkpointing } = run;
  if (checkpointing === 'none' || checkpointing === 'full' || checkpointing === 'selective') return;
  const every = /^every=(\d+)$/.exec(checkpointing)?.[1];
  const k = Number(every);
  if (every === undefined || k < 1 || k > model.layers) {
    rejectField(
      'checkpointing',
      checkpointing,
      `it is none, full, selective or every=N with N from 1 to the ${model.layers} layers`,
      `Use none, full, selective, or every=1 to every=${model.layers}.`,
    );
  }
}

function checkLengths(model: ModelSpec, run: RunSpec): void {
  const { maxPositions } = model;
  if (run.lengths !== undefined) {
    for (const length of run.lengths) wholeNumber('lengths', length);
    const longest = run.mode === 'generate' ? run.promptTokens : run.seq;
    if (run.lengths.length !== run.batch)
      rejectField(
        'lengths',
        run.lengths.length,
        `there are that many, and the batch has ${run.batch} sequences`,
        'Give one length for each sequence.',
      );
    if (Math.max(...run.lengths) !== longest)
      rejectField(
        'lengths',
        Math.max(...run.lengths),
        `the longest is padded to, and the run says ${longest} tokens`,
        'Leave the sequence length out, or give the longest.',
      );
  }
  if (run.mode === 'generate') {
    wholeNumber('promptTokens', run.promptTokens);
    wholeNumber('tokens', run.tokens);
    const whole = run.promptTokens + run.tokens;
    // Encoder and decoder have a table each.
    if (model.decoderLayers) {
      for (const field of ['promptTokens', 'tokens'] as const) {
        if (run[field] > maxPositions && model.positions === 'learned')
          rejectField(
            field,
            run[field],
            `${model.name} has ${maxPositions} positions`,
            `Use 1 to ${maxPositions}.`,
          );
      }
    } else if (whole > maxPositions && model.positions === 'learned') {
      rejectField(
        'tokens',
        run.tokens,
        `${run.promptTokens} prompt tokens and ${run.tokens} new ones are ${whole}, and ${model.name} has ${maxPositions} positions`,
        `Let promptTokens and tokens add up to at most ${maxPositions}.`,
      );
    }
    if (run.seq !== whole) {
      rejectField(
        'seq',
        run.seq,
        `for generation it is promptTokens plus tokens, ${whole}`,
        `Leave seq out, or give ${whole}.`,
      );
    }
    return;
  }
  wholeNumber('promptTokens', run.promptTokens, 0);
  wholeNumber('tokens', run.tokens, 0);
  if (run.seq > maxPositions && model.positions === 'learned') {
    rejectField(
      'seq',
      run.seq,
      `${model.name} has ${maxPositions} positions`,
      `Use a sequence of 1 to ${maxPositions} tokens.`,
    );
  }
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
  rejectField(
    'batch',
    run.batch,
    `with ${run.seq} tokens a sequence the run would need about ${bytes.toExponential(2)} bytes, more than can be counted exactly (2^53)`,
    'Use a smaller batch or shorter sequences.',
  );
}
