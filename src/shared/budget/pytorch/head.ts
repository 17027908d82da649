/**
 * The head and the loss, as Hugging Face computes it: logits of every token, a copy in fp32 where they are half
 * precision, log-softmax in fp32, and in backward one fp32 tensor for the gradient of each. The caller keeps the loss
 * and lets the logits go, as the Trainer does.
 *
 *     forward    logits + fp32 copy + log-softmax      10 B a logit at half precision, 8 in fp32
 *     its end    log-softmax                            4
 *     backward   log-softmax + two gradients           12, then the gradient in both precisions, 6
 *
 * A kernel that writes the gradient over the logits (Liger, Unsloth) needs one tensor of them throughout, and no copy.
 *
 * Measured on an A100: 20.00 B a logit for the loss alone in fp32, whose input and its gradient are counted besides
 * (8 + 12), and 6 B where everything is bf16, and 4 in place (Liger-Kernel's benchmark).
 */
import { headTrains } from '../../model/frozen';
import { hasLmHead } from '../../model/parameters';
import type { ModelSpec, RunSpec } from '../../model/spec';
import type { Shard } from '../sharding/shard';
import { split } from '../weights';
import { TensorSum } from './allocator';
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
    norm
      .add((model.norm === 'rmsnorm' ? 4 : types.residual) * stream)
      .add(4 * split(rows, shard.sequence), model.norm === 'layernorm' ? 2 : 1);
    if (model.norm === 'rmsnorm') norm.add(types.residual * stream);
  }
  saved.addAll(norm);
  // BERT's pooler reads the first token out of the last output, all of which stays.
  if (model.pooler) saved.add(c * stream).add(c * run.batch * model.hidden, 2);
  if (!hasLmHead(model)) return { norm, saved, forward, kept, backward, gradient, work };
  // The matrix needs its input for its own gradient alone.
  if (headTrains(model, run)) saved.add(c * stream);
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
  const logits = rows * vocab;
  if (run.loss === 'in-place') {
    for (const moment of [forward, kept, backward, gradient]) moment.add(c * logits);
    return { norm, saved, forward, kept, backward, gradient, work };
  }
  forward
    .add(c * logits)
    .add(c < 4 ? 4 * logits : 0)
    .add(4 * logits);
  kept.add(4 * logits);
  backward.add(4 * logits, 3);
  gradient.add(c * logits);
  return { norm, saved, forward, kept, backward, gradient, work };
}
