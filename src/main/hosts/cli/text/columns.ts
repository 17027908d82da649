/** Laying out text for a terminal: plain characters, paragraphs wrapped at 100 columns or its own width, aligned tables. */
import { printableLine } from '../../../../shared/base/printable';

/** Columns of a line: 100, or those of the terminal where it is narrower and still wide enough for a sentence. */
export const WIDTH = Math.min(100, Math.max(60, process.stdout.columns ?? 100));

/** Control characters of names and logs must not reach a terminal, and here their width counts: shown as what they are. */
export const plain = printableLine;

export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

export function wrap(text: string, indent: string, first = indent): string {
  const lines: string[] = [];
  let line = first;
  const longest = WIDTH - indent.length;
  // A word no line can hold (a path, a hash) is broken where the line ends.
  const words = plain(text)
    .split(' ')
    .flatMap((word) => word.match(new RegExp(`.{1,${longest}}`, 'gu')) ?? ['']);
  for (const word of words) {
    if (line.length + word.length > WIDTH && line.trim() !== '') {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()].join('\n');
}

/** The first column to the left, figures to the right; a row of `null` is a rule. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[] | null)[],
  left: readonly number[] = [0],
): string {
  const cells = [head, ...rows.filter((row) => row !== null)].map((row) =>
    row.map((cell, i) => (left.includes(i) ? cut(plain(cell), 34) : cell)),
  );
  const widths = head.map((_, i) => Math.max(...cells.map((row) => (row[i] ?? '').length)));
  const line = (row: readonly string[]) =>
    `  ${row
      .map((cell, i) => {
        const text = left.includes(i) ? cut(plain(cell), 34) : cell;
        return left.includes(i) ? text.padEnd(widths[i]!) : text.padStart(widths[i]!);
      })
      .join('  ')}`.trimEnd();
  const rule = `  ${widths.map((width) => '─'.repeat(width)).join('  ')}`;
  return [line(head), rule, ...rows.map((row) => (row === null ? rule : line(row)))].join('\n');
}
