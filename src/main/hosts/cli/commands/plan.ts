/** `plumbline plan`: which GPUs hold a run, how large it may be, and what would make it fit. */

import type { Command } from 'commander';
import { planDocument } from '../../../../shared/present/spec-documents';
import { addSpecOptions, resolveSpec, type SpecOptions } from '../options/spec-options';
import type { Output } from '../output';
import { planText } from '../text/plan';

interface PlanOptions extends SpecOptions {
  readonly allGpus?: boolean;
}

export function registerPlan(program: Command, output: Output): void {
  addSpecOptions(program.command('plan'))
    .option('--all-gpus', 'show every GPU of the catalogue beside the one named')
    .action((options: PlanOptions) => {
      const plan = planDocument(resolveSpec(options, { model: 'gpt2', framework: 'pytorch' }));
      output.result(plan, () => planText(plan, options.allGpus === true));
    });
}
