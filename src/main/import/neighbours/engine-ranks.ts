/**
 * Which rank of an engine printed a line, and when, by what stands in front of it: `(Worker_TP1 pid=7)`,
 * `(VllmWorker rank=2 pid=7)`, `[2026-01-01 10:00:00 DP0 TP1]`, `INFO 05-06 20:59:59`, llama.cpp's `0.01.230.153 I`. Pure.
 */
import { parseAnyStamp, type Stamp } from '../stamps';

/** Where a process stands among the others of its engine; empty where the line does not tell. */
export interface Seat {
  /** The same for lines of one process. */
  readonly key: string;
  /** Data, pipeline and tensor rank, from the outermost in. */
  readonly axes: readonly [dp: number, pp: number, tp: number];
}

const PROCESS = /\(([A-Za-z]\w*(?: [\w= ]*?)?)? ?pid=(\d+)[^)]*\)/;
const BRACKET = /^\s*\[[^\]]*?((?: (?:DP|PP|TP|EP|CP)\d+)+)\]/;
const DEVICE = /^\s*\[gpu(?:_id)?=(\d+)\]/i;

export function findSeat(line: string): Seat {
  const device = DEVICE.exec(line)?.[1];
  if (device !== undefined) return { key: `tp${device}`, axes: [0, 0, Number(device)] };
  const [, label = '', pid] = PROCESS.exec(line) ?? [];
  const words = BRACKET.exec(line)?.[1] ?? label;
  const axis = (name: string) => {
    const found = new RegExp(`${name}[ =]?(\\d+)`, 'i').exec(words)?.[1];
    return found === undefined ? null : Number(found);
  };
  const tp = axis('TP') ?? axis('rank');
  const [dp, pp] = [axis('DP'), axis('PP')];
  const known = dp !== null || pp !== null || tp !== null;
  // Workers of old versions are told apart by their process alone, and the engine's own process by none.
  const isWorker = pid !== undefined && /worker/i.test(label);
  const named = known ? `dp${dp ?? 0} pp${pp ?? 0} tp${tp ?? 0}` : '';
  return {
    key: isWorker && !known ? `pid ${pid}` : named,
    axes: [dp ?? 0, pp ?? 0, tp ?? 0],
  };
}

/** Ranks of the seats that hold something: the tensor rank where it tells all apart, else by their order. */
export function numberSeats(seats: readonly Seat[]): Map<string, number> {
  const ranks = new Set(seats.map(({ axes }) => axes[2]));
  if (ranks.size === seats.length) return new Map(seats.map(({ key, axes }) => [key, axes[2]]));
  const sorted = seats.toSorted(
    (a, b) => a.axes[0] - b.axes[0] || a.axes[1] - b.axes[1] || a.axes[2] - b.axes[2],
  );
  return new Map(sorted.map(({ key }, i) => [key, i]));
}

const LEVEL =
  /\b(?:DEBUG|INFO|WARNING|ERROR) (?:(\d{4})-)?(\d\d)-(\d\d) (\d\d:\d\d:\d\d)(?:[.,](\d{1,6}))?/;
const BRACKETED = /^\s*\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:[.,]\d+)?)(?: [^\]]*)?\]/;
/** Minutes, seconds, milliseconds and microseconds since the start. */
const SINCE_START = /^(\d+)\.(\d\d)\.(\d{3})\.(\d{3}) [A-Z] /;
/** A year with a 29 February, for dates without one. */
const ANY_YEAR = '1972';

/** The time an engine puts into its line; null where it puts none. */
export function readEngineTime(line: string): Stamp | null {
  const [, minutes, seconds, ms, us] = SINCE_START.exec(line) ?? [];
  if (minutes !== undefined)
    return {
      us: Number(minutes) * 60e6 + Number(seconds) * 1e6 + Number(ms) * 1000 + Number(us),
      zoned: false,
      undated: 'start',
    };
  const bracketed = BRACKETED.exec(line)?.[1];
  if (bracketed !== undefined) return parseAnyStamp(bracketed);
  const [, year, month, day, time, fraction] = LEVEL.exec(line) ?? [];
  if (time === undefined) return null;
  const stamp = parseAnyStamp(`${year ?? ANY_YEAR}-${month}-${day} ${time}.${fraction ?? 0}`);
  return stamp && year === undefined ? { ...stamp, undated: 'date' } : stamp;
}
