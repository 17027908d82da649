/** The chapter's ledger as text for a terminal of 100 columns: each figure printed, computed, judged, and where it was, measured. */

import type { Claim, Measured, VerdictTotals } from '../../../../shared/chapter/claims';
import { printedFigure, theoryFigure } from '../../../../shared/present/claim-figures';
import { VERDICT_NAMES } from '../../../../shared/present/names';
import { figure } from '../../../../shared/present/numbers';
import { table, wrap } from './columns';

export function chapterText(claims: readonly Claim[], totals: VerdictTotals): string {
  const sections = [...new Set(claims.map((claim) => claim.section))];
  const blocks = sections.map((section) => {
    const rows = claims.filter((claim) => claim.section === section);
    const lines = table(
      ['claim', 'printed', 'computed', 'unit', 'verdict'],
      rows.map((claim) => [
        claim.id,
        printedFigure(claim),
        theoryFigure(claim),
        claim.unit,
        VERDICT_NAMES[claim.verdict],
      ]),
      [0, 3, 4],
    ).split('\n');
    const explained = lines.flatMap((line, i) => {
      const claim = rows[i - 2];
      if (!claim) return [line];
      const off = claim.verdict !== 'right' && claim.verdict !== 'rounded';
      return [
        line,
        ...(off ? [wrap(claim.why, '    ')] : []),
        ...(claim.measured === null ? [] : [wrap(measuredWords(claim.measured), '    ')]),
      ];
    });
    return [section, ...explained].join('\n');
  });
  return [...blocks, totalsText(totals)].join('\n\n');
}

function measuredWords({ value, unit, sessions, conditions }: Measured): string {
  return `Measured: ${figure(value)} ${unit} (${conditions}; ${sessions.length === 1 ? 'session' : 'sessions'} ${sessions.join(', ')}).`;
}

function totalsText(totals: VerdictTotals): string {
  return wrap(
    `${totals.all} figures: ${totals.right} right, ${totals.rounded} rounded, ${totals.wrong} wrong, ${totals['not-computable']} not computable.`,
    '',
  );
}
