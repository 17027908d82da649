/** Laying out text for a terminal: paragraphs wrapped and tables aligned to its own width, wide characters counted. */
import { printableLine } from '../../../../shared/base/printable';
import { cutMiddle, padEnd, padStart, split, textWidth } from './width';

export { cut } from './width';

/** Where nothing tells the width, as in a pipe. */
const USUAL = 80;
/** Lines of prose beyond this are hard to follow. */
const LONGEST_PROSE = 100;

/** Columns of the terminal; of a pipe, what COLUMNS says. */
export const WIDTH = Math.max(40, process.stdout.columns || Number(process.env.COLUMNS) || USUAL);
const PROSE = Math.min(LONGEST_PROSE, WIDTH);

/** Control characters of names and logs must not reach a terminal, and here their width counts: shown as what they are. */
export const plain = printableLine;

/** What stands below the options of a command, as help is to be: paragraphs of its width. */
export const helpFooter = (...paragraphs: readonly string[]): string =>
  `\n${paragraphs.map((text) => wrap(text, '')).join('\n')}`;

export function wrap(text: string, indent: string, first = indent, width = PROSE): string {
  const lines: string[] = [];
  let line = first;
  // A word no line can hold (a path, a hash) is broken where the line ends.
  const words = plain(text)
    .split(' ')
    .flatMap((word) => split(word, width - indent.length));
  for (const word of words) {
    if (textWidth(line) + textWidth(word) > width && line.trim() !== '') {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()].join('\n');
}

const LONGEST_CELL = 34;
const SHORTEST_CELL = 8;

/**
 * Columns of `words` stand to the left and give way where the terminal is too narrow; those of `kept` stand to the left
 * as well, and like the figures to the right never do. A row of `null` is a rule.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[] | null)[],
  words: readonly number[] = [0],
  longest = LONGEST_CELL,
  kept: readonly number[] = [],
): string {
  const clean = (row: readonly string[]) =>
    row.map((cell, i) => (words.includes(i) ? cutMiddle(plain(cell), longest) : plain(cell)));
  const cells = [clean(head), ...rows.map((row) => (row === null ? null : clean(row)))];
  const widths = narrowed(
    head.map((_, i) => widest(cells, i)),
    words,
  );
  const line = (row: readonly string[]) =>
    `  ${row
      .map((cell, i) => {
        if (words.includes(i)) return padEnd(cutMiddle(cell, widths[i]!), widths[i]!);
        return kept.includes(i) ? padEnd(cell, widths[i]!) : padStart(cell, widths[i]!);
      })
      .join('  ')}`.trimEnd();
  const rule = `  ${widths.map((width) => '─'.repeat(width)).join('  ')}`;
  const [first, ...others] = cells.map((row) => (row === null ? rule : line(row)));
  return [first, rule, ...others].join('\n');
}

/** The same where every word counts: what does not fit into its column goes on below. */
export function wrappedTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  words: readonly number[],
): string {
  const widths = narrowed(
    head.map((_, i) => widest([head, ...rows], i)),
    words,
  );
  const lines = rows.flatMap((row) => {
    const cells = row.map((cell, i) =>
      words.includes(i) ? wrap(cell, '', '', widths[i]).split('\n') : [plain(cell)],
    );
    const height = Math.max(...cells.map(({ length }) => length));
    return Array.from({ length: height }, (_, at) => cells.map((cell) => cell[at] ?? ''));
  });
  return table(head, lines, words, WIDTH);
}

/** Columns of the widest cell `i` of `rows`, however many they are. */
export const widest = (rows: readonly (readonly string[] | null)[], i: number): number =>
  rows.reduce((width, row) => Math.max(width, textWidth(row?.[i] ?? '')), 0);

/** The widest column of words gives way, column by column, until the line fits. */
function narrowed(widths: readonly number[], words: readonly number[]): readonly number[] {
  const given = [...widths];
  let excess = given.reduce((sum, width) => sum + width + 2, 0) - WIDTH;
  while (excess > 0) {
    const widest = words.reduce((a, b) => (given[b]! > given[a]! ? b : a), words[0] ?? 0);
    if (words.length === 0 || given[widest]! <= SHORTEST_CELL) break;
    given[widest] = given[widest]! - 1;
    excess -= 1;
  }
  return given;
}
