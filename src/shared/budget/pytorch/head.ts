/**
 * The head and the loss, as Hugging Face computes it: logits of every token, a copy in fp32 where they are half
 * precision, log-softmax in fp32, and in backward one fp32 tensor for the gradient of each. The caller keeps the loss
 * and lets the logits go, as the Trainer does.
 *
 *     forward    logits + fp32 copy + log-softmax      10 B a logit at half precision, 8 in fp32
 *     its end    log-softmax                            4
 *     backward   log-softmax + two gradients           12, then the gradient in both precisions, 6
 *
 * Masked-language heads and encoder-decoders (BERT, T5, BART) take the loss of the logits as they are: at half precision 4, 2
 * and 6 B.
 *
 * A kernel that writes the gradient over the logits (Liger, Unsloth) needs one tensor of them throughout, and no copy.
 *
 * Measured on an A100: 20.00 B a logit for the loss alone in fp32, whose input and its gradient are counted besides
 * (8 + 12), and 6 B where everything is bf16, and 4 in place (Liger-Kernel's benchmark).
 */
import { findImplementation } from '../../model/families';
import { headTrains } from '../../model/frozen';
import { hasLmHead } from '../../model/parameters';
import type { ModelSpec, RunSpec } from '../../model/spec';
import type { Shard } from '../sharding/shard';
import { split } from '../weights';
import { TensorSum } from './allocator';
import { savedByNorm } from './norm';
import type { ElementBytes } from './types';

export interface Head {
  /** Saved by the last norm alone, and with the input of the head. */
  readonly norm: TensorSum;
  readonly saved: TensorSum;
  /** Logits and loss at their highest in forward, as forward ends, at their highest in backward. */
  readonly forward: TensorSum;
  readonly kept: TensorSum;
  readonly backward: TensorSum;
  /** The gradient of the logits as the head's matrix takes it, and that of its input. */
  readonly gradient: TensorSum;
  readonly work: TensorSum;
}

/** Rows of logits that a fused loss computes at once (Liger: as many chunks as the vocabulary is wider than the model). */
function chunkRows(model: ModelSpec, rows: number): number {
  const chunks = 2 ** Math.ceil(Math.log2(Math.max(1, Math.ceil(model.vocab / model.hidden))));
  return Math.ceil(rows / chunks);
}

export function buildHead(model: ModelSpec, run: RunSpec, shard: Shard, types: ElementBytes): Head {
  const rows = run.batch * run.seq;
  const norm = new TensorSum();
  const saved = new TensorSum();
  const stream = split(rows, shard.sequence) * model.hidden;
  const forward = new TensorSum();
  const kept = new TensorSum();
  const backward = new TensorSum();
  const gradient = new TensorSum();
  const work = new TensorSum();
  if (!shard.head) return { norm, saved, forward, kept, backward, gradient, work };
  const { compute: c } = types;
  if (!model.postNorm) {
    for (const { of, element, count } of savedByNorm(model, run, types.residual))
      norm.add(element * (of === 'rows' ? split(rows, shard.sequence) : stream), count);
  }
  saved.addAll(norm);
  // BERT's pooler reads the first token out of the last output, all of which stays.
  if (model.pooler) saved.add(c * stream).add(c * run.batch * model.hidden, 2);
  if (!hasLmHead(model)) return { norm, saved, forward, kept, backward, gradient, work };
  const narrowed = (stream / model.hidden) * (model.embedding?.width ?? model.hidden);
  if (model.headTransform) {
    // Its dense layer's input, the activation's, and that of its norm, which autocast computes in fp32.
    saved.add(c * stream).add(c * narrowed);
    saved.add((types.autocast ? 4 : c) * narrowed).add(4 * split(rows, shard.sequence), 2);
  }
  // The matrix needs its input for its own gradient alone.
  if (headTrains(model, run) && !run.loraRank) saved.add(c * narrowed);
  work.add(types.residual * stream);
  const vocab = split(model.vocab, shard.tensor);
  if (run.loss === 'fused') {
    // Logits of one chunk; the gradients of input and matrix are made in forward and kept.
    const chunk = chunkRows(model, rows) * vocab;
    forward
      .add(c * chunk)
      .add(c < 4 ? 4 * chunk : 0)
      .add(c * stream);
    kept.add(c * stream);
    backward.add(c * stream);
    return { norm, saved, forward, kept, backward, gradient, work };
  }
  addLogits({ forward, kept, backward, gradient }, rows * vocab, model, run, types);
  return { norm, saved, forward, kept, backward, gradient, work };
}

/** Whole logits, so many of them, and what the loss makes of them. */
function addLogits(
  { forward, kept, backward, gradient }: Pick<Head, 'forward' | 'kept' | 'backward' | 'gradient'>,
  logits: number,
  model: ModelSpec,
  run: RunSpec,
  types: ElementBytes,
): void {
  const { compute: c } = types;
  const { widensLogits } = findImplementation(model);
  /** Log-softmax is fp32: decoders copy their logits, autocast computes it so; other heads take logits as they are. */
  const wide = types.autocast || model.architecture === 'decoder' || widensLogits ? 4 : c;
  if (run.loss === 'in-place') {
    for (const moment of [forward, kept, backward, gradient]) moment.add(c * logits);
    return;
  }
  // A bias in fp32 widens the logits of autocast, and takes their place, before the loss is taken of them.
  const widened = types.autocast && findImplementation(model).logitsBiased === true;
  // The tanh of a cap is kept for its own gradient.
  const capped = model.logitCap ? c * logits : 0;
  if (!widened) forward.add(c * logits);
  forward
    .add(c < wide ? 4 * logits : 0)
    .add(wide * logits)
    .add(capped);
  kept.add(wide * logits).add(capped);
  backward.add(wide * logits, 3).add(capped);
  gradient.add(c * logits);
}
