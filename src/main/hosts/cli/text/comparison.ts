/** Compared sessions as text for a terminal: who is who, the verdict, what was set otherwise, every figure. */
import {
  comparisonTable,
  legendRows,
  repeatsTable,
  settingsTable,
} from '../../../../shared/present/comparison';
import type { WordTable } from '../../../../shared/present/word-table';
import type { Comparison } from '../../../../shared/session/comparison';
import { cut, plain, table, WIDTH, wrap } from './columns';
import { padEnd, textWidth } from './width';

export function compareText(comparison: Comparison): string {
  const settings = settingsTable(comparison);
  const repeats = repeatsTable(comparison);
  return [
    legend(comparison),
    wrap(comparison.verdict, ''),
    ...(settings ? [section('Settings that differ', settings)] : []),
    section('Figures, the largest difference first', comparisonTable(comparison)),
    ...(repeats ? [section('Runs of the same settings', repeats)] : []),
  ].join('\n\n');
}

/** Who is who, in columns; a name that says no more than the label is not said twice. */
function legend(comparison: Comparison): string {
  const rows = legendRows(comparison).map(([letter = '', label = '', name = '', id = '']) => ({
    start: [letter, cut(plain(label), 40), id] as const,
    name: label.startsWith(name) ? '' : plain(name),
  }));
  const width = Math.max(...rows.map(({ start: [, label] }) => textWidth(label)));
  return rows
    .map(({ start: [letter, label, id], name }) =>
      cut(`${letter}  ${padEnd(label, width)}  ${id}  ${name}`, WIDTH).trimEnd(),
    )
    .join('\n');
}

/** Longest cell of a table of few columns, and of many. */
const [MAX_CELL, MAX_CELL_OF_MANY] = [19, 11];

function section(title: string, { head, rows, notes }: WordTable): string {
  const columns = head.length - 1;
  const figures = Math.max(0, ...rows.map((row) => row.slice(1).join('  ').length));
  const first = Math.max(12, Math.min(34, WIDTH - 4 - Math.max(figures, columns * 10)));
  const cells = rows.map(([name = '', ...row]) => [
    cut(plain(name), first),
    ...row.map((cell) => cut(plain(cell), columns > 5 ? MAX_CELL_OF_MANY : MAX_CELL)),
  ]);
  return [`${title}\n${table(head, cells)}`, ...notes.map((note) => wrap(note, '  '))].join('\n');
}
