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

type Intervals = Pick<NvmlTask, 'intervalMs' | 'processMs'>;

const MAINTENANCE_MS: Millis = 200;
const COST_MS: Millis = 1000;

/** Ranks of the schedule: 0 is urgent. */
const RANKS = { memory: 0, maintenance: 1, migMemory: 1, counter: 2, processes: 3, cost: 4 };

/** Puts a task on the grid of its period. */
type Plan = (
  periodMs: Millis,
  task: Pick<ReadTask, 'name' | 'rank' | 'run'> & Partial<ReadTask>,
) => ReadTask;

/** `start`: the session time from which tasks lie on the grid. */
export function listReadTasks(
  gpus: readonly GpuState[],
  intervals: Intervals,
  start: Micros,
  reads: Reads,
): ReadTask[] {
  /** `part`: of its period, by which a task begins later than others with the same period. */
  const planAt =
    (part: number): Plan =>
    (periodMs, task) => ({
      series: [],
      ...task,
      periodUs: periodMs * 1000,
      firstUs: onGrid(start, periodMs * 1000, part),
    });
  const plan = planAt(0);
  return [
    plan(counterPeriod(MEMORY, intervals.intervalMs), {
      name: 'the memory counters',
      rank: RANKS.memory,
      series: gpus.flatMap(({ memory }) => memory.series),
      run: reads.memory,
    }),
    plan(MAINTENANCE_MS, { name: 'upkeep', rank: RANKS.maintenance, run: reads.maintain }),
    planAt(1)(COST_MS, { name: 'the cost', rank: RANKS.cost, run: reads.cost }),
    ...gpus.flatMap((state, position) =>
      listSlowTasks(state, intervals, reads, planAt(position / gpus.length)),
    ),
  ];
}

/** All but memory, which is read for every GPU at once. */
function listSlowTasks(
  state: GpuState,
  { intervalMs, processMs }: Intervals,
  reads: Reads,
  plan: Plan,
): ReadTask[] {
  return [
    ...state.mig.map((mig) =>
      plan(counterPeriod(MEMORY, intervalMs), {
        name: mig.name,
        rank: RANKS.migMemory,
        series: mig.series,
        run: () => reads.migMemory(state, mig),
      }),
    ),
    ...state.counters.map((counter) =>
      plan(counterPeriod(counter.counter, intervalMs), {
        name: counter.name,
        rank: RANKS.counter,
        series: counter.series,
        run: () => reads.counter(state, counter),
      }),
    ),
    ...state.buffers.map((buffer) =>
      plan(Math.max(BUFFER_MS, intervalMs), {
        name: `samples of ${buffer.name}`,
        rank: RANKS.counter,
        run: (now) => reads.buffer(state, buffer, now),
      }),
    ),
    plan(processMs, {
      name: 'the process lists',
      rank: RANKS.processes,
      run: () => reads.processes(state),
    }),
  ];
}
