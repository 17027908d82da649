/**
 * `nvidia-smi pmon -s m -c 1`: memory per process, graphics processes included. `--query-compute-apps` lists compute
 * contexts alone, so that a Vulkan or OpenGL program is seen only here. Pure.
 */
import { MiB } from '../../shared/base/units';
import type { Reading } from '../../shared/base/vocabulary';

export interface MonitoredProcess {
  readonly gpuIndex: number;
  readonly pid: number;
  /** Bytes; pmon prints MiB. */
  readonly memory: Reading;
}

/** Null when the text is no such table. Columns are found by the header, since drivers add to them. */
export function parsePmon(text: string): MonitoredProcess[] | null {
  const lines = text.split('\n').map((line) => line.trim());
  const header = lines
    .find((line) => /^#\s*gpu\b/i.test(line))
    ?.replace(/^#\s*/, '')
    .toLowerCase()
    .split(/\s+/);
  if (!header) return null;
  const [gpu, pid, fb] = ['gpu', 'pid', 'fb'].map((name) => header.indexOf(name)) as [
    number,
    number,
    number,
  ];
  if (gpu < 0 || pid < 0 || fb < 0) return null;
  return lines.flatMap((line) => {
    const cells = line.split(/\s+/);
    if (!/^\d+$/.test(cells[gpu] ?? '') || !/^\d+$/.test(cells[pid] ?? '')) return [];
    const memory: Reading = /^\d+$/.test(cells[fb] ?? '')
      ? { kind: 'ok', value: Number(cells[fb]) * MiB }
      : { kind: 'absent', reason: 'hidden' };
    return [{ gpuIndex: Number(cells[gpu]), pid: Number(cells[pid]), memory }];
  });
}
