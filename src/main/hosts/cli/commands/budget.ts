/** `plumbline budget`: what theory predicts for a model and a run, without running anything. */

import type { Command } from 'commander';
import { computeBudget } from '../../../../shared/budget/budget';
import { GPUS } from '../../../../shared/hardware/gpus';
import { fitsOn, holdsOn } from '../../../../shared/planning/fits';
import { assumedSentences, listAssumed } from '../../../../shared/present/assumed';
import { addSpecOptions, resolveSpec, type SpecOptions } from '../options/spec-options';
import type { Output } from '../output';
import { budgetText } from '../text/session';

export function registerBudget(program: Command, output: Output): void {
  addSpecOptions(program.command('budget')).action((options: SpecOptions) => {
    const { model, run, given, card } = resolveSpec(options, { model: 'gpt2', framework: 'tfjs' });
    const budget = computeBudget(model, run);
    const gpus = [...(card !== null && run.gpu === undefined ? [card] : []), ...GPUS];
    const document = {
      ...budget,
      assumed: [...assumedSentences(listAssumed(model, run, given)), ...(budget.assumed ?? [])],
    };
    // The largest batch of every GPU takes dozens of budgets, and only the document tells it.
    if (output.json) output.result({ ...document, fits: fitsOn(model, run, gpus) }, () => '');
    else
      output.result(document, () => budgetText({ ...document, fits: holdsOn(model, run, gpus) }));
  });
}
