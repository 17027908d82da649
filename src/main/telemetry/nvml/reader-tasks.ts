/**
 * What the reader does periodically, as tasks of its schedule. Memory of all GPUs is one task and the only urgent one;
 * slow reads are apart for each GPU and begin at different moments, so that none keeps memory waiting for all the others.
 */
import type { Micros, Millis } from '../../../shared/base/units';
import { onGrid } from '../thread/loop';
import type { Task } from '../thread/schedule';
import { BUFFER_MS, counterPeriod, MEMORY } from './counters';
import type { NvmlTask } from './messages';
import type { BufferState, CounterState, GpuState, MigState } from './reader-state';

export interface ReadTask extends Task {
  /** Numbers of the series that it feeds. */
  readonly series: readonly number[];
}

/** What the reader can be asked for. */
export interface Reads {
  memory(now: Micros): void;
  /** Opens the library again when it is time, and repeats what is absent. */
  maintain(now: Micros): void;
  /** What the reads of memory took since the last call. */
  cost(now: Micros): void;
  migMemory(state: GpuState, mig: MigState): void;
  counter(state: GpuState, counter: CounterState): void;
  buffer(state: GpuState, buffer: BufferState, now: Micros): void;
  processes(state: GpuState): void;
}

const MAINTENANCE_MS: Millis = 200;
const COST_MS: Millis = 1000;

/** Ranks of the schedule: 0 is urgent. */
const RANKS = { memory: 0, maintenance: 1, migMemory: 1, counter: 2, processes: 3, cost: 4 };

/** `start`: the session time from which tasks lie on the grid. */
export function listReadTasks(
  gpus: readonly GpuState[],
  { intervalMs, processMs }: Pick<NvmlTask, 'intervalMs' | 'processMs'>,
  start: Micros,
  reads: Reads,
): ReadTask[] {
  const memoryMs = counterPeriod(MEMORY, intervalMs);
  /** `part`: of its period, by which a task begins later than others with the same period. */
  const plan = (
    periodMs: Millis,
    part: number,
    task: Pick<ReadTask, 'name' | 'rank' | 'run'> & Partial<ReadTask>,
  ): ReadTask => ({
    series: [],
    ...task,
    periodUs: periodMs * 1000,
    firstUs: onGrid(start, periodMs * 1000, part),
  });
  const ofAll = [
    plan(memoryMs, 0, {
      name: 'the memory counters',
      rank: RANKS.memory,
      series: gpus.flatMap(({ memory }) => memory.series),
      run: reads.memory,
    }),
    plan(MAINTENANCE_MS, 0, { name: 'upkeep', rank: RANKS.maintenance, run: reads.maintain }),
    plan(COST_MS, 1, { name: 'the cost', rank: RANKS.cost, run: reads.cost }),
  ];
  const ofEach = gpus.flatMap((state, position) => {
    const part = position / gpus.length;
    return [
      ...state.mig.map((mig) =>
        plan(memoryMs, part, {
          name: mig.name,
          rank: RANKS.migMemory,
          series: mig.series,
          run: () => reads.migMemory(state, mig),
        }),
      ),
      ...state.counters.map((counter) =>
        plan(counterPeriod(counter.counter, intervalMs), part, {
          name: counter.name,
          rank: RANKS.counter,
          series: counter.series,
          run: () => reads.counter(state, counter),
        }),
      ),
      ...state.buffers.map((buffer) =>
        plan(Math.max(BUFFER_MS, intervalMs), part, {
          name: `samples of ${buffer.name}`,
          rank: RANKS.counter,
          run: (now) => reads.buffer(state, buffer, now),
        }),
      ),
      plan(processMs, part, {
        name: 'the process lists',
        rank: RANKS.processes,
        run: () => reads.processes(state),
      }),
    ];
  });
  return [...ofAll, ...ofEach];
}
