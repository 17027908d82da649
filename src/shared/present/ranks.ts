/** Each rank beside the others: the head and the cells of a table, empty for a session of one process. */
import {
  ABSENT,
  formatBytes,
  formatInteger,
  formatSignedBytes,
  formatSignedPercent,
} from '../base/format';
import type { SessionDocument } from '../session/session-document';

export const RANK_HEAD = [
  'rank',
  'line',
  'measured',
  'predicted',
  'residual',
  'of predicted',
  'resident',
  'phases',
] as const;

export function rankCells({ overlay, ranks = [] }: SessionDocument): string[][] {
  return ranks.map((row) => [
    `${row.rank}${row.rank === overlay.rank || row.series === overlay.series ? ', shown' : ''}`,
    row.series ?? ABSENT,
    formatBytes(row.measuredPeak),
    formatBytes(row.predictedPeak),
    formatSignedBytes(row.residualBytes),
    formatSignedPercent(row.residualPercent),
    formatBytes(row.residentPeak),
    formatInteger(row.phases),
  ]);
}
