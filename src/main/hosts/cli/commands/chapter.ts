/** `plumbline chapter`: every figure of the textbook chapter, recomputed and judged. */
import type { Command } from 'commander';
import { chapterClaims, VERDICTS, verdictTotals } from '../../../../shared/compute/chapter';
import { Failure } from '../../../../shared/failure';
import { chapterText } from '../../../reports/text-compute';
import type { Output } from '../output';

export function registerChapter(program: Command, output: Output): void {
  program
    .command('chapter')
    .description('the chapter behind the theory: every figure it prints, recomputed and judged')
    .option('--verdict <verdict>', `only ${VERDICTS.join(', ')}`)
    .action(({ verdict }: { verdict?: string }) => {
      const wanted = VERDICTS.find((known) => known === verdict);
      if (verdict !== undefined && wanted === undefined) throw new Failure('bad_input', `--verdict cannot be "${verdict}".`, `Use one of ${VERDICTS.join(', ')}.`);
      const all = chapterClaims();
      const claims = wanted === undefined ? all : all.filter((claim) => claim.verdict === wanted);
      // Totals are always those of the whole chapter.
      const totals = verdictTotals(all);
      output.result({ claims, totals }, () => chapterText(claims, totals));
    });
}
