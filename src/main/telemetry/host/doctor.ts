/** Whether processes of this machine can be measured, and how fast: Plumbline reads itself, as it would a workload. */
import type { Millis } from '../../../shared/base/units';
import { type Check, failed, formatDuration, passed } from '../doctor/checks';
import type { Examination } from '../source';
import { ProcTree } from './proc-tree';

const FASTEST_MS: Millis = 10;
const ROUNDS = 20;

export async function examineHost(): Promise<Examination> {
  const check = process.platform === 'linux' ? checkProc() : await checkTable();
  return { answers: check.ok, checks: [check], gpuChecks: [], gpus: [] };
}

const readable = (found: string): Check =>
  passed('host', `memory and CPU of processes are read from ${found}`);
const unreadable = (found: string): Check =>
  failed(
    'host',
    found,
    'Run Plumbline as a user who may list processes; without it only the framework and the GPU are measured.',
  );

function checkProc(): Check {
  const tree = new ProcTree();
  const first = tree.memory([process.pid]);
  if (first.kind !== 'ok' || first.processes !== 1)
    return unreadable('/proc does not show the memory of processes');
  const before = performance.now();
  for (let i = 0; i < ROUNDS; i++) tree.memory([process.pid]);
  const tookMs = performance.now() - before;
  tree.keepOnly([]);
  return readable(
    `/proc, up to ${1000 / FASTEST_MS} times a second (${formatDuration((tookMs / ROUNDS) * 1000)} a process)`,
  );
}

async function checkTable(): Promise<Check> {
  try {
    const { processes } = await import('systeminformation');
    const before = performance.now();
    const { list } = await processes();
    const tookMs = Math.round(performance.now() - before);
    return list.some(({ pid }) => pid === process.pid)
      ? readable(`the process table, once a second (${tookMs} ms a read)`)
      : unreadable('the process table does not show processes');
  } catch {
    return unreadable('the process table could not be read');
  }
}
