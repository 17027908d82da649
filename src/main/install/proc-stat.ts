/**
 * /proc/PID/stat (proc_pid_stat(5)): who started a process, when, and what processor time it took. The one reader of
 * that file. Its numbers are read where they lie, without a string for each, since samplers read it many times a second
 * from files that they keep open; whoever looks now and then takes readProcStat. Linux.
 */
import { closeSync, openSync, readSync } from 'node:fs';

export interface ProcStat {
  readonly parent: number;
  /** The process group. */
  readonly group: number;
  /** Ticks since boot; tells a process from a later one of the same pid. */
  readonly start: number;
  /** Of processor time, user and system. */
  readonly ticks: number;
  /** False for a zombie: it has ended, and only its exit status remains. */
  readonly isAlive: boolean;
}

/** More than the file ever holds. */
const MAX_BYTES = 2048;

const [SPACE, ZERO, DEAD, ZOMBIE] = [0x20, 0x30, 0x58, 0x5a];

/** `length`: how many of the bytes are the file's. */
export function parseProcStat(bytes: Buffer, length: number): ProcStat {
  // The command stands in parentheses and may hold anything; the state after it is field 3.
  const state = bytes.lastIndexOf(')', length - 1, 'latin1') + 2;
  const parent = fieldAfter(bytes, state, 1);
  const group = fieldAfter(bytes, parent, 1);
  const utime = fieldAfter(bytes, group, 9);
  const stime = fieldAfter(bytes, utime, 1);
  const start = fieldAfter(bytes, stime, 7);
  return {
    parent: numberAt(bytes, parent),
    group: numberAt(bytes, group),
    start: numberAt(bytes, start),
    ticks: numberAt(bytes, utime) + numberAt(bytes, stime),
    isAlive: bytes[state] !== ZOMBIE && bytes[state] !== DEAD,
  };
}

/** Null when there is no such process, or no such file system. `root`: where proc(5) is mounted. */
export function readProcStat(pid: number, root = '/proc'): ProcStat | null {
  let file: number | null = null;
  try {
    file = openSync(`${root}/${pid}/stat`, 'r');
    const bytes = Buffer.allocUnsafe(MAX_BYTES);
    const length = readSync(file, bytes, 0, MAX_BYTES, 0);
    return length === 0 ? null : parseProcStat(bytes, length);
  } catch {
    return null;
  } finally {
    if (file !== null) closeSync(file);
  }
}

/** The whole number at a place in `bytes`; exact below 2^53. */
export function numberAt(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; ; i++) {
    const digit = bytes[i]! - ZERO;
    if (!(digit >= 0 && digit <= 9)) return value;
    value = value * 10 + digit;
  }
}

/** Where the field lies that is `fields` further on, each one space from the next. */
export function fieldAfter(bytes: Uint8Array, from: number, fields: number): number {
  let at = from;
  for (let left = fields; left > 0 && at < bytes.length; at++) if (bytes[at] === SPACE) left--;
  return at;
}
