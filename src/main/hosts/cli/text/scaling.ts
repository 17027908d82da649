/** Scaling laws as text for a terminal of 100 columns: how a budget is best spent, how a model stands, what it takes. */

import { formatPercent } from '../../../../shared/base/format';
import type { AllocationStanding } from '../../../../shared/compute/scaling';
import { scaled, scientific, short, trimmed, whole } from '../../../../shared/present/numbers';
import type { ScalingDocument } from '../../../../shared/present/scaling-document';
import { table, wrap } from './columns';

export function scalingText(report: ScalingDocument): string {
  const rows = report.optimum.map(({ method, N, D, tokensPerParameter, exponent, loss }) => [
    method,
    short(N),
    short(D),
    trimmed(tokensPerParameter),
    `C^${exponent.toFixed(2)}`,
    loss.toFixed(3),
  ]);
  const { given, lifetime, training } = report;
  return [
    `${scientific(report.compute, 3)} FLOPs are best spent on`,
    '',
    table(['', 'parameters', 'tokens', 'tokens each', 'N grows as', 'loss'], rows),
    '',
    wrap(
      "Loss is that of Chinchilla's approach 3 for every row, in nats a token. Its constants are published rounded, which moves its optimum by a third; the refit by Besiroglu et al. (2024) agrees with approaches 1 and 2. Kaplan counts no embeddings in N and assumes batches at the critical size, so its 6ND is not the budget.",
      '',
    ),
    '',
    ...(given ? [standingText('The model given', given)] : []),
    standingText('GPT-3', report.gpt3),
    ...(lifetime
      ? [
          wrap(
            `Serving ${short(lifetime.inferenceTokens)} tokens at a loss of ${lifetime.loss.toFixed(3)} is cheapest with ${short(lifetime.N)} parameters on ${short(lifetime.D)} tokens: ${scientific(lifetime.trainingFlops)} FLOPs of training and ${scientific(lifetime.inferenceFlops)} of inference (Sardana and Frankle 2024).`,
            '  ',
            '',
          ),
        ]
      : []),
    ...(training
      ? [
          wrap(
            `${whole(training.gpus)} × ${training.gpu} at ${formatPercent(100 * training.utilization)} of the ${training.precision} peak: ${trimmed(training.days)} days, ${scaled(training.gpuHours)} GPU-hours, ${training.cost === null ? 'no price given' : `${whole(Math.round(training.cost))} in money`}, at most ${scaled(1000 * training.energyKWh)}Wh.`,
            '  ',
            '',
          ),
        ]
      : []),
  ].join('\n');
}

function standingText(name: string, of: AllocationStanding): string {
  const size =
    of.sizeOverOptimum >= 1
      ? `${trimmed(of.sizeOverOptimum)}× the best size`
      : `${trimmed(1 / of.sizeOverOptimum)}× below the best size`;
  return `${name}: ${short(of.params)} parameters on ${short(of.tokens)} tokens, ${trimmed(of.tokensPerParameter)} each.\n  ${size.charAt(0).toUpperCase()}${size.slice(1)} for its compute: ${of.verdict}. Loss ${of.loss.toFixed(3)}.`;
}
