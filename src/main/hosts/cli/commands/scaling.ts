/** `plumbline scaling`: how to spend a compute budget, and where a model stands for the compute it took. */
import type { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import {
  readAmount,
  readShare,
  scalingDocument,
} from '../../../../shared/present/scaling-document';
import { whole } from '../options/spec-options';
import type { Output } from '../output';
import { scalingText } from '../text/scaling';

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
      checkGpuNamed(options);
      const read = (flag: string, text: string | undefined, reader = readAmount) =>
        text === undefined ? undefined : reader(flag, text);
      const document = scalingDocument({
        compute: read('--compute', options.compute),
        params: read('--params', options.params),
        tokens: read('--tokens', options.tokens),
        inferenceTokens: read('--inference-tokens', options.inferenceTokens),
        gpu: options.gpu,
        gpus: whole('--gpus', options.gpus),
        utilization: read('--utilization', options.utilization, readShare),
        price: read('--price', options.price),
      });
      output.result(document, () => scalingText(document));
    });
}

/** What is said of GPUs needs one that it is said of. */
function checkGpuNamed(options: ScalingOptions): void {
  if (options.gpu !== undefined) return;
  const alone = (['gpus', 'utilization', 'price'] as const).find(
    (name) => options[name] !== undefined,
  );
  if (alone !== undefined)
    throw new Failure(
      'bad_input',
      `--${alone} says something of a GPU, and none is named.`,
      'Add --gpu, for example --gpu "A100 80GB".',
    );
}
