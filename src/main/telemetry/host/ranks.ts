/**
 * Resident memory of each rank of a launcher with several (torchrun, accelerate, mpirun): `rank0.rss`, `rank1.rss`, … and
 * of each process that announces something and is no rank: `process0.rss` of the first, `process4242.rss`.
 * A rank is the process it was given to and what that process started; the launcher itself belongs to none. Where the
 * workload has one rank, or none is told, `tree.rss` says all there is to say and nothing is read here. Linux alone: it
 * reads /proc, at most four times a second, on the recorder's own thread.
 */
import type { Millis } from '../../../shared/base/units';
import { FIRST_PROCESS_RSS, processIn, rankMemory } from '../../../shared/trace/series-ids';
import type { SessionClock } from '../../install/session-clock';
import type { ProcessScope, Sampler, SampleSink } from '../sampler';
import { every } from '../shared-timer';
import { ProcTree } from './proc-tree';

const FASTEST_MS: Millis = 250;

export class RankSampler implements Sampler {
  readonly id = 'ranks';
  readonly #tree = new ProcTree();
  readonly #scope: ProcessScope;
  readonly #intervalMs: Millis;
  #end: (() => void) | null = null;

  constructor({
    scope,
    intervalMs,
  }: { readonly scope: ProcessScope; readonly intervalMs: Millis }) {
    this.#scope = scope;
    this.#intervalMs = Math.max(FASTEST_MS, intervalMs);
  }

  async start(sink: SampleSink, clock: SessionClock): Promise<void> {
    if (process.platform !== 'linux') return;
    const tree = this.#tree;
    this.#end = every(this.#intervalMs, () => {
      const groups = byRank(this.#scope.ranks?.() ?? new Map());
      tree.keepOnly(groups.size < 2 ? [] : [...groups.values()].flat());
      if (groups.size < 2) return;
      const ranks = [...groups.keys()].some((rank) => rank > 0 && processIn(rank) === null);
      for (const [rank, pids] of groups) {
        const id = rank === 0 && !ranks ? FIRST_PROCESS_RSS : rankMemory(rank);
        const memory = tree.memory(pids);
        sink.declare({
          id,
          source: 'host',
          metric: 'rss',
          unit: 'bytes',
          windowUs: null,
          intervalUs: this.#intervalMs * 1000,
        });
        if (memory.kind === 'absent') sink.push(id, clock.now(), memory);
        else if (memory.processes > 0)
          sink.push(id, clock.now(), { kind: 'ok', value: memory.rss });
      }
    });
  }

  async stop(): Promise<void> {
    this.#end?.();
    this.#tree.keepOnly([]);
  }
}

function byRank(ranks: ReadonlyMap<number, number>): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const [pid, rank] of ranks) groups.set(rank, [...(groups.get(rank) ?? []), pid]);
  return groups;
}
