/** Laying out text for a terminal: paragraphs wrapped and tables aligned to its own width, wide characters counted. */
import { printableLine } from '../../../../shared/base/printable';
import type { Finding } from '../../../../shared/divergence/overlay/types';
import { remedyOf } from '../../../../shared/present/remedy';
import { cutMiddle, padEnd, padStart, split, textWidth } from './width';

export { cut } from './width';

/** Where nothing tells the width, as in a pipe. */
const USUAL = 80;
/** Lines of prose beyond this are hard to follow. */
const LONGEST_PROSE = 100;

/** Columns of the terminal; of a pipe, what COLUMNS says. */
const columnsOf = (stream: NodeJS.WriteStream): number =>
  Math.max(40, stream.columns || Number(process.env.COLUMNS) || USUAL);
export const WIDTH = columnsOf(process.stdout);
const PROSE = Math.min(LONGEST_PROSE, WIDTH);

/** Control characters of names and logs must not reach a terminal, and here their width counts: shown as what they are. */
export const plain = printableLine;

/** What stands below the options of a command, as help is to be: paragraphs of its width. */
export const helpFooter = (...paragraphs: readonly string[]): string =>
  `\n${paragraphs.map((text) => wrap(text, '')).join('\n')}`;

export function wrap(text: string, indent: string, first = indent, width = PROSE): string {
  // A word no line can hold (a path, a hash) is broken where the line ends.
  const words = wordsOf(plain(text), width - indent.length).flatMap((word) =>
    split(word, width - indent.length),
  );
  return fill(words, indent, first, width);
}

/**
 * What is said on stderr: a sentence and, below it, its remedy. What a person copies from there (a path, a command) is
 * never broken, be it longer than the line.
 */
export function message(text: string, remedy = ''): string {
  const width = Math.min(LONGEST_PROSE, columnsOf(process.stderr));
  const lines = (each: string, first: string) =>
    fill(wordsOf(plain(each), Number.POSITIVE_INFINITY), '  ', first, width);
  const head = lines(`plumbline: ${text}`, '');
  return remedy === '' ? head : `${head}\n${lines(remedy, '  ')}`;
}

/**
 * A command to copy: of more than one line each but the last ends as a shell's line that goes on, and options stay with
 * their values. Whole where no such shell is usual.
 */
export function commandLines(command: string, indent: string, platform = process.platform): string {
  const text = plain(command);
  if (platform === 'win32') return `${indent}${text}`;
  const lines: string[] = [];
  let line = indent;
  for (const part of text.split(/ (?=--)/)) {
    const isFirst = line === indent;
    const longer = isFirst ? `${line}${part}` : `${line} ${part}`;
    // Room for the mark that the line goes on.
    if (!isFirst && textWidth(longer) > WIDTH - 2) {
      lines.push(`${line} \\`);
      line = `${indent}  ${part}`;
    } else line = longer;
  }
  return [...lines, line].join('\n');
}

/** What to do about a finding; `first` begins it, and `indent` what follows. */
export function remedyLines(
  finding: Pick<Finding, 'remedy' | 'command'>,
  indent: string,
  first: string,
): string[] {
  const remedy = remedyOf(finding);
  if (remedy === null) return [];
  const { words, command } = remedy;
  return [wrap(words, indent, first), ...(command === null ? [] : [commandLines(command, indent)])];
}

/** Words; a command that is quoted ("plumbline list") is one, unless it takes more than `longest` columns. */
function wordsOf(text: string, longest: number): readonly string[] {
  const words: string[] = [];
  let quoted: string[] = [];
  for (const word of text.split(' ')) {
    const isQuote = word.split('"').length % 2 === 0;
    if (quoted.length === 0 && !isQuote) {
      words.push(word);
      continue;
    }
    quoted.push(word);
    if (!isQuote || quoted.length === 1) continue;
    const whole = quoted.join(' ');
    words.push(...(textWidth(whole) <= longest ? [whole] : quoted));
    quoted = [];
  }
  return [...words, ...quoted];
}

/** Lines of at most `width` columns, unless a single word takes more. */
function fill(words: readonly string[], indent: string, first: string, width: number): string {
  const lines: string[] = [];
  let line = first;
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
 * as well, and like the figures to the right never do. Where they do not fit all the same, as many tables stand below
 * each other as they need, each with the first column. A row of `null` is a rule.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[] | null)[],
  words: readonly number[] = [0],
  longest = LONGEST_CELL,
  kept: readonly number[] = [],
): string {
  const cells = [head, ...rows].map((row) => (row === null ? null : row.map(plain)));
  const widths = narrowed(
    head.map((_, i) => Math.min(widest(cells, i), words.includes(i) ? longest : Infinity)),
    words,
  );
  if (lineWidth(widths) > WIDTH && head.length > 2) {
    const blocks = columnBlocks(widths, WIDTH - widths[0]! - 2);
    if (blocks.length > 1)
      return blocks
        .map((block) => {
          const pick = <T>(row: readonly T[]) => block.map((column) => row[column]!);
          const places = (of: readonly number[]) =>
            block.flatMap((column, i) => (of.includes(column) ? [i] : []));
          const picked = cells.slice(1).map((row) => (row === null ? null : pick(row)));
          return table(pick(head), picked, places(words), longest, places(kept));
        })
        .join('\n\n');
  }
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

/** Columns that a column of words keeps where figures want its room, and where others do. */
const [NAME_SHARE, MIN_WORDS] = [0.32, 12];

/**
 * The same where there may be more columns than a line holds: as many tables below each other as they need, each with
 * the first column. `words`: the columns whose cells go on below.
 */
export function stackedTables(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  words: readonly number[] = [0],
): string {
  const widths = head.map((_, i) => {
    const wanted = widest([head, ...rows], i);
    return i > 0 && words.includes(i) ? Math.min(wanted, MIN_WORDS) : wanted;
  });
  const room = WIDTH - Math.min(widths[0]!, Math.floor(WIDTH * NAME_SHARE)) - 2;
  return columnBlocks(widths, room)
    .map((block) => {
      const pick = (row: readonly string[]) => block.map((column) => row[column] ?? '');
      const wrapped = block.flatMap((column, i) => (words.includes(column) ? [i] : []));
      return wrappedTable(pick(head), rows.map(pick), wrapped);
    })
    .join('\n\n');
}

/** Columns as they fit beside the first one in `room`, each block beginning with it. */
function columnBlocks(widths: readonly number[], room: number): readonly (readonly number[])[] {
  const blocks: number[][] = [];
  let left = 0;
  for (const [column, width] of widths.entries()) {
    if (column === 0) continue;
    const block = blocks.at(-1);
    if (block === undefined || width + 2 > left) {
      blocks.push([0, column]);
      left = room;
    } else block.push(column);
    left -= width + 2;
  }
  return blocks;
}

const lineWidth = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width + 2, 0);

/** Columns of the widest cell `i` of `rows`, however many they are. */
export const widest = (rows: readonly (readonly string[] | null)[], i: number): number =>
  rows.reduce((width, row) => Math.max(width, textWidth(row?.[i] ?? '')), 0);

/** The widest column of words gives way, column by column, until the line fits. */
function narrowed(widths: readonly number[], words: readonly number[]): readonly number[] {
  const given = [...widths];
  let excess = lineWidth(given) - WIDTH;
  while (excess > 0) {
    const widest = words.reduce((a, b) => (given[b]! > given[a]! ? b : a), words[0] ?? 0);
    if (words.length === 0 || given[widest]! <= SHORTEST_CELL) break;
    given[widest] = given[widest]! - 1;
    excess -= 1;
  }
  return given;
}
