/** What was learned of the machine, as text: a table for each GPU with its driver and framework. */
import { formatInteger } from '../../../../shared/base/format';
import type { LearnedReport } from '../../../../shared/learned/types';
import {
  LEARNED_HEAD,
  LEARNED_NOTHING,
  learnedHead,
  learnedRows,
} from '../../../../shared/present/learned-words';
import { table, wrap } from './columns';

export function learnedText(report: LearnedReport): string {
  const head = wrap(learnedHead(report), '');
  const { machines } = report;
  if (machines.length === 0) return [head, wrap(LEARNED_NOTHING, '')].join('\n');
  return [
    head,
    ...machines.flatMap((machine) => [
      '',
      wrap(
        `${machine.gpu}, driver ${machine.driver}, ${machine.framework}: ${formatInteger(machine.sessions)} sessions`,
        '',
      ),
      table(LEARNED_HEAD, learnedRows(machine)),
    ]),
    '',
    wrap(
      '"plumbline budget" and "plumbline plan" with --gpu NAME tell what they make of a run, beside the published constants; residuals and --fail-on residual go by the published ones, --fail-on learned by these.',
      '',
    ),
  ].join('\n');
}
