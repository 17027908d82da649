/**
 * Files of proc(5) that are read again and again, one kind of file for each process. They stay open: to find, open and
 * close one costs ten times what reading it does, and an open one belongs to its process for good, so that a later
 * process of the same pid is never taken for it. Numbers are read where they lie, without a string for each.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { numberAt, type ProcStat, parseProcStat } from '../../install/proc-stat';

/** Kept open at most; of a larger tree the others are opened each time. */
const MAX_OPEN = 64;
/** More than any of the files that are read here. */
const MAX_BYTES = 2048;

export type ProcFault = 'gone' | 'not_permitted' | 'other';

export class ProcFiles {
  /** What was read last. */
  readonly bytes = Buffer.alloc(MAX_BYTES);
  readonly #root: string;
  readonly #name: string;
  readonly #open = new Map<number, number>();

  /** `root`: where proc(5) is mounted. */
  constructor(root: string, name: string) {
    this.#root = root;
    this.#name = name;
  }

  /** How long the file of this process is now, or why it cannot be read. */
  read(pid: number): number | ProcFault {
    const known = this.#open.get(pid);
    if (known !== undefined) {
      const length = this.#readFrom(known);
      if (length !== 'gone') return length;
      this.#close(pid, known);
    }
    let file: number;
    try {
      file = openSync(join(this.#root, `${pid}`, this.#name), 'r');
    } catch (error) {
      return explainFault(error);
    }
    const length = this.#readFrom(file);
    if (typeof length === 'number' && this.#open.size < MAX_OPEN) this.#open.set(pid, file);
    else closeSync(file);
    return length;
  }

  /** Lets go of all other processes. */
  keepOnly(pids: readonly number[]): void {
    for (const [pid, file] of this.#open) if (!pids.includes(pid)) this.#close(pid, file);
  }

  #close(pid: number, file: number): void {
    this.#open.delete(pid);
    closeSync(file);
  }

  /** The file of a process that has ended gives an error (ESRCH) or nothing. */
  #readFrom(file: number): number | ProcFault {
    try {
      return readSync(file, this.bytes, 0, MAX_BYTES, 0) || 'gone';
    } catch (error) {
      return explainFault(error);
    }
  }
}

function explainFault(error: unknown): ProcFault {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOENT' || code === 'ESRCH') return 'gone';
  return code === 'EACCES' || code === 'EPERM' ? 'not_permitted' : 'other';
}

const [NEWLINE, SPACE] = [0x0a, 0x20];

/** The number after a name at the beginning of a line; null where there is none. */
export function numberAfter(bytes: Buffer, length: number, name: string): number | null {
  for (
    let found = bytes.indexOf(name);
    found >= 0 && found < length;
    found = bytes.indexOf(name, found + 1)
  ) {
    if (found > 0 && bytes[found - 1] !== NEWLINE) continue;
    let at = found + name.length;
    while (bytes[at] === SPACE) at++;
    return numberAt(bytes, at);
  }
  return null;
}

/** /proc/PID/stat of many processes. */
export class ProcStats {
  readonly #files: ProcFiles;

  constructor(root = '/proc') {
    this.#files = new ProcFiles(root, 'stat');
  }

  /** Null of a process that is not there. */
  read(pid: number): ProcStat | null {
    const length = this.#files.read(pid);
    if (typeof length !== 'number') return null;
    return parseProcStat(this.#files.bytes, length);
  }

  keepOnly(pids: readonly number[]): void {
    this.#files.keepOnly(pids);
  }
}
