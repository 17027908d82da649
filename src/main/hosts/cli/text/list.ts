/** The library as text for a terminal: a line per session, within 100 columns. */
import { formatBytes, formatDuration, formatSignedPercent } from '../../../../shared/base/format';
import type { SessionSummary } from '../../../../shared/session/types';
import { cut, plain, table, WIDTH } from './columns';

export function listText(sessions: readonly SessionSummary[]): string {
  if (sessions.length === 0)
    return 'No session has been recorded yet. "plumbline record --bundled gpt2" records one.';
  const figures = sessions.map((one) => [
    one.status,
    formatDuration(one.durationUs),
    formatBytes(one.measuredPeak),
    formatBytes(one.predictedPeak),
    formatSignedPercent(one.residualPercent),
  ]);
  const head = ['id', 'name', 'status', 'duration', 'measured', 'predicted', 'residual'];
  // The id begins with the day and the hour; the name takes what room the figures leave.
  const taken = [
    sessions.map(({ id }) => id),
    ...figures[0]!.map((_, i) => figures.map((row) => row[i]!)),
  ].reduce(
    (sum, column, i) =>
      sum + 2 + Math.max(head[i === 0 ? 0 : i + 1]!.length, ...column.map((cell) => cell.length)),
    4,
  );
  const name = ({ name: own, simulated }: SessionSummary) =>
    cut(`${simulated ? '[simulated] ' : ''}${plain(own)}`, Math.max(12, WIDTH - taken));
  return table(
    head,
    sessions.map((one, i) => [one.id, name(one), ...figures[i]!]),
    [0, 1, 2],
  );
}
