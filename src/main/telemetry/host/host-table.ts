/**
 * What the process table of Windows or macOS says of a workload, from the rows systeminformation makes of it:
 *
 * - `memRss` is KiB on both (WorkingSetSize; rss of ps(1)).
 * - `cpu` on macOS is ps's own average over up to the last minute, in percent of one core.
 * - `cpu` on Windows is the share of all cores together since the table was read before; the first time there is no
 *   before, and the figure would be that since the machine started.
 *
 * A table without rows is one that could not be read, never a machine without processes. Pure.
 */
import { type Bytes, KiB } from '../../../shared/base/units';
import type { Reading } from '../../../shared/base/vocabulary';

export interface TableRow {
  readonly pid: number;
  readonly memRss: number;
  readonly cpu: number;
  /** A zombie has ended and holds nothing. */
  readonly state: string;
}

export interface TableReadings {
  readonly rss: Reading<Bytes>;
  /** Thousandths of a percent of one core; null where this look cannot tell it. */
  readonly cpu: Reading | null;
  readonly processes: number;
}

/** Null where none of the workload's processes is alive. */
export function tableReadings(
  rows: readonly TableRow[],
  pids: ReadonlySet<number>,
  system: { readonly platform: NodeJS.Platform; readonly cores: number; readonly isFirst: boolean },
): TableReadings | null {
  if (rows.length === 0) return { rss: NOT_READ, cpu: NOT_READ, processes: 0 };
  const members = rows.filter(({ pid, state }) => pids.has(pid) && state !== 'zombie');
  if (members.length === 0) return null;
  const isWindows = system.platform === 'win32';
  return {
    rss: sumReadings(members.map(({ memRss }) => memRss * KiB)),
    cpu:
      isWindows && system.isFirst
        ? null
        : sumReadings(members.map(({ cpu }) => cpu * 1000 * (isWindows ? system.cores : 1))),
    processes: members.length,
  };
}

const NOT_READ: Reading = { kind: 'absent', reason: 'not_read' };

function sumReadings(values: readonly number[]): Reading {
  const sum = values.reduce((total, value) => total + value, 0);
  return Number.isFinite(sum) && sum >= 0 ? { kind: 'ok', value: Math.round(sum) } : NOT_READ;
}
