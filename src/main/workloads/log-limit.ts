/**
 * How much of a workload's output is kept. A program may print without end, and what is kept stays in memory and in the
 * session file: past the limit lines are still taken from the program, so that it never waits, and are counted.
 */
import type { LogLine } from '../../shared/trace/types';

interface LogLimits {
  readonly lines: number;
  readonly characters: number;
}
const LOG_LIMITS: LogLimits = { lines: 200_000, characters: 64 * 1024 * 1024 };

export class LogLimit {
  readonly #keep: (line: LogLine) => void;
  readonly #limits: LogLimits;
  #lines = 0;
  #characters = 0;
  #dropped = 0;

  constructor(keep: (line: LogLine) => void, limits: LogLimits = LOG_LIMITS) {
    this.#keep = keep;
    this.#limits = limits;
  }

  take(line: LogLine): void {
    const { lines, characters } = this.#limits;
    if (this.#lines >= lines || this.#characters + line.text.length > characters) {
      this.#dropped++;
      return;
    }
    this.#lines++;
    this.#characters += line.text.length;
    this.#keep(line);
  }

  /** What was left out, in one sentence; null where nothing was. */
  describeDropped(): string | null {
    if (this.#dropped === 0) return null;
    const { lines, characters } = this.#limits;
    const what =
      this.#dropped === 1
        ? "1 line of the workload's output was"
        : `${this.#dropped.toLocaleString('en')} lines of the workload's output were`;
    return `${what} left out: at most ${lines.toLocaleString('en')} lines or ${characters / 2 ** 20} MiB of it are kept.`;
  }
}
