/**
 * What programs around nvidia-smi put on its lines is taken off, and the times among it are used: colours and cursor
 * moves of `watch` and terminals, and the prefix of `ts` or a logger (`2026-01-01 10:00:00 `, `[Jan 01 10:00:00] `).
 *
 * Guarantees: a file without such marks comes through unchanged; a prefix is taken off only where nearly all lines have
 * one, so that a column of times stays a column.
 */
import type { Head } from './protocol';
import { parseAnyStamp, type Stamp } from './stamps';

export interface CleanLine {
  readonly text: string;
  /** The time in front of the line, or of the screen that it heads; null where there is none. */
  readonly stamp: Stamp | null;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const ESCAPES = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007]*\u0007|[()][A-Z0-9]|[=>78M])/g;
/** `Every 1.0s: nvidia-smi    host: Thu Jan  1 10:00:00 2026` */
const WATCH = /^Every \d[\d.]*s: .*?([A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \d{4})$/;
const BRACKETED = /^\[([^\]]{8,45})\]:?\s*(.*)$/;
/** Up to seven words may make a time; the longest that does is the prefix. */
const MAX_WORDS = 7;
const MAX_PREFIX = 50;
/** Of the lines in the head, so many must begin with a time. */
const MOST = 0.9;
const MIN_LINES = 2;

export class LineCleaner {
  /** The beginning of the file without its marks. */
  readonly head: Head;
  readonly #hasPrefix: boolean;

  constructor(head: Head) {
    const bare = head.lines.map(withoutEscapes).filter((line) => line.trim() !== '');
    this.#hasPrefix = hasPrefix(bare);
    const lines = bare.map((line) => this.#clean(line).text.trim()).filter((line) => line !== '');
    const isMarked = this.#hasPrefix || head.text.includes('\u001b');
    this.head = isMarked ? { ...head, lines, text: lines.join('\n') } : head;
  }

  clean(line: string): CleanLine {
    return this.#clean(withoutEscapes(line));
  }

  #clean(line: string): CleanLine {
    const watch = line.startsWith('Every ') ? WATCH.exec(line.trimEnd()) : null;
    if (watch) return { text: '', stamp: parseAnyStamp(watch[1] ?? '') };
    return (this.#hasPrefix ? splitPrefix(line) : null) ?? { text: line, stamp: null };
  }
}

const withoutEscapes = (line: string): string =>
  line.includes('\u001b') ? line.replaceAll(ESCAPES, '') : line;

/** Comments are headers of dmon and pmon, which have columns of their own for date and time. */
function hasPrefix(lines: readonly string[]): boolean {
  if (lines.length < MIN_LINES || lines.some((line) => line.trimStart().startsWith('#')))
    return false;
  return lines.filter((line) => splitPrefix(line) !== null).length >= MOST * lines.length;
}

/** Null where the line does not begin with a time, or holds nothing else, or the time is a cell of a row. */
function splitPrefix(line: string): CleanLine | null {
  const bracketed = BRACKETED.exec(line);
  if (bracketed) return nameStamp(bracketed[1] ?? '', bracketed[2] ?? '');
  // Nearly every line of any other kind is told apart here.
  if (!/^[\dA-Z][\w:/.-]*\s/.test(line)) return null;
  if (parseAnyStamp(line.split(/[,;\t]/, 1)[0] ?? '') !== null) return null;
  const ends = [...line.slice(0, MAX_PREFIX).matchAll(/\S(?=\s)/g)].slice(0, MAX_WORDS);
  for (const { index } of ends.reverse()) {
    const found = nameStamp(line.slice(0, index + 1), line.slice(index + 1));
    if (found) return found;
  }
  return null;
}

function nameStamp(prefix: string, rest: string): CleanLine | null {
  const stamp = rest.trim() === '' ? null : parseAnyStamp(prefix.replace(/:$/, ''));
  return stamp && { text: rest.trimStart(), stamp };
}
