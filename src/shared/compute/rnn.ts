/**
 * A transformer beside a recurrent network of the same width and depth: time, space, and how many steps must follow
 * one another. The network is Elman's: h_t = tanh(W x_t + U h_{t−1}), two d×d products a step and layer.
 */

import { type Count, count, requireWhole } from '../base/big-count';
import type { ModelSpec } from '../model/spec';
import { attentionPairs, forwardFlops, headFlops, layerFlops } from './flops';
import { attentionWidths } from './shapes';

interface SequenceModelCost {
  /** FLOPs of one sequence through all layers; no head. */
  readonly time: Count;
  /** Values kept for the backward pass: L·n·d states for the network, L(h·n² + n·d) for the transformer. */
  readonly space: Count;
  /** Weights a token is multiplied with in all layers: the network's O(L·d²). */
  readonly weights: Count;
  /** Matrix products that must wait for one another: n + L − 1 steps for the network, 1 pass of L layers else. */
  readonly sequentialSteps: number;
}

export interface RnnComparison {
  readonly rnn: SequenceModelCost;
  readonly transformer: SequenceModelCost;
  /** The length at which the transformer's attention alone costs what the whole network costs: d for MHA, where 4n²d = 4nd². */
  readonly attentionEqualsRnn: number;
}

/** Both over one sequence of `seq` tokens, attention counted over all n² pairs. */
export function compareWithRnn(model: ModelSpec, seq: number): RnnComparison {
  requireWhole('seq', seq);
  const depth = model.layers + (model.decoderLayers ?? 0);
  const { keys, values } = attentionWidths(model);
  const L = BigInt(depth);
  const n = BigInt(seq);
  const d = BigInt(model.hidden);
  const pairs = attentionPairs(seq);
  const oneToken = layerFlops(model, { batch: 1, queries: 1, pairs: 0n });
  return {
    rnn: {
      time: count(4n * L * n * d * d),
      space: count(L * n * d),
      weights: count(2n * L * d * d),
      sequentialSteps: seq + depth - 1,
    },
    transformer: {
      time: count(forwardFlops(model, 1, seq) - headFlops(model, n)),
      space: count(L * (BigInt(model.heads) * pairs + n * d)),
      weights: count((L * oneToken.total) / 2n),
      sequentialSteps: depth,
    },
    attentionEqualsRnn: (2 * model.hidden * model.hidden) / (keys + values),
  };
}
