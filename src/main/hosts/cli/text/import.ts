/** What a file to import holds, as text for a terminal. */

import {
  formatBytes,
  formatDuration,
  formatInteger,
  formatPercent,
  formatSi,
} from '../../../../shared/base/format';
import type { AbsentReason } from '../../../../shared/base/vocabulary';
import type { GpuInfo } from '../../../../shared/hardware/gpu-info';
import { formatInstant } from '../../../../shared/present/moments';
import type { SeriesStats, Unit } from '../../../../shared/trace/types';
import { plain, WIDTH, wrap } from './columns';

export interface ImportedFile {
  readonly kind: string;
  readonly driver: string | null;
  readonly gpus: readonly GpuInfo[];
  readonly samples: number;
  readonly series: readonly (SeriesStats & {
    readonly gaps: readonly { readonly reason: AbsentReason; readonly count: number }[];
  })[];
  readonly gaps: readonly { readonly reason: AbsentReason; readonly count: number }[];
  readonly warnings: readonly string[];
  readonly startedAt: string | null;
  readonly durationUs: number;
}

export function importedText(found: ImportedFile): string {
  const rows = found.samples === 1 ? '1 row' : `${formatInteger(found.samples)} rows`;
  const span = found.samples > 1 ? ` over ${formatDuration(found.durationUs)}` : '';
  const width = Math.max(0, ...found.series.map(({ id }) => id.length));
  return [
    wrap(
      `${found.kind}, driver ${found.driver ?? 'unknown'}, ${rows}${span}${found.startedAt === null ? '' : `, from ${formatInstant(found.startedAt)}`}`,
      '  ',
      '',
    ),
    ...found.gpus.map(
      ({ index, name, uuid, memoryBytes }) =>
        `  GPU ${index}  ${[plain(name), ...(memoryBytes === null ? [] : [formatBytes(memoryBytes)]), ...(uuid === '' ? [] : [plain(uuid)])].join(', ')}`,
    ),
    ...found.series.map((series) =>
      wrap(seriesWords(series), ' '.repeat(width + 4), `  ${series.id.padEnd(width)}  `, WIDTH),
    ),
    ...(found.gaps.length === 0
      ? []
      : [
          `Cells without a value: ${found.gaps.map(({ reason, count }) => `${formatInteger(count)} ${words(reason)}`).join(', ')}.`,
        ]),
    ...found.warnings.map((text) => wrap(text, '    ', '  ! ')),
  ].join('\n');
}

function seriesWords({ count, min, max, unit, gaps }: ImportedFile['series'][number]): string {
  const absent = [...new Set(gaps.map(({ reason }) => words(reason)))].join(', ');
  if (count === 0) return absent;
  const range =
    min === max ? valueWords(max, unit) : `${valueWords(min, unit)} to ${valueWords(max, unit)}`;
  return `${range}, ${count === 1 ? '1 sample' : `${formatInteger(count)} samples`}${absent === '' ? '' : `, and ${absent} in between`}`;
}

const words = (reason: AbsentReason): string => reason.replaceAll('_', ' ');

function valueWords(value: number | null, unit: Unit): string {
  if (unit === 'bytes') return formatBytes(value);
  if (value === null) return '—';
  switch (unit) {
    case 'millipercent':
      return formatPercent(value / 1000);
    case 'milliwatts':
      return `${(value / 1000).toFixed(1)} W`;
    case 'millicelsius':
      return `${Math.round(value / 1000)} °C`;
    case 'bytes_per_second':
      return `${formatBytes(value)}/s`;
    case 'hertz':
      return `${formatSi(value)}Hz`;
    case 'microseconds':
      return formatDuration(value);
    default:
      return formatInteger(value);
  }
}
