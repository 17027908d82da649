/** The library as text for a terminal: a line a session, within its width. */
import {
  formatBytes,
  formatDuration,
  formatInteger,
  formatSignedPercent,
} from '../../../../shared/base/format';
import { shortId } from '../../../../shared/session/short-id';
import type { SessionSummary } from '../../../../shared/session/types';
import { plain, table, WIDTH, widest, wrap } from './columns';
import { cutMiddle, textWidth } from './width';

const HEAD = ['id', 'name', 'status', 'time', 'measured', 'predicted', 'residual'];
const LONGEST_NAME = 60;
/** What goes where names would be cut short of `ENOUGH`, first to last: the columns beside it tell nearly as much. */
const [PREDICTED, TIME, RESIDUAL] = [5, 3, 6];
const GIVING_WAY = [PREDICTED, TIME, RESIDUAL] as const;
const ENOUGH = 20;

/**
 * `held`: how many sessions there are, found or not; `older`: how many of those that were found are not among these;
 * `damaged`: how many files there are besides that no session can be read from.
 */
export function listText(
  sessions: readonly SessionSummary[],
  held = sessions.length,
  older = 0,
  damaged = 0,
): string {
  if (held === 0)
    return wrap(
      damaged === 0
        ? 'No session has been recorded yet. "plumbline record --bundled gpt2" records one.'
        : `No session can be read: ${damaged === 1 ? 'the one file there is is' : `all ${formatInteger(damaged)} files are`} damaged.`,
      '',
    );
  if (sessions.length === 0)
    return wrap(
      `None of the ${formatInteger(held)} sessions is found by this. "plumbline list --help" tells how to search.`,
      '',
    );
  const rows = sessions.map((one) => [
    one.id,
    nameWithTags(one),
    one.status,
    formatDuration(one.durationUs),
    formatBytes(one.measuredPeak),
    formatBytes(one.predictedPeak),
    formatSignedPercent(one.residualPercent),
  ]);
  const lines = fitted(rows);
  if (older === 0) return lines;
  const what = older === 1 ? 'older session is' : 'older sessions are';
  const how = '--all shows every one, a search finds one ("plumbline list --help").';
  return `${lines}\n\n${wrap(`${formatInteger(older)} ${what} not shown: ${how}`, '  ')}`;
}

function fitted(rows: readonly (readonly string[])[]): string {
  const enough = Math.min(ENOUGH, widest(rows, 1));
  const gone = new Set<number>();
  for (const column of GIVING_WAY) if (roomForNames(rows, gone) < enough) gone.add(column);
  const isNarrow = roomForNames(rows, gone) < enough;
  const kept = (row: readonly string[]) => row.filter((_, i) => !gone.has(i));
  const cells = rows.map(([id = '', ...others]) => kept([isNarrow ? shortId(id) : id, ...others]));
  return table(kept(HEAD), cells, [1], LONGEST_NAME, [0, 2]);
}

/** Columns that the others leave to the name. */
function roomForNames(rows: readonly (readonly string[])[], gone: ReadonlySet<number>): number {
  const taken = HEAD.flatMap((word, i) =>
    i === 1 || gone.has(i) ? [] : [Math.max(textWidth(word), widest(rows, i)) + 2],
  );
  return WIDTH - 2 - taken.reduce((sum, width) => sum + width, 0);
}

const nameWithTags = ({ name, simulated, tags = [] }: SessionSummary): string =>
  [...(simulated ? ['[simulated]'] : []), name, ...tags.map((tag) => `#${tag}`)].join(' ');

/** The line of a session that something was done with. */
export const namedSession = (id: string, name: string | null): string =>
  cutMiddle(`${id}  ${plain(name ?? 'could not be opened')}`, WIDTH);
