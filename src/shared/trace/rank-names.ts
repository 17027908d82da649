/** What those that announce something are called: ranks of a process group, or processes that are none. */
import { processIn } from './series-ids';

/** "rank 2", "process 4242"; the first process has no number where the others are no ranks. */
export function rankName(rank: number, among: Iterable<number>): string {
  const pid = processIn(rank);
  if (pid !== null) return `process ${pid}`;
  return rank === 0 && areProcesses(among) ? 'first process' : `rank ${rank}`;
}

/** Whether none but the first of these can be a rank. */
export function areProcesses(ranks: Iterable<number>): boolean {
  const beside = [...ranks].filter((rank) => rank !== 0);
  return beside.length > 0 && beside.every((rank) => processIn(rank) !== null);
}
