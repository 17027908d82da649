/**
 * Lines out of a byte stream of unknown manners: invalid UTF-8 becomes U+FFFD, a line past the limit is cut into
 * pieces (nothing is lost), the last line counts without its newline. Text that a progress bar overwrites with a
 * carriage return is shown as a terminal would leave it, with its states in between at most once a second.
 */
import type { Micros } from '../../shared/base/units';

const MAX_LINE_BYTES = 64 * 1024;
const PROGRESS_US = 1_000_000;
const NEWLINE = 10;
const RETURN = 13;

export class LineSplitter {
  #pending: Buffer = Buffer.alloc(0);
  #lastProgress: Micros = Number.NEGATIVE_INFINITY;
  readonly #now: () => Micros;
  readonly #onLine: (text: string, t: Micros) => void;

  constructor(now: () => Micros, onLine: (text: string, t: Micros) => void) {
    this.#now = now;
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    const t = this.#now();
    let rest = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      this.#line(rest.subarray(0, end), t);
      rest = rest.subarray(end + 1);
    }
    rest = this.#progress(rest, t);
    while (rest.length > MAX_LINE_BYTES) {
      const cut = boundary(rest, MAX_LINE_BYTES);
      this.#onLine(rest.subarray(0, cut).toString('utf8'), t);
      rest = rest.subarray(cut);
    }
    this.#pending = Buffer.from(rest);
  }

  /** The stream has ended: what is left is the last line. */
  end(): void {
    if (this.#pending.length > 0) this.#line(this.#pending, this.#now());
    this.#pending = Buffer.alloc(0);
  }

  #line(raw: Buffer, t: Micros): void {
    let bytes = raw;
    while (bytes.at(-1) === RETURN) bytes = bytes.subarray(0, -1);
    bytes = bytes.subarray(bytes.lastIndexOf(RETURN) + 1);
    do {
      const cut = bytes.length > MAX_LINE_BYTES ? boundary(bytes, MAX_LINE_BYTES) : bytes.length;
      this.#onLine(bytes.subarray(0, cut).toString('utf8'), t);
      bytes = bytes.subarray(cut);
    } while (bytes.length > 0);
  }

  /** Drops states that a carriage return has overwritten; a return at the very end may be half of a line ending. */
  #progress(rest: Buffer, t: Micros): Buffer {
    const last = rest.subarray(0, -1).lastIndexOf(RETURN);
    if (last < 0) return rest;
    const state = rest.subarray(0, last);
    if (t - this.#lastProgress >= PROGRESS_US && state.length > 0) {
      this.#lastProgress = t;
      this.#line(state, t);
    }
    return rest.subarray(last + 1);
  }
}

/** The last place at or before `limit` that does not cut a UTF-8 character in two. */
function boundary(bytes: Buffer, limit: number): number {
  let cut = limit;
  while (cut > limit - 3 && ((bytes[cut] ?? 0) & 0xc0) === 0x80) cut--;
  return cut;
}
