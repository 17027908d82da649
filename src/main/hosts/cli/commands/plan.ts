/** `plumbline plan`: which GPUs hold a run, how large it may be, and what would make it fit. */

import type { Command } from 'commander';
import { paddingReport } from '../../../../shared/compute/padding';
import { quantizationTable } from '../../../../shared/compute/quantization';
import { GPUS } from '../../../../shared/hardware/gpus';
import { buildPlan } from '../../../../shared/planning/plan';
import { listAssumed } from '../../../../shared/present/assumed';
import { addSpecOptions, resolveSpec, type SpecOptions } from '../options/spec-options';
import type { Output } from '../output';
import { type PlanText, planText } from '../text/plan';

interface PlanOptions extends SpecOptions {
  readonly allGpus?: boolean;
}

export function registerPlan(program: Command, output: Output): void {
  addSpecOptions(program.command('plan'))
    .option('--all-gpus', 'show every GPU of the catalogue beside the one named')
    .action((options: PlanOptions) => {
      const { model, run, given, card } = resolveSpec(options, {
        model: 'gpt2',
        framework: 'pytorch',
      });
      const plan: PlanText = {
        ...buildPlan(model, run, GPUS, card),
        assumed: listAssumed(model, run, given),
        padding: run.lengths === undefined ? null : paddingReport(model, run.lengths),
        quantized:
          run.mode === 'train' || run.mode === 'serve' || model.decoderLayers
            ? null
            : quantizationTable(model, run.batch, run.seq, run.mode === 'generate' && run.kvCache),
      };
      output.result(plan, () => planText(plan, options.allGpus === true));
    });
}
