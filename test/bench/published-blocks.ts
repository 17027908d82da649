/** Rows that measure a piece of a model by itself: a loss, a feed-forward block, a head with its loss, one attention. */

import { cublasWorkspace } from '../../src/shared/budget/pytorch/device';
import { buildHead } from '../../src/shared/budget/pytorch/head';
import { backwardWork } from '../../src/shared/budget/pytorch/layer';
import { layerShape } from '../../src/shared/budget/pytorch/layer-shape';
import { countElements, type SavedTensor } from '../../src/shared/budget/pytorch/saved-tensor';
import { savedTensors } from '../../src/shared/budget/pytorch/saved-tensors';
import { elementBytes } from '../../src/shared/budget/pytorch/types';
import { wholeShard } from '../../src/shared/budget/sharding/shard';
import { preset } from '../../src/shared/model/presets';
import { runDefaults } from '../../src/shared/model/run';
import type { ModelSpec, RunSpec } from '../../src/shared/model/spec';
import { Config, type PublishedRow } from './published-row';

export interface Bytes {
  readonly kind: string;
  readonly bytes: number;
}

/** Bytes of a row about a piece; null where the row is about something else. */
export function blockBytes(row: PublishedRow): Bytes | null {
  const config = new Config(row);
  const { model } = row;
  if (/cross ?entropy/i.test(model) && !/lm_head/i.test(model))
    return { kind: 'logits and loss', bytes: lossAlone(config, /liger|in-place/i.test(model)) };
  if (/classifier head/i.test(model)) return classifier(row, config);
  if (/lm_head \+ CE/i.test(model))
    return { kind: 'logits and loss', bytes: headAndLoss(config, /fused|chunked/i.test(model)) };
  if (/SwiGLU|GEGLU|LlamaMLP/i.test(model))
    return /liger/i.test(model) ? null : { kind: 'activations', bytes: gatedBlock(config) };
  return null;
}

function runOf(model: ModelSpec, config: Config, given: Partial<RunSpec>): RunSpec {
  return runDefaults(model, {
    mode: 'train',
    framework: 'pytorch',
    precision: 'fp32',
    attention: 'eager',
    batch: config.number('batch') ?? 1,
    seq: config.number('seq') ?? 1,
    ...given,
  });
}

function headModel(config: Config): ModelSpec {
  return {
    ...preset('llama-3-8b'),
    hidden: config.number('d_model') ?? 4096,
    vocab: config.number('vocab') ?? 32_000,
  };
}

/** Bytes that the head and loss hold of each of their moments. The loss of a half-precision row is taken at that precision. */
function lossOf(config: Config, model: ModelSpec, loss: RunSpec['loss']) {
  const element = /^(bf16|fp16)$/.test(config.text('precision')) ? 2 : 4;
  // Chunk by chunk the loss is taken of an fp32 copy; all at once, at the precision of the logits.
  const copied = loss === 'fused' && element === 2;
  const run = runOf(model, config, {
    precision: copied ? 'bf16' : 'fp32',
    ...(loss ? { loss } : {}),
  });
  const head = buildHead(model, run, wholeShard(model, run), elementBytes(run));
  const scale = copied ? 1 : element / 4;
  const rows = run.batch * run.seq;
  return {
    forward: head.forward.requested * scale,
    backward: head.backward.requested * scale,
    logits: rows * model.vocab * element,
    stream: rows * model.hidden * element,
    element,
  };
}

/** The loss alone, on logits that are a leaf: they and their gradient stand beside what the loss holds. */
function lossAlone(config: Config, inPlace: boolean): number {
  const { backward, logits } = lossOf(config, headModel(config), inPlace ? 'in-place' : undefined);
  return inPlace ? backward : 2 * logits + backward;
}

/**
 * Head and loss, run over and over: the weights with their gradient and the input with its own. Liger's benchmark holds
 * the weights of both heads it compares, and computes the loss at the precision of the logits.
 */
function headAndLoss(config: Config, fused: boolean): number {
  const model = headModel(config);
  const { forward, backward, stream, element } = lossOf(config, model, fused ? 'fused' : undefined);
  const weights = element * model.hidden * model.vocab;
  const work = fused ? Math.max(forward, backward) + weights : backward;
  return 3 * weights + 2 * stream + work + 2 * cublasWorkspace(config.gpu);
}

/**
 * Apple's cut-cross-entropy prints what an operation takes beyond its inputs. Logits in bf16 are capped by a tanh, which
 * autograd keeps, and the loss is taken of an fp32 copy: forward, forward with backward, and backward beyond what
 * forward has kept.
 */
function classifier(row: PublishedRow, config: Config): Bytes | null {
  if (!/baseline/i.test(`${row.id} ${row.quantity}`)) return null;
  const model = headModel(config);
  const run = runOf(model, config, { precision: 'bf16' });
  const head = buildHead(model, run, wholeShard(model, run), elementBytes(run));
  const capped = 2 * run.batch * run.seq * model.vocab;
  const both = head.backward.requested + capped;
  const bytes = /fw-bw/.test(row.quantity)
    ? both
    : /loss-bw/.test(row.quantity)
      ? both - head.kept.requested - capped
      : head.forward.requested + capped;
  return { kind: 'logits and loss', bytes };
}

const FEED_FORWARD: readonly SavedTensor['sublayer'][] = ['up', 'activation', 'down'];

/**
 * A feed-forward block by itself, run over and over: weights with their gradients, its input and output with theirs,
 * and within backward what it saved and the temporaries of the activation.
 */
function gatedBlock(config: Config): number {
  const hidden = config.number('d_model') ?? 4096;
  const ffn = config.number('ffn') ?? (8 * hidden) / 3;
  const model: ModelSpec = {
    ...preset('llama-2-7b'),
    hidden,
    ffn,
    heads: hidden / 128,
    kvHeads: hidden / 128,
    headDim: 128,
  };
  const run = runOf(model, config, {
    precision: /fp32/.test(config.text('precision')) ? 'fp32' : 'bf16',
    attention: 'sdpa',
  });
  const types = elementBytes(run);
  const shard = wholeShard(model, run);
  const saved = savedTensors(model, run, shard, types).filter(
    ({ sublayer, name }) => FEED_FORWARD.includes(sublayer) && !/input of the feed/.test(name),
  );
  const kept = saved.reduce((sum, one) => sum + countElements(one) * one.element * one.count, 0);
  const stream = types.compute * run.batch * run.seq * hidden;
  return (
    2 * 3 * types.weight * hidden * ffn +
    4 * stream +
    kept +
    backwardWork(model, run, layerShape(model, shard, run.batch, run.seq), types).activation +
    2 * cublasWorkspace(config.gpu)
  );
}

/** Attention by itself, in bytes a token and width, its output counted and the statistics of its softmax left out. */
export function attentionCoefficient(row: PublishedRow): number {
  const config = new Config(row);
  const hidden = config.number('d_model') ?? 4096;
  const heads = config.number('heads') ?? hidden / 128;
  const model: ModelSpec = {
    ...preset('llama-2-7b'),
    hidden,
    heads,
    kvHeads: heads,
    headDim: hidden / heads,
  };
  const run = runOf(model, config, { precision: 'bf16', attention: 'flash' });
  const types = elementBytes(run);
  const sublayers = ['qkv', 'attention', 'output'];
  const saved = savedTensors(model, run, wholeShard(model, run), types).filter(
    ({ sublayer, name }) => sublayers.includes(sublayer) && name !== 'log-sum-exp',
  );
  return (
    saved.reduce((sum, one) => sum + countElements(one) * one.element * one.count, 0) /
      (run.batch * run.seq * hidden) +
    types.compute
  );
}

/** One tensor of eager attention: its weights, or what dropout makes of them. */
export function scoreBytes(row: PublishedRow, model: ModelSpec): number {
  const config = new Config(row);
  const run = runOf(model, config, {
    precision: /fp32/.test(config.text('precision')) ? 'fp32' : 'bf16',
    attention: 'eager',
    // The mask and the dropped weights are there beside softmax's result, which is asked for by itself otherwise.
    ...(/dropout/.test(row.quantity) && { dropout: 0.1 }),
  });
  const wanted = /dropout/.test(row.quantity)
    ? /after dropout|dropout mask/
    : /^attention weights$/;
  return savedTensors(model, run, wholeShard(model, run), elementBytes(run))
    .filter((one) => one.scores && wanted.test(one.name))
    .reduce((sum, one) => sum + countElements(one) * one.element, 0);
}
