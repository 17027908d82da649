/** `plumbline budget`: what theory predicts for a model and a run, without running anything. */

import type { Command } from 'commander';
import { computeBudget } from '../../../../shared/budget/budget';
import { GPUS } from '../../../../shared/hardware/gpus';
import { fitsOn } from '../../../../shared/planning/fits';
import { addSpecOptions, resolveSpec, type SpecOptions } from '../options/spec-options';
import type { Output } from '../output';
import { budgetText } from '../text/session';

export function registerBudget(program: Command, output: Output): void {
  addSpecOptions(
    program.command('budget').description('predict the memory of a run, by component and phase'),
  ).action((options: SpecOptions) => {
    const { model, run } = resolveSpec(options, { model: 'gpt2', framework: 'tfjs' });
    const budget = { ...computeBudget(model, run), fits: fitsOn(model, run, GPUS) };
    output.result(budget, () => budgetText(budget));
  });
}
