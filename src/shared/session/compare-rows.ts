/**
 * Every figure of compared sessions as one table: rows are figures, columns sessions. A row knows how much the figure
 * varies where nothing was changed, as far as that is known, so that a difference within it is not taken for one.
 *
 * What varies is measured, not assumed: by runs of the same settings where there are some, else by the steps of a run
 * for times, and by the steps a device counts in for bytes. Where none of these is known, it is said so.
 */
import { ABSENT, formatBytes, formatDuration, formatEnergy, formatSi } from '../base/format';
import { median } from '../base/statistics';
import { MiB } from '../base/units';
import { PHASES } from '../base/vocabulary';
import { isFrameworkSeries } from '../trace/series-ids';
import { isOfSameMemory } from './compared-memory';
import type { ComparedRow, Comparison, RowUnit } from './comparison';
import type { SessionDocument } from './session-document';

/** Device memory is mapped in pages of this size. */
const DEVICE_PAGE = 2 * MiB;

const CERTAIN = { amount: 0, why: 'a prediction does not vary' };

interface Figure {
  readonly group: ComparedRow['group'];
  readonly key: string;
  readonly unit: RowUnit;
  readonly values: readonly (number | null)[];
  readonly isPredicted?: boolean;
  /** Of the figure within one run. */
  readonly within?: { readonly amount: number; readonly why: string } | null;
}

export function buildRows(
  docs: readonly SessionDocument[],
  comparison: Pick<Comparison, 'differences' | 'peak' | 'time' | 'repeats'>,
  base: number,
): readonly ComparedRow[] {
  const { differences, peak, time, repeats } = comparison;
  const steps = countingSteps(docs);
  const isSameWork = sessionsOfSameWork(docs.length, differences.config, base);
  const isLike = isOfSameMemory(docs, base);
  const finish = (figure: Figure) => judgeRow(finishRow(figure, base, repeats, isLike), isSameWork);
  const overall: readonly Figure[] = [
    { group: 'overall', key: 'peak', unit: 'bytes', values: peak.measured, within: steps },
    {
      group: 'overall',
      key: 'predicted peak',
      unit: 'bytes',
      values: peak.predicted,
      isPredicted: true,
      within: CERTAIN,
    },
    { group: 'overall', key: 'duration', unit: 'microseconds', values: time.durationUs },
    { group: 'overall', key: 'throughput', unit: 'per_second', values: docs.map(throughput) },
    { group: 'overall', key: 'energy', unit: 'joules', values: docs.map(energy) },
  ];
  const bytes = [
    ...differences.components.map(({ component, measured, predicted }): Figure => {
      const isMeasured = measured.every((value) => value !== null);
      return {
        group: 'component',
        key: component,
        unit: 'bytes',
        values: isMeasured ? measured : predicted,
        isPredicted: !isMeasured,
        within: isMeasured ? steps : CERTAIN,
      };
    }),
    ...differences.phases.map(
      ({ phase, measured }): Figure => ({
        group: 'phase',
        key: phase,
        unit: 'bytes',
        values: measured,
        within: steps,
      }),
    ),
  ];
  return [
    ...overall.map(finish),
    ...largestFirst(bytes.map(finish)),
    ...largestFirst(phaseTimes(docs).map(finish)),
  ].filter(({ values }) => values.some((value) => value !== null));
}

function finishRow(
  { group, key, unit, values, isPredicted = false, within = null }: Figure,
  base: number,
  repeats: Comparison['repeats'],
  isLike: readonly boolean[],
): Omit<ComparedRow, 'judged'> {
  const from = values[base] ?? null;
  const isMeasuredMemory = unit === 'bytes' && !isPredicted;
  const changes = values.map((value, i) => {
    const isOther = isMeasuredMemory && !isLike[i];
    return i === base || value === null || from === null || isOther ? null : value - from;
  });
  const spread = isPredicted ? null : measureSpread(values, repeats, unit);
  const known = spread ?? within;
  const noise = known?.amount ?? null;
  return {
    group,
    key,
    isPredicted,
    unit,
    values,
    changes,
    noise,
    why: known?.why ?? 'one run each, so how much it varies is not known',
    isDistinct: changes.map((change) =>
      change === null ? null : change !== 0 && (noise === null || Math.abs(change) > noise),
    ),
  };
}

/** What makes a run other work, so that its figures are neither better nor worse. */
const WORK: ReadonlySet<string> = new Set(['model', 'mode']);

function sessionsOfSameWork(
  count: number,
  config: Comparison['differences']['config'],
  base: number,
): readonly boolean[] {
  const work = config.filter(({ field }) => WORK.has(field));
  return Array.from({ length: count }, (_, i) =>
    work.every(({ values }) => values[i] === values[base]),
  );
}

function judgeRow(row: Omit<ComparedRow, 'judged'>, isSameWork: readonly boolean[]): ComparedRow {
  const isMoreBetter = row.unit === 'per_second';
  const judged = row.changes.map((change, i) => {
    if (!change || row.isDistinct[i] !== true || isSameWork[i] !== true) return null;
    return change > 0 === isMoreBetter ? 'better' : 'worse';
  });
  return { ...row, judged };
}

/** How far apart runs of the same settings lie at most. */
function measureSpread(
  values: readonly (number | null)[],
  repeats: Comparison['repeats'],
  unit: RowUnit,
): { amount: number; why: string } | null {
  const spreads = repeats.flatMap((places) => {
    const known = places.flatMap((i) => values[i] ?? []);
    return known.length < 2 ? [] : [Math.max(...known) - Math.min(...known)];
  });
  if (spreads.length === 0) return null;
  const amount = Math.max(...spreads);
  return { amount, why: `runs of the same settings differ by up to ${formatFigure(amount, unit)}` };
}

/** What bytes are counted in: a framework counts every byte, a device its pages; of a process tree it is not known. */
function countingSteps(docs: readonly SessionDocument[]): Figure['within'] {
  const lines = docs.map(({ overlay }) => overlay.series ?? '');
  if (lines.every(isFrameworkSeries)) return { amount: 0, why: 'the framework counts every byte' };
  if (lines.every((id) => isFrameworkSeries(id) || id.startsWith('gpu')))
    return {
      amount: DEVICE_PAGE,
      why: `the device counts in steps of ${formatBytes(DEVICE_PAGE)}`,
    };
  return null;
}

/** Tokens a second of whole steps, or of decoding. */
function throughput({ time }: SessionDocument): number | null {
  const row =
    time?.phases.find(({ phase }) => phase === 'step') ??
    time?.phases.find(({ phase }) => phase === 'decode');
  return row?.tokensPerSecond ?? null;
}

/** Joules of all GPUs by their mean power, over the whole session. */
function energy({ series, durationUs }: SessionDocument): number | null {
  const power = series.filter(
    ({ metric, unit, mean }) =>
      unit === 'milliwatts' && /(^|\.)power$/.test(metric) && mean !== null,
  );
  if (power.length === 0) return null;
  const milliwatts = power.reduce((sum, { mean }) => sum + (mean ?? 0), 0);
  return (milliwatts / 1000) * (durationUs / 1e6);
}

/** What one occurrence of each phase takes, by its median, and how sure that is. */
function phaseTimes(docs: readonly SessionDocument[]): readonly Figure[] {
  return PHASES.flatMap((phase): Figure[] => {
    const times = docs.map(({ overlay }) =>
      overlay.phases
        .filter((row) => row.phase === phase && !row.inferred)
        .map(({ span: [t0, t1] }) => t1 - t0),
    );
    if (times.every((list) => list.length === 0)) return [];
    const errors = times.filter((list) => list.length >= LEAST_OCCURRENCES).map(errorOfMedian);
    const isKnown = errors.length === times.filter((list) => list.length > 0).length;
    const amount = 2 * Math.hypot(...errors);
    return [
      {
        group: 'time',
        key: phase,
        unit: 'microseconds',
        values: times.map((list) => (list.length === 0 ? null : median(list))),
        within: isKnown
          ? { amount, why: `by how the steps of each run vary, ± ${formatDuration(amount)}` }
          : null,
      },
    ];
  });
}

/** Fewer say too little about how a time varies. */
const LEAST_OCCURRENCES = 5;
/** Of normally distributed values: from the median absolute deviation to the standard error of the median. */
const DEVIATION = 1.4826;
const OF_MEDIAN = 1.2533;

function errorOfMedian(values: readonly number[]): number {
  const middle = median(values);
  const deviation = DEVIATION * median(values.map((value) => Math.abs(value - middle)));
  return (OF_MEDIAN * deviation) / Math.sqrt(values.length);
}

/** A difference that is none comes last. */
function largestFirst(rows: readonly ComparedRow[]): readonly ComparedRow[] {
  const size = ({ changes, isDistinct }: ComparedRow) =>
    Math.max(0, ...changes.map((change, i) => (isDistinct[i] ? Math.abs(change ?? 0) : 0)));
  return [...rows].sort((a, b) => size(b) - size(a));
}

/** A figure of a row in words. */
export function formatFigure(value: number | null, unit: RowUnit): string {
  if (value === null) return ABSENT;
  if (unit === 'bytes') return formatBytes(value);
  if (unit === 'microseconds') return formatDuration(value);
  if (unit === 'per_second') return formatSi(value);
  return formatEnergy(value);
}
