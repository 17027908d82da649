/** `plumbline chapter`: every figure of the textbook chapter, recomputed, judged, and beside it what was measured here. */
import type { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import { chapterClaims, VERDICTS, verdictTotals } from '../../../../shared/chapter/claims';
import { type Outcome, withMeasured } from '../../../../shared/chapter/experiments/measured';
import { choice } from '../../../../shared/model/settings/kinds';
import { recordedOutcomes } from '../../../engine/experiments';
import type { Output } from '../output';
import { chapterText } from '../text/chapter';
import { withEngine } from '../with-engine';

const NOTHING_MEASURED =
  'Nothing of the chapter was measured in this library yet. "plumbline experiment" tells what can be run here.';

interface ChapterOptions {
  readonly verdict?: string;
  readonly measured?: boolean;
}

export function registerChapter(program: Command, output: Output): void {
  program
    .command('chapter')
    .option('--verdict <verdict>', `only ${VERDICTS.join(', ')}`)
    .option(
      '--measured',
      'only what experiments of this library have measured ("plumbline experiment")',
    )
    .action(async ({ verdict, measured }: ChapterOptions) => {
      const wanted =
        verdict === undefined ? undefined : choice(VERDICTS).parse('--verdict', verdict);
      const all = withMeasured(chapterClaims(), await outcomes(output));
      const claims = all.filter(
        (claim) =>
          (wanted === undefined || claim.verdict === wanted) &&
          (!measured || claim.measured !== null),
      );
      // Totals are always those of the whole chapter.
      const totals = verdictTotals(all);
      output.result({ claims, totals }, () =>
        measured && claims.length === 0 ? NOTHING_MEASURED : chapterText(claims, totals),
      );
    });
}

/** The chapter needs no library: one that cannot be opened costs what was measured, and says so. */
async function outcomes(output: Output): Promise<readonly Outcome[]> {
  try {
    return await withEngine((engine) => recordedOutcomes(engine));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    output.tell(`nothing measured is shown: ${error.message}`);
    return [];
  }
}
