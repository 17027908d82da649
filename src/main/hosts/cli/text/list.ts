/** The library as text for a terminal: a line a session, within its width. */
import {
  formatBytes,
  formatDuration,
  formatInteger,
  formatSignedPercent,
} from '../../../../shared/base/format';
import type { SessionSummary } from '../../../../shared/session/types';
import { table, WIDTH, widest } from './columns';
import { textWidth } from './width';

const HEAD = ['id', 'name', 'status', 'time', 'measured', 'predicted', 'residual'];
const LONGEST_NAME = 60;
/** Measured and residual tell it too, so it goes first where names would be cut short of this. */
const PREDICTED = 5;
const ENOUGH = 20;

/** `held`: how many sessions there are, found or not; `older`: how many of those that were found are not among these. */
export function listText(
  sessions: readonly SessionSummary[],
  held = sessions.length,
  older = 0,
): string {
  if (held === 0)
    return 'No session has been recorded yet. "plumbline record --bundled gpt2" records one.';
  if (sessions.length === 0)
    return `None of the ${held} sessions is found by this. "plumbline list --help" tells how to search.`;
  // The id begins with the day and the hour; its end is enough to name it.
  const rows = sessions.map((one) => [
    one.id,
    nameWithTags(one),
    one.status,
    formatDuration(one.durationUs),
    formatBytes(one.measuredPeak),
    formatBytes(one.predictedPeak),
    formatSignedPercent(one.residualPercent),
  ]);
  const kept = (row: readonly string[]) => row.filter((_, i) => i !== PREDICTED);
  const isNarrow = roomForNames(rows) < Math.min(ENOUGH, widest(rows, 1));
  const lines = isNarrow
    ? table(kept(HEAD), rows.map(kept), [1], LONGEST_NAME, [0, 2])
    : table(HEAD, rows, [1], LONGEST_NAME, [0, 2]);
  if (older === 0) return lines;
  const what = older === 1 ? 'older session is' : 'older sessions are';
  return `${lines}\n\n  ${formatInteger(older)} ${what} not shown: --all shows every one, a search finds one ("plumbline list --help").`;
}

/** Columns that the others leave to the name. */
function roomForNames(rows: readonly (readonly string[])[]): number {
  const taken = HEAD.map((word, i) => (i === 1 ? 0 : Math.max(textWidth(word), widest(rows, i))));
  return WIDTH - taken.reduce((sum, width) => sum + width + 2, 0);
}

const nameWithTags = ({ name, simulated, tags = [] }: SessionSummary): string =>
  [...(simulated ? ['[simulated]'] : []), name, ...tags.map((tag) => `#${tag}`)].join(' ');

/** The line of a session that something was done with. */
export const namedSession = (id: string, name: string | null): string =>
  `${id}  ${name ?? 'could not be opened'}`;
