/** `plumbline budget`: what theory predicts for a model and a run, without running anything. */

import type { Command } from 'commander';
import { budgetDocument, listFits, listHolds } from '../../../../shared/present/spec-documents';
import { addSpecOptions, resolveSpec, type SpecOptions } from '../options/spec-options';
import type { Output } from '../output';
import { budgetText } from '../text/budget';

export function registerBudget(program: Command, output: Output): void {
  addSpecOptions(program.command('budget')).action(async (options: SpecOptions) => {
    const spec = await resolveSpec(options, { model: 'gpt2', framework: 'tfjs' });
    const document = budgetDocument(spec);
    // The largest batch of every GPU takes dozens of budgets, and only the document tells it.
    if (output.json) output.result({ ...document, fits: listFits(spec) }, () => '');
    else
      output.result(document, () => {
        const fits = listHolds(spec);
        const asked = fits.find(({ gpu }) => gpu === spec.card?.name);
        return budgetText({ ...document, fits }, asked);
      });
  });
}
