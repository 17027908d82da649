/** Compared sessions as text for a terminal: who is who, the verdict, what was set otherwise, every figure. */
import {
  comparisonTable,
  legendRows,
  repeatsTable,
  settingsTable,
} from '../../../../shared/present/comparison';
import type { Tone, WordTable } from '../../../../shared/present/word-table';
import type { Comparison } from '../../../../shared/session/comparison';
import { plain, stackedTables, WIDTH, wrap } from './columns';
import { type Style, styled } from './style';
import { cutMiddle, padEnd, textWidth } from './width';

export function compareText(comparison: Comparison): string {
  const settings = settingsTable(comparison);
  const repeats = repeatsTable(comparison);
  return [
    legend(comparison),
    wrap(comparison.verdict, ''),
    ...(settings ? [section('Settings that differ', settings, [...settings.head.keys()])] : []),
    section('Figures, the largest difference first', comparisonTable(comparison)),
    ...(repeats ? [section('Runs of the same settings', repeats)] : []),
  ].join('\n\n');
}

/** Who is who; a name that says no more than the label is not said twice, and one that has no room beside it stands below. */
function legend(comparison: Comparison): string {
  const rows = legendRows(comparison).map(([letter = '', label = '', name = '', id = '']) => ({
    start: [letter, cutMiddle(plain(label), MAX_LABEL), id] as const,
    name: label.startsWith(name) ? '' : plain(name),
  }));
  const widthOf = (i: 1 | 2) => Math.max(...rows.map(({ start }) => textWidth(start[i])));
  const starts = rows.map(
    ({ start: [letter, label, id] }) =>
      `${letter}  ${padEnd(label, widthOf(1))}  ${padEnd(id, widthOf(2))}`,
  );
  const room = WIDTH - textWidth(starts[0] ?? '') - 2;
  return rows
    .map(({ name }, i) =>
      (room < MIN_NAME && name !== ''
        ? `${starts[i]?.trimEnd()}\n   ${cutMiddle(name, WIDTH - 3)}`
        : `${starts[i]}  ${cutMiddle(name, room)}`
      ).trimEnd(),
    )
    .join('\n');
}

const [MAX_LABEL, MIN_NAME] = [40, 24];
const STYLE_OF_TONE: Readonly<Record<Tone, Style>> = {
  better: 'good',
  worse: 'bad',
  faint: 'quiet',
};

function section(
  title: string,
  { head, rows, notes, tones = [] }: WordTable,
  words: readonly number[] = [0],
): string {
  const cells = rows.map((row, i) =>
    row.map((cell, at) => {
      const tone = tones[i]?.[at] ?? null;
      return tone === null ? cell : styled(STYLE_OF_TONE[tone], cell);
    }),
  );
  const table = stackedTables(head, cells, words);
  return [`${title}\n${table}`, ...notes.map((note) => wrap(note, '  '))].join('\n');
}
