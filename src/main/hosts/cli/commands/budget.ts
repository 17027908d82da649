/** `plumbline budget`: what theory predicts for a model and a run, without running anything. */

import type { Command } from 'commander';
import { computeBudget } from '../../../../shared/budget/budget';
import { GPUS } from '../../../../shared/hardware/gpus';
import { fitsOn } from '../../../../shared/planning/fits';
import { assumedSentences, listAssumed } from '../../../../shared/present/assumed';
import { addSpecOptions, resolveSpec, type SpecOptions } from '../options/spec-options';
import type { Output } from '../output';
import { budgetText } from '../text/session';

export function registerBudget(program: Command, output: Output): void {
  addSpecOptions(
    program.command('budget').description('predict the memory of a run, by component and phase'),
  ).action((options: SpecOptions) => {
    const { model, run, given, card } = resolveSpec(options, { model: 'gpt2', framework: 'tfjs' });
    const budget = computeBudget(model, run);
    const sized = card !== null && run.gpu === undefined ? [card] : [];
    const document = {
      ...budget,
      assumed: [...assumedSentences(listAssumed(model, run, given)), ...(budget.assumed ?? [])],
      fits: fitsOn(model, run, [...sized, ...GPUS]),
    };
    output.result(document, () => budgetText(document));
  });
}
