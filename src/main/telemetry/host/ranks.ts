/**
 * Resident memory of each rank of a launcher with several (torchrun, accelerate, mpirun): `rank0.rss`, `rank1.rss`, … and
 * of each process that announces something and is no rank: `process0.rss` of the first, `process4242.rss`.
 * A rank is the process it was given to and what that process started; the launcher itself belongs to none. Where the
 * workload has one rank, or none is told, `tree.rss` says all there is to say: what is read meanwhile is held back, and
 * stored if another comes. From then on whoever is left alone is read too. Linux alone: it reads /proc, at most four times
 * a second, on the recorder's own thread.
 */
import type { Millis } from '../../../shared/base/units';
import { FIRST_PROCESS_RSS, processIn, rankMemory } from '../../../shared/trace/series-ids';
import type { SessionClock } from '../../install/session-clock';
import type { ProcessScope, Sampler, SampleSink } from '../sampler';
import { every } from '../shared-timer';
import { HeldReadings } from './held-readings';
import { ProcTree } from './proc-tree';

const FASTEST_MS: Millis = 250;

export class RankSampler implements Sampler {
  readonly id = 'ranks';
  readonly #tree = new ProcTree();
  readonly #scope: ProcessScope;
  readonly #intervalMs: Millis;
  #alone: { readonly rank: number; readonly held: HeldReadings } | null = null;
  /** Several were there at once. */
  #several = false;
  /** One that is not the first was a rank. */
  #ranks = false;
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
    this.#end = every(this.#intervalMs, () => this.#read(sink, clock));
  }

  #read(sink: SampleSink, clock: SessionClock): void {
    const groups = byRank(this.#scope.ranks?.() ?? new Map());
    this.#tree.keepOnly([...groups.values()].flat());
    this.#several ||= groups.size > 1;
    this.#ranks ||= [...groups.keys()].some((rank) => rank > 0 && processIn(rank) === null);
    for (const [rank, pids] of groups) {
      const memory = this.#tree.memory(pids);
      const t = clock.now();
      if (!this.#several) {
        if (this.#alone?.rank !== rank) this.#alone = { rank, held: new HeldReadings() };
        if (memory.kind === 'ok' && memory.processes > 0) this.#alone.held.add(t, memory.rss);
        continue;
      }
      const id = this.#declare(sink, rank);
      if (this.#alone?.rank === rank) {
        sink.pushRun(id, ...this.#alone.held.take());
        this.#alone = null;
      }
      if (memory.kind === 'absent') sink.push(id, t, memory);
      else if (memory.processes > 0) sink.push(id, t, { kind: 'ok', value: memory.rss });
    }
  }

  #declare(sink: SampleSink, rank: number): string {
    const id = rank === 0 && !this.#ranks ? FIRST_PROCESS_RSS : rankMemory(rank);
    sink.declare({
      id,
      source: 'host',
      metric: 'rss',
      unit: 'bytes',
      windowUs: null,
      intervalUs: this.#intervalMs * 1000,
    });
    return id;
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
