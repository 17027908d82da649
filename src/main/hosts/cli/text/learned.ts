/** What was learned of the machine, as text: a table for each GPU with its driver and framework. */
import { formatBytes, formatInteger } from '../../../../shared/base/format';
import type { LearnedBudget } from '../../../../shared/learned/apply';
import { MIN_SESSIONS } from '../../../../shared/learned/estimate';
import {
  LEARNED_PARTS,
  type LearnedFigure,
  type LearnedPart,
  type LearnedReport,
} from '../../../../shared/learned/types';
import { componentName } from '../../../../shared/present/names';
import { table, wrap } from './columns';

export function learnedText({ machines, sessions, looked, forgotten }: LearnedReport): string {
  const left = forgotten === 0 ? '' : ` ${formatInteger(forgotten)} were forgotten.`;
  const head = wrap(
    `${formatInteger(sessions)} of ${formatInteger(looked)} sessions tell something of their machine: they ran to their end on a real GPU under a framework that says what it holds, and nothing was found about them.${left}`,
    '',
  );
  if (machines.length === 0)
    return [
      head,
      wrap(
        `A constant is learned from ${MIN_SESSIONS} sessions of one GPU, driver and framework.`,
        '',
      ),
    ].join('\n');
  return [
    head,
    ...machines.flatMap(({ gpu, driver, framework, sessions, figures }) => [
      '',
      wrap(`${gpu}, driver ${driver}, ${framework}: ${formatInteger(sessions)} sessions`, ''),
      table(
        ['', 'typical', 'lowest', 'highest', 'sessions'],
        LEARNED_PARTS.flatMap((part) => {
          const figure = figures[part];
          return figure === undefined ? [] : [figureRow(part, figure)];
        }),
      ),
    ]),
    '',
    wrap(
      'plumbline budget --gpu NAME tells what they make of a run, beside the published constants; residuals and --fail-on go by the published ones.',
      '',
    ),
  ].join('\n');
}

function figureRow(part: LearnedPart, { typical, low, high, sessions }: LearnedFigure): string[] {
  const shown = (value: number) =>
    part === 'reserve' ? `${(value / 10).toFixed(1)}%` : formatBytes(value);
  const name = part === 'reserve' ? 'reserve, of allocated' : componentName(part);
  return [name, shown(typical), shown(low), shown(high), formatInteger(sessions)];
}

/** One paragraph beside a budget. */
export function learnedBudgetText({ gpu, sessions, peak, components }: LearnedBudget): string {
  const parts = components.map(
    ({ component, bytes, low, high, published }) =>
      `${componentName(component)} ${formatBytes(bytes)} (${formatBytes(low)} to ${formatBytes(high)}; published ${formatBytes(published)})`,
  );
  return wrap(
    `Learned from ${formatInteger(sessions)} sessions on ${gpu}: ${parts.join(', ')}. With that the peak is ${formatBytes(peak)}.`,
    '',
  );
}
