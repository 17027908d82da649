/**
 * The first scaling laws: J. Kaplan et al., "Scaling Laws for Neural Language Models" (arXiv 2001.08361, 2020).
 * N counts parameters without embeddings, D tokens, C_min FLOPs of a run of ideal batch size; loss is in nats a token.
 */
import { requirePositive } from '../base/big-count';

/** FLOPs of one petaflop/s-day. */
export const PF_DAY = 1e15 * 86_400;

/** L = (scale/x)^exponent of the one thing that limits (section 1.2, equations 1.1 to 1.3). */
export const KAPLAN = {
  N: { exponent: 0.076, scale: 8.8e13 },
  D: { exponent: 0.095, scale: 5.4e13 },
  /** In PF-days. */
  C: { exponent: 0.05, scale: 3.1e8 },
  /** Joint fit L(N, D) (table 2). */
  joint: { alphaN: 0.076, alphaD: 0.103, Nc: 6.4e13, Dc: 1.8e13 },
  /** Compute-efficient N = 1.3e9·C^0.73 and D = 2e10·C^0.27, C in PF-days (table 6). */
  optimum: { N: { scale: 1.3e9, exponent: 0.73 }, D: { scale: 2e10, exponent: 0.27 } },
} as const;

/** Loss where only N, only D or only C (in FLOPs) limits. */
export function kaplanLoss(by: 'N' | 'D' | 'C', value: number): number {
  requirePositive(by, value);
  const { exponent, scale } = KAPLAN[by];
  return (scale / (by === 'C' ? value / PF_DAY : value)) ** exponent;
}

/** L(N, D) = [(N_c/N)^(α_N/α_D) + D_c/D]^α_D (equation 1.5). */
export function kaplanJointLoss(N: number, D: number): number {
  requirePositive('N', N);
  requirePositive('D', D);
  const { alphaN, alphaD, Nc, Dc } = KAPLAN.joint;
  return ((Nc / N) ** (alphaN / alphaD) + Dc / D) ** alphaD;
}

/** The model and data that budget is best spent on, as Kaplan saw it: nearly all growth into the model. */
export function kaplanOptimum(flops: number): { readonly N: number; readonly D: number } {
  requirePositive('compute', flops);
  const C = flops / PF_DAY;
  const { N, D } = KAPLAN.optimum;
  return { N: N.scale * C ** N.exponent, D: D.scale * C ** D.exponent };
}
