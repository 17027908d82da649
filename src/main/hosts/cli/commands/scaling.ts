/** `plumbline scaling`: how to spend a compute budget, and where a model stands for the compute it took. */
import type { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import { scalingReport } from '../../../../shared/compute/scaling';
import { trainingCost } from '../../../../shared/compute/training';
import { gpuByName } from '../../../../shared/hardware/gpu-names';
import { rejectOption } from '../../../../shared/model/reject-field';
import { whole } from '../options/spec-options';
import type { Output } from '../output';
import { type ScalingText, scalingText } from '../text/scaling';

interface ScalingOptions {
  readonly compute?: string;
  readonly params?: string;
  readonly tokens?: string;
  readonly inferenceTokens?: string;
  readonly gpu?: string;
  readonly gpus?: string;
  readonly utilization?: string;
  readonly price?: string;
}

export function registerScaling(program: Command, output: Output): void {
  program
    .command('scaling')
    .option('--compute <flops>', 'training budget in FLOPs, for example 1e24')
    .option('--params <n>', 'parameters, for example 175B')
    .option('--tokens <n>', 'training tokens, for example 300B')
    .option(
      '--inference-tokens <n>',
      'tokens to be served in its lifetime, for the cheapest model over training and serving',
    )
    .option('--gpu <name>', 'time, money and energy of the budget on this GPU')
    .option('--gpus <n>', 'how many of them (1)')
    .option('--utilization <share>', 'share of the bf16 or fp16 peak that is reached, 0 to 1 (0.4)')
    .option('--price <money>', 'price of one GPU an hour')
    .action((options: ScalingOptions) => {
      const report = scalingReport({
        compute: amount('--compute', options.compute),
        params: amount('--params', options.params),
        tokens: amount('--tokens', options.tokens),
        inferenceTokens: amount('--inference-tokens', options.inferenceTokens),
      });
      const document = { ...report, training: onDevices(Number(report.compute), options) };
      output.result(document, () => scalingText(document));
    });
}

function onDevices(flops: number, options: ScalingOptions): ScalingText['training'] {
  if (options.gpu === undefined) {
    const alone = (['gpus', 'utilization', 'price'] as const).find(
      (name) => options[name] !== undefined,
    );
    if (alone !== undefined)
      throw new Failure(
        'bad_input',
        `--${alone} says something of a GPU, and none is named.`,
        'Add --gpu, for example --gpu "A100 80GB".',
      );
    return null;
  }
  const gpu = gpuByName(options.gpu);
  const gpus = whole('--gpus', options.gpus) ?? 1;
  const utilization = amount('--utilization', options.utilization) ?? 0.4;
  if (utilization > 1)
    throw new Failure(
      'bad_input',
      `--utilization cannot be ${utilization}.`,
      'Give a share of the peak, above 0 and up to 1.',
    );
  const precision = gpu.peak.bf16 === null ? 'fp16' : 'bf16';
  const cost = trainingCost({
    flops,
    gpus,
    gpu,
    precision,
    utilization,
    pricePerGpuHour: amount('--price', options.price) ?? null,
  });
  const { seconds, days, gpuHours, energyKWh } = cost;
  return {
    gpu: gpu.name,
    gpus,
    precision,
    utilization,
    seconds,
    days,
    gpuHours,
    cost: cost.cost,
    energyKWh,
  };
}

const SUFFIXES: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  b: 1e9,
  t: 1e12,
  p: 1e15,
  e: 1e18,
};

/** A number as people write large ones: 1e24, 175B, 1.4T, 300_000. */
function amount(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, digits, suffix = ''] = /^(\d[\d_]*(?:\.\d+)?(?:e\+?\d+)?)([kmbtpe]?)$/i.exec(text) ?? [];
  const value =
    digits === undefined
      ? Number.NaN
      : Number(digits.replaceAll('_', '')) * (SUFFIXES[suffix.toLowerCase()] ?? Number.NaN);
  if (Number.isFinite(value) && value > 0) return value;
  return rejectOption(option, text, 'Give a number above zero, such as 1e24, 175B or 1.4T.');
}
