/** `plumbline plan`: which GPUs hold a run, how large it may be, and what would make it fit. */

import type { Command } from 'commander';
import { paddingReport } from '../../../../shared/compute/padding';
import { quantizationTable } from '../../../../shared/compute/quantization';
import { gpuByName } from '../../../../shared/hardware/gpu-names';
import { GPUS } from '../../../../shared/hardware/gpus';
import { buildPlan } from '../../../../shared/planning/plan';
import { addSpecOptions, resolveSpec, type SpecOptions } from '../options/spec-options';
import type { Output } from '../output';
import { type PlanText, planText } from '../text/plan';

export function registerPlan(program: Command, output: Output): void {
  addSpecOptions(
    program
      .command('plan')
      .description('which GPUs hold a run, how large it may be, and what would make it fit'),
  ).action((options: SpecOptions) => {
    const { model, run } = resolveSpec(options, { model: 'gpt2', framework: 'pytorch' });
    const plan: PlanText = {
      ...buildPlan(model, run, GPUS, run.gpu === undefined ? null : gpuByName(run.gpu)),
      padding: run.lengths === undefined ? null : paddingReport(model, run.lengths),
      quantized:
        run.mode === 'train' || model.decoderLayers
          ? null
          : quantizationTable(model, run.batch, run.seq, run.mode === 'generate' && run.kvCache),
    };
    output.result(plan, () => planText(plan));
  });
}
