/** Rows of words for time and inversion, the same in the window, the terminal and every report. */
import { ABSENT, formatDuration, formatInteger, formatPercent, formatSi } from '../format';
import type { Estimate, Inversion } from './inversion';
import type { PhaseTime, TimeAnalysis } from './time';

export interface WordTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What the reader must know to read it right. */
  readonly notes: readonly string[];
}

export function timeTable({ gpu, windowUs, phases }: TimeAnalysis): WordTable {
  const share = (value: number | null) => (value === null ? ABSENT : formatPercent(100 * value));
  const isBusyTold = phases.some(({ busy }) => busy !== null);
  const columns: readonly (readonly [head: string, of: (row: PhaseTime) => string])[] = [
    ['phase', ({ phase }) => (phase === 'step' ? 'whole step' : phase)],
    ['times', ({ count }) => formatInteger(count)],
    ['median', ({ medianUs }) => formatDuration(medianUs)],
    ['in all', ({ totalUs }) => formatDuration(totalUs)],
    ['tokens/s', ({ tokensPerSecond }) => formatSi(tokensPerSecond)],
    ['FLOP/s', ({ flopsPerSecond }) => formatSi(flopsPerSecond)],
    ...(gpu === null ? [] : [
      ['at least', ({ leastUs }: PhaseTime) => formatDuration(leastUs)],
      ['FLOPs used', ({ flopsUtilization }: PhaseTime) => share(flopsUtilization)],
      ['bandwidth used', ({ bandwidthUtilization }: PhaseTime) => share(bandwidthUtilization)],
    ] as const),
    ...(isBusyTold ? [['busy', ({ busy }: PhaseTime) => (busy === null ? ABSENT : formatPercent(busy))]] as const : []),
  ];
  return {
    head: columns.map(([head]) => head),
    rows: phases.map((row) => columns.map(([, of]) => of(row))),
    notes: [
      gpu === null
        ? 'No GPU of the catalogue did this, so there is no roofline to hold it against.'
        : `At least: the roofline of ${gpu}, dense arithmetic at the run's precision. FLOPs used counts what the model asks for (backward is twice forward), none done again.`,
      ...(isBusyTold ? [`Busy: the device's own counter, which averages over ${formatDuration(windowUs)}; told only of phases that last longer.`] : []),
    ],
  };
}

export function inversionTable({ estimates, summary }: Inversion): WordTable {
  return {
    head: ['setting', 'declared', 'by the trace', 'fits as well', 'next best'],
    rows: estimates.map((one) => [one.field, one.declared === null ? ABSENT : String(one.declared), estimateWords(one), alternativesOf(one), runnerUpOf(one)]),
    notes: [summary],
  };
}

function estimateWords({ verdict, estimate, declared }: Estimate): string {
  if (verdict === 'undetermined') return 'undetermined';
  return verdict === 'contradicts' ? `${estimate}, contradicts ${declared}` : `${estimate}, agrees`;
}

function alternativesOf({ interval, alternatives, estimate }: Estimate): string {
  if (alternatives.length > 0) return alternatives.join(', ');
  if (interval === null) return estimate === null ? ABSENT : 'nothing else tried';
  return interval[0] === interval[1] ? 'nothing else' : `${formatInteger(interval[0])} to ${formatInteger(interval[1])}`;
}

function runnerUpOf({ runnerUp }: Estimate): string {
  return runnerUp === null ? ABSENT : `${runnerUp.value}, off by ${formatSi(runnerUp.misfit)}×`;
}
