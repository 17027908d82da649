/** `plumbline budget`: what theory predicts for a model and a run, without running anything. */

import type { Command } from 'commander';
import { learnedSentence } from '../../../../shared/present/learned-words';
import { budgetDocument, listFits, listHolds } from '../../../../shared/present/spec-documents';
import { constantsOfLibrary } from '../../../engine/learned-constants';
import { addSpecOptions, resolveSpec, type SpecOptions } from '../options/spec-options';
import type { Output } from '../output';
import { budgetText } from '../text/budget';
import { wrap } from '../text/columns';

export function registerBudget(program: Command, output: Output): void {
  addSpecOptions(program.command('budget')).action(async (options: SpecOptions) => {
    const spec = await resolveSpec(options, { model: 'gpt2', framework: 'tfjs' });
    // The library is read only where a card is named that it may have learned something of.
    const constants = spec.card === null ? [] : await constantsOfLibrary();
    const document = budgetDocument(spec, constants);
    const { learned } = document;
    // The largest batch of every GPU takes dozens of budgets, and only the document tells it.
    if (output.json) output.result({ ...document, fits: listFits(spec) }, () => '');
    else
      output.result(document, () => {
        const fits = listHolds(spec);
        const asked = fits.find(({ gpu }) => gpu === spec.card?.name);
        const answer = budgetText({ ...document, fits }, asked);
        if (learned === undefined) return answer;
        return [answer, '', wrap(learnedSentence(learned, asked?.memoryBytes ?? null), '')].join(
          '\n',
        );
      });
  });
}
