/** `plumbline scaling`: how to spend a compute budget, and where a model stands for the compute it took. */
import type { Command } from 'commander';
import { scalingReport } from '../../../../shared/compute/scaling';
import { Failure } from '../../../../shared/failure';
import { scalingText } from '../../../reports/text-compute';
import type { Output } from '../output';

interface ScalingOptions {
  readonly compute?: string;
  readonly params?: string;
  readonly tokens?: string;
  readonly inferenceTokens?: string;
}

export function registerScaling(program: Command, output: Output): void {
  program
    .command('scaling')
    .description('scaling laws: the best model and data for a budget, or how a model stands')
    .option('--compute <flops>', 'training budget in FLOPs, for example 1e24')
    .option('--params <n>', 'parameters, for example 175B')
    .option('--tokens <n>', 'training tokens, for example 300B')
    .option('--inference-tokens <n>', 'tokens to be served in its lifetime, for the cheapest model over training and serving')
    .action((options: ScalingOptions) => {
      const report = scalingReport({
        compute: amount('--compute', options.compute),
        params: amount('--params', options.params),
        tokens: amount('--tokens', options.tokens),
        inferenceTokens: amount('--inference-tokens', options.inferenceTokens),
      });
      output.result(report, () => scalingText(report));
    });
}

const SUFFIXES: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, b: 1e9, t: 1e12, p: 1e15, e: 1e18 };

/** A number as people write large ones: 1e24, 175B, 1.4T, 300_000. */
function amount(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, digits, suffix = ''] = /^(\d[\d_]*(?:\.\d+)?(?:e\+?\d+)?)([kmbtpe]?)$/i.exec(text) ?? [];
  const value = digits === undefined ? Number.NaN : Number(digits.replaceAll('_', '')) * (SUFFIXES[suffix.toLowerCase()] ?? Number.NaN);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Failure('bad_input', `${option} cannot be "${text}".`, 'Give a number above zero, such as 1e24, 175B or 1.4T.');
}
