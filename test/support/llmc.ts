/**
 * The buffers of karpathy/llm.c, which allocates every tensor of training once and prints their sizes: an account of
 * the same model that owes nothing to autograd. Two states of its list are published with figures:
 *
 *     april  pull requests 201 to 420: projections' outputs kept too, gradients of activations in an arena of their own,
 *            statistics of the norms at the working precision
 *     july   pull request 676 (train_gpt2.cu): those outputs shared, statistics in fp32, scratch within the list
 *
 * GELU is computed again from recompute level 1, norms from 2, the feed-forward network's first product at 3.
 */
import { parameterCount } from '../../src/shared/model/parameters';
import type { ModelSpec } from '../../src/shared/model/spec';

export interface LlmcRun {
  readonly state: 'april' | 'july';
  readonly batch: number;
  readonly seq: number;
  /** Bytes of a working-precision value. */
  readonly element: 2 | 4;
  /** cuDNN's attention keeps statistics instead of the weights. */
  readonly cudnn: boolean;
  readonly recompute: 0 | 1 | 2 | 3;
}

/** Bytes of all activations, as printed at the start of training. */
export function llmcActivations(
  { layers: L, hidden: C, heads, vocab }: ModelSpec,
  { state, batch, seq: T, element: x, cudnn, recompute }: LlmcRun,
): number {
  const rows = batch * T;
  const april = state === 'april';
  const statistic = april ? x : 4;
  const widths = [
    C, // encoded
    recompute < 2 ? L * C : 0,
    recompute < 2 ? L * C : 0, // ln1, ln2
    L * C,
    L * C,
    L * C, // atty, residual2, residual3
    april ? 2 * L * C : 0, // attproj, fcproj
    (recompute < 3 ? L : 1) * 4 * C,
    (recompute < 1 ? L : 1) * 4 * C, // fch, fch_gelu
    C, // lnf
    3 * L * C, // qkvr
    Math.max(3 * C, heads * T, vocab), // output, which the gradient of the logits overwrites
    april ? 0 : 5 * C, // scratch
  ];
  const attention = L * rows * heads * (cudnn ? 4 : x * T);
  const statistics = (4 * L + 2) * rows * statistic + 4 * rows;
  return x * rows * widths.reduce((sum, width) => sum + width, 0) + attention + statistics;
}

/** April's arena for gradients of activations: of one layer, used again by each. */
export function llmcActivationGradients(
  { hidden: C, heads }: ModelSpec,
  { batch, seq: T, element: x, cudnn }: LlmcRun,
): number {
  return x * batch * T * (5 * C + (cudnn ? 0 : heads * T));
}

/** Weights and gradients at the working precision; two moments, and master weights of half-precision ones, in fp32 over `ranks`. */
export function llmcStates(model: ModelSpec, { element: x }: LlmcRun, ranks: number): number {
  return parameterCount(model) * (2 * x + (x < 4 ? 12 : 8) / ranks);
}
