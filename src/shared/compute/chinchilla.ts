/**
 * Compute-optimal training: J. Hoffmann et al., "Training Compute-Optimal Large Language Models" (arXiv 2203.15556,
 * 2022), by its three approaches. N parameters, D tokens, C = 6ND FLOPs; loss in nats a token.
 *
 * Approaches 1 and 2 are published as exponents (table 2) and as tables of budgets (tables 3 and A3), so their laws are
 * laid through the published rows by least squares in the logarithms; the slopes reproduce the published exponents.
 * Approach 3 is a loss, E + A/N^α + B/D^β; its constants are published rounded to two digits, which moves its optimum
 * by a third at large budgets. T. Besiroglu et al. (arXiv 2404.10102) fitted the same data again, and their constants
 * are here beside it.
 */

import { type Count, decimal, requirePositive } from '../base/big-count';
import { Failure } from '../base/failure';

export interface LossLaw {
  readonly E: number;
  readonly A: number;
  readonly B: number;
  readonly alpha: number;
  readonly beta: number;
}

/** Hoffmann et al., section D.3, equation 10. */
export const HOFFMANN: LossLaw = { E: 1.69, A: 406.4, B: 410.7, alpha: 0.34, beta: 0.28 };
/** Besiroglu et al., "Chinchilla Scaling: A replication attempt", table 1. */
export const BESIROGLU: LossLaw = { E: 1.8172, A: 482.01, B: 2085.43, alpha: 0.3478, beta: 0.3658 };

export type Approach = 1 | 2 | 3;

/** Hoffmann et al., table 2: N ∝ C^a, D ∝ C^b. */
export const EXPONENTS: Readonly<Record<Approach, { readonly a: number; readonly b: number }>> = {
  1: { a: 0.5, b: 0.5 },
  2: { a: 0.49, b: 0.51 },
  3: { a: 0.46, b: 0.54 },
};

/** [N, C] of the published rows: table 3 (approach 1), table A3 (2 and 3; rows whose tokens agree with C = 6ND). */
export const PUBLISHED_OPTIMA: Readonly<
  Record<Approach, readonly (readonly [N: number, C: number])[]>
> = {
  1: [
    [4e8, 1.92e19],
    [1e9, 1.21e20],
    [1e10, 1.23e22],
    [6.7e10, 5.76e23],
    [1.75e11, 3.85e24],
    [2.8e11, 9.9e24],
    [5.2e11, 3.43e25],
    [1e12, 1.27e26],
    [1e13, 1.3e28],
  ],
  2: [
    [4e8, 1.84e19],
    [1e9, 1.2e20],
    [1e10, 1.32e22],
    [6.7e10, 6.88e23],
    [1.75e11, 4.54e24],
    [2.8e11, 1.18e25],
    [5.2e11, 4.19e25],
    [1e12, 1.59e26],
    [1e13, 1.75e28],
  ],
  3: [
    [4e8, 2.21e19],
    [1e9, 1.62e20],
    [1e10, 2.46e22],
    [1.75e11, 1.26e25],
    [5.2e11, 1.36e26],
    [1e12, 5.65e26],
    [1e13, 8.55e28],
  ],
};

interface PowerLaw {
  readonly coefficient: number;
  readonly exponent: number;
}

/** y = coefficient·x^exponent by least squares in the logarithms. */
export function fitPowerLaw(points: readonly (readonly [y: number, x: number])[]): PowerLaw {
  const logs = points.map(([y, x]) => [Math.log(x), Math.log(y)] as const);
  const mean = (axis: 0 | 1) => logs.reduce((sum, point) => sum + point[axis], 0) / logs.length;
  const x0 = mean(0);
  const y0 = mean(1);
  const covariance = logs.reduce((sum, [x, y]) => sum + (x - x0) * (y - y0), 0);
  const variance = logs.reduce((sum, [x]) => sum + (x - x0) ** 2, 0);
  const exponent = covariance / variance;
  return { coefficient: Math.exp(y0 - exponent * x0), exponent };
}

const LAWS: Readonly<Record<Approach, PowerLaw>> = {
  1: fitPowerLaw(PUBLISHED_OPTIMA[1]),
  2: fitPowerLaw(PUBLISHED_OPTIMA[2]),
  3: fitPowerLaw(PUBLISHED_OPTIMA[3]),
};

export interface Allocation {
  readonly N: number;
  readonly D: number;
  readonly tokensPerParameter: number;
}

function allocation(N: number, flops: number): Allocation {
  const D = flops / (6 * N);
  return { N, D, tokensPerParameter: D / N };
}

/** N = k·C^a as published in tables, D = C/(6N). */
export function chinchillaOptimum(flops: number, approach: Approach): Allocation {
  requirePositive('compute', flops);
  const { coefficient, exponent } = LAWS[approach];
  return allocation(coefficient * flops ** exponent, flops);
}

/** D = r·N and C = 6ND: N = √(C/6r). The rule of thumb is r = 20. */
export function ratioOptimum(flops: number, tokensPerParameter = 20): Allocation {
  requirePositive('compute', flops);
  requirePositive('tokensPerParameter', tokensPerParameter);
  return allocation(Math.sqrt(flops / (6 * tokensPerParameter)), flops);
}

/** Minimum of the loss law on 6ND = C: N = G·(C/6)^(β/(α+β)), G = (αA/βB)^(1/(α+β)) (Hoffmann et al., equation 4). */
export function lossOptimum(flops: number, law: LossLaw = HOFFMANN): Allocation {
  requirePositive('compute', flops);
  const { A, B, alpha, beta } = law;
  const G = ((alpha * A) / (beta * B)) ** (1 / (alpha + beta));
  return allocation(G * (flops / 6) ** (beta / (alpha + beta)), flops);
}

/** E + A/N^α + B/D^β, N in parameters and D in tokens (not in billions). */
export function chinchillaLoss(N: number, D: number, law: LossLaw = HOFFMANN): number {
  requirePositive('N', N);
  requirePositive('D', D);
  return law.E + law.A / N ** law.alpha + law.B / D ** law.beta;
}

/** Tokens a model of N parameters needs to reach `loss`; null where no number of tokens gets it there. */
export function tokensForLoss(N: number, loss: number, law: LossLaw = HOFFMANN): number | null {
  requirePositive('N', N);
  const left = loss - law.E - law.A / N ** law.alpha;
  return left > 0 ? (law.B / left) ** (1 / law.beta) : null;
}

export interface LifetimeOptimum extends Allocation {
  readonly trainingFlops: Count;
  readonly inferenceFlops: Count;
  readonly totalFlops: Count;
}

/**
 * The model that reaches `loss` at least lifetime work, 6·N·D + 2·N·D_inference. The more is served, the smaller it is
 * and the longer it is trained (N. Sardana et al., "Beyond Chinchilla-Optimal", arXiv 2401.00448). Found by golden
 * section over log N between the smallest model that can reach the loss and a million times that.
 */
export function lifetimeOptimum(
  loss: number,
  inferenceTokens: number,
  law: LossLaw = HOFFMANN,
): LifetimeOptimum {
  if (!(loss > law.E))
    throw new Failure(
      'bad_input',
      `No model reaches a loss of ${loss}: the law's floor is ${law.E}.`,
      `Ask for a loss above ${law.E}.`,
    );
  if (!(inferenceTokens >= 0 && Number.isFinite(inferenceTokens)))
    throw new Failure(
      'bad_input',
      `inferenceTokens cannot be ${inferenceTokens}.`,
      'Give a number of at least 0.',
    );
  const least = Math.log((law.A / (loss - law.E)) ** (1 / law.alpha));
  const total = (logN: number) => {
    const N = Math.exp(logN);
    const D = tokensForLoss(N, loss, law);
    return D === null ? Number.POSITIVE_INFINITY : 6 * N * D + 2 * N * inferenceTokens;
  };
  const N = Math.exp(goldenSection(total, least + 1e-6, least + Math.log(1e6)));
  const D = tokensForLoss(N, loss, law) ?? Number.POSITIVE_INFINITY;
  const trainingFlops = 6 * N * D;
  const inferenceFlops = 2 * N * inferenceTokens;
  return {
    N,
    D,
    tokensPerParameter: D / N,
    trainingFlops: decimal(trainingFlops),
    inferenceFlops: decimal(inferenceFlops),
    totalFlops: decimal(trainingFlops + inferenceFlops),
  };
}

function goldenSection(f: (x: number) => number, from: number, to: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [from, to];
  while (b - a > 1e-9) {
    const c = b - ratio * (b - a);
    const d = a + ratio * (b - a);
    if (f(c) < f(d)) b = d;
    else a = c;
  }
  return (a + b) / 2;
}
