/** `plumbline budget`: what theory predicts for a model and a run, without running anything. */

import type { Command } from 'commander';
import { computeBudget } from '../../../../shared/budget/budget';
import { applyLearned, type LearnedBudget, learnedFor } from '../../../../shared/learned/apply';
import type { ResolvedSpec } from '../../../../shared/planning/resolve-run';
import { budgetDocument, listFits, listHolds } from '../../../../shared/present/spec-documents';
import { constantsOfLibrary } from '../../../engine/learned-constants';
import { addSpecOptions, resolveSpec, type SpecOptions } from '../options/spec-options';
import type { Output } from '../output';
import { budgetText } from '../text/budget';
import { learnedBudgetText } from '../text/learned';

export function registerBudget(program: Command, output: Output): void {
  addSpecOptions(program.command('budget')).action(async (options: SpecOptions) => {
    const spec = await resolveSpec(options, { model: 'gpt2', framework: 'tfjs' });
    const learned = await findLearned(spec);
    const document = { ...budgetDocument(spec), ...(learned && { learned }) };
    // The largest batch of every GPU takes dozens of budgets, and only the document tells it.
    if (output.json) output.result({ ...document, fits: listFits(spec) }, () => '');
    else
      output.result(document, () => {
        const fits = listHolds(spec);
        const asked = fits.find(({ gpu }) => gpu === spec.card?.name);
        const answer = budgetText({ ...document, fits }, asked);
        return learned === null ? answer : [answer, '', learnedBudgetText(learned)].join('\n');
      });
  });
}

/** Of the GPU that was named, where the library's sessions told of one like it. The library is read only where they did. */
async function findLearned({ model, run, card }: ResolvedSpec): Promise<LearnedBudget | null> {
  if (card === null || run.framework !== 'pytorch') return null;
  const constants = learnedFor(await constantsOfLibrary(), card.name, run.framework);
  return constants && applyLearned(computeBudget(model, run), constants);
}
