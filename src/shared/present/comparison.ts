/** Compared sessions as tables of words, the same in the window, the terminal and every report. */
import {
  ABSENT,
  formatDuration,
  formatEnergy,
  formatSi,
  formatSignedBytes,
  formatSignedPercent,
} from '../base/format';
import { formatFigure } from '../session/compare-rows';
import type { ComparedRow, Comparison, RowUnit } from '../session/comparison';
import { capitalize, componentName, formatSetting, settingName } from './names';
import type { Tone, WordTable } from './word-table';

/** A, B, C: what a session is called in a picture and at the head of a column. */
export const letter = (place: number): string => String.fromCharCode(65 + place);

/** The plain word for a change within the noise. */
export const INDISTINCT = 'not distinguishable';

const OVERALL_NAMES: Readonly<Record<string, string>> = {
  peak: 'Measured peak',
  'predicted peak': 'Predicted peak',
  duration: 'Duration',
  throughput: 'Throughput, tokens/s',
  energy: 'Energy, by mean power',
};

/** "Measured peak", "Activations, predicted", "Backward, at its highest", "Backward, median time". */
export function rowName({ group, key, isPredicted }: ComparedRow): string {
  if (group === 'overall') return OVERALL_NAMES[key] ?? key;
  if (group === 'component')
    return capitalize(`${componentName(key)}${isPredicted ? ', predicted' : ''}`);
  return capitalize(`${key}, ${group === 'phase' ? 'at its highest' : 'median time'}`);
}

/** "+12.0 MiB (+3.1%) worse"; a change within the noise is told by the word for it. */
export function describeChange(row: ComparedRow, place: number, base: number): string {
  const change = row.changes[place] ?? null;
  if (change === null) return ABSENT;
  if (change === 0) return 'the same';
  if (row.isDistinct[place] === false) return INDISTINCT;
  const from = row.values[base] ?? 0;
  const share = from === 0 ? '' : ` (${formatSignedPercent((100 * change) / from)})`;
  const judged = row.judged[place] ?? null;
  return `${formatSigned(change, row.unit)}${share}${judged === null ? '' : ` ${judged}`}`;
}

const toneOfChange = (row: ComparedRow, place: number): Tone | null =>
  row.judged[place] ??
  (row.changes[place] === 0 || row.isDistinct[place] === false ? 'faint' : null);

function formatSigned(change: number, unit: RowUnit): string {
  if (unit === 'bytes') return formatSignedBytes(change);
  const sign = change > 0 ? '+' : '−';
  const size = Math.abs(change);
  if (unit === 'microseconds') return `${sign}${formatDuration(size)}`;
  if (unit === 'joules') return `${sign}${formatEnergy(size)}`;
  return `${sign}${formatSi(size)}`;
}

/** More sessions than these leave no room for their differences beside them. */
const MOST_WIDE = 3;

/** Rows of figures; a column for each session and, beside every session but the base, its difference where it has room. */
export function comparisonTable(
  { rows, labels, base }: Comparison,
  hasRoom = labels.length <= MOST_WIDE,
): WordTable {
  const against = letter(base);
  const cells = rows.map((row) => [
    rowName(row),
    ...labels.flatMap((_, i) => {
      const value = formatFigure(row.values[i] ?? null, row.unit);
      return i === base || !hasRoom ? [value] : [value, describeChange(row, i, base)];
    }),
  ]);
  return {
    head: [
      '',
      ...labels.flatMap((_, i) =>
        i === base || !hasRoom ? [letter(i)] : [letter(i), `${letter(i)} − ${against}`],
      ),
    ],
    rows: cells,
    words: 1,
    tones: rows.map((row) => [
      null,
      ...labels.flatMap((_, i) => (i === base || !hasRoom ? [null] : [null, toneOfChange(row, i)])),
    ]),
    notes: cells.some((row) => row.includes(INDISTINCT))
      ? [
          `${capitalize(INDISTINCT)}: the change is not larger than what varies where nothing was changed.`,
        ]
      : [],
  };
}

/** What was set otherwise; null where nothing was. */
export function settingsTable({ differences, labels }: Comparison): WordTable | null {
  const { config } = differences;
  if (config.length === 0) return null;
  return {
    head: ['setting', ...labels.map((_, i) => letter(i))],
    rows: config.map(({ field, values }) => [
      settingName(field),
      ...values.map((value) => formatSetting(value, field)),
    ]),
    words: 1,
    notes: [],
  };
}

/** Runs of the same settings: how many, and how far their peaks and durations lie apart. */
export function repeatsTable({ repeats, rows }: Comparison): WordTable | null {
  const wanted = rows.filter(({ group }) => group === 'overall');
  if (repeats.length === 0) return null;
  return {
    head: ['runs', ...wanted.map(rowName)],
    rows: repeats.map((places) => [
      places.map(letter).join(', '),
      ...wanted.map((row) =>
        describeSpread(
          places.flatMap((i) => row.values[i] ?? []),
          row.unit,
        ),
      ),
    ]),
    words: 1,
    notes: ['Runs of the same settings, lowest to highest.'],
  };
}

function describeSpread(values: readonly number[], unit: RowUnit): string {
  if (values.length === 0) return ABSENT;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [from, to] = [formatFigure(low, unit), formatFigure(high, unit)];
  return from === to ? from : `${from} to ${to}`;
}

/** "A  batch 4": who is who. */
export const legendRows = ({ sessions, labels }: Comparison): readonly (readonly string[])[] =>
  sessions.map(({ id, name }, i) => [letter(i), labels[i] ?? name, name, id]);
