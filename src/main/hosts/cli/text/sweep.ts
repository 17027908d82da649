/** A sweep as text: its points beside the prediction, the law they follow, and what failed. */
import { formatBytes, formatDuration, formatSignedPercent } from '../../../../shared/base/format';
import type { PowerLaw, SweepOutcome } from '../../../../shared/chapter/sweeps/outcome';
import { bar } from './bars';
import { table, wrap } from './columns';
import { styled } from './style';
import { padEnd } from './width';

const BAR = 14;

export function sweepText(title: string, law: string | null, outcome: SweepOutcome): string {
  const { axes, points, laws, failed } = outcome;
  const names = axes.map(({ name }) => name);
  const top = Math.max(
    1,
    ...points.map(({ peak, predicted }) => Math.max(peak ?? 0, predicted ?? 0)),
  );
  const rows = points.map(({ point, runs, peak, predicted, time }) => [
    ...names.map((name) => point[name] ?? ''),
    String(runs),
    formatBytes(peak),
    formatBytes(predicted),
    formatSignedPercent(
      peak === null || predicted === null || predicted === 0
        ? null
        : (100 * (peak - predicted)) / predicted,
    ),
    formatDuration(time),
    padEnd(peak === null ? '' : bar(peak / top, BAR), BAR),
  ]);
  const head = [...names, 'runs', 'peak', 'predicted', 'residual', 'time', ''];
  const [axis = ''] = names;
  const lines = [
    ...describeLaw('peak', axis, laws.peak, laws.predicted),
    ...describeLaw('activations', axis, laws.activations, laws.predictedActivations),
    ...describeLaw('time', axis, laws.time, null),
  ];
  return [
    styled('strong', title),
    table(head, rows, [], 34, [head.length - 1]),
    ...(lines.length > 0 ? [lines.join('\n')] : []),
    ...(law === null ? [] : [wrap(`The chapter: ${law}.`, '')]),
    ...(failed.length > 0
      ? [failed.map(({ point, why }) => wrap(`${point}: ${why}`, '  ', '! ')).join('\n')]
      : []),
  ].join('\n\n');
}

function describeLaw(
  what: string,
  axis: string,
  law: PowerLaw | null,
  predicted: PowerLaw | null,
): readonly string[] {
  if (law === null) return [];
  const figure = (value: number) => value.toFixed(2).replace('-', '−');
  const { exponent, halfWidth } = law;
  const beside = predicted === null ? '' : `; predicted ${figure(predicted.exponent)}`;
  return [
    `${padEnd(what, 12)}∝ ${axis}^${figure(exponent)}, 95% interval ${figure(exponent - halfWidth)} to ${figure(exponent + halfWidth)}${beside}`,
  ];
}
