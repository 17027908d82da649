/** `plumbline plan`: which GPUs hold a run, how large it may be, and what would make it fit. */
import type { Command } from 'commander';
import { gpuByName } from '../../../../shared/compute/gpu-names';
import { GPUS } from '../../../../shared/compute/gpus';
import { paddingReport } from '../../../../shared/compute/padding';
import { planOf } from '../../../../shared/compute/plan/plan';
import { quantizationTable } from '../../../../shared/compute/quantization';
import { type PlanText, planText } from '../../../reports/text-plan';
import type { Output } from '../output';
import { addSpecOptions, type SpecOptions, specOf } from '../spec-options';

export function registerPlan(program: Command, output: Output): void {
  addSpecOptions(
    program
      .command('plan')
      .description('which GPUs hold a run, how large it may be, and what would make it fit'),
  ).action((options: SpecOptions) => {
    const { model, run } = specOf(options, { model: 'gpt2', framework: 'pytorch' });
    const plan: PlanText = {
      ...planOf(model, run, GPUS, run.gpu === undefined ? null : gpuByName(run.gpu)),
      padding: run.lengths === undefined ? null : paddingReport(model, run.lengths),
      quantized:
        run.mode === 'train' || model.decoderLayers
          ? null
          : quantizationTable(model, run.batch, run.seq, run.mode === 'generate' && run.kvCache),
    };
    output.result(plan, () => planText(plan));
  });
}
