/**
 * What the reader knows of each GPU while it reads: which device answers for it, and of every counter whether it still
 * gives values. Built once for a recording; the series are numbered as `seriesTable` lists them.
 */
import type { Micros, Millis } from '../../../shared/base/units';
import type { AbsentReason } from '../../../shared/base/vocabulary';
import {
  gpuSeries,
  migDevice,
  migMetric,
  SAMPLER_READ,
  usedMemory,
} from '../../../shared/trace/series-ids';
import {
  type BufferedCounter,
  type Counter,
  counterPeriod,
  listBuffered,
  listCounters,
  MEMORY,
  type SampledGpu,
  seriesTable,
} from './counters';
import type { NvmlDevice } from './device';
import { Refresh } from './refresh';

export interface GpuState {
  readonly gpu: SampledGpu;
  device: NvmlDevice | null;
  /** Why there is no device. */
  down: AbsentReason;
  readonly memory: CounterState;
  /** All but memory. */
  readonly counters: readonly CounterState[];
  readonly buffers: readonly BufferState[];
  readonly mig: readonly MigState[];
  /** Why its processes are not listed any more. */
  processes: AbsentReason | null;
}

/** What is known of anything that gives readings. */
export interface ReadableState {
  /** As warnings call it. */
  readonly name: string;
  /** Numbers of its series, the first and the others. */
  readonly series: readonly [number, ...number[]];
  /** Why it is not read any more. */
  ended: AbsentReason | null;
  /** Whether it ever gave a value: what it refuses then, it refuses for a while. */
  answered: boolean;
  /** When and why it was absent last; null since its last value. */
  absent: { readonly t: Micros; readonly reason: AbsentReason } | null;
}

export interface CounterState extends ReadableState {
  readonly counter: Counter;
  before: { readonly t: Micros; readonly value: number } | null;
  /** One for each series, where repetitions are to be recognized. */
  readonly renewals: readonly Refresh[];
  /** The pace that was made known of its series. */
  paceUs: Micros | null;
}

export interface BufferState extends ReadableState {
  readonly buffer: BufferedCounter;
  /** Time of the last reading, and times between readings by the driver's stamps. */
  at: Micros;
  readonly apart: number[];
  /** The pace that was made known of its series. */
  paceUs: Micros | null;
}

export interface MigState extends ReadableState {
  readonly uuid: string;
  device: NvmlDevice | null;
}

export interface ReaderState {
  readonly gpus: readonly GpuState[];
  /** How many series batches speak of, and the number of the one that holds the cost of a read. */
  readonly seriesCount: number;
  readonly costSeries: number;
}

export function createReaderState(gpus: readonly SampledGpu[], intervalMs: Millis): ReaderState {
  const numbers = new Map(seriesTable(gpus, intervalMs).map(({ id }, number) => [id, number]));
  const findNumber = (id: string): number => {
    const number = numbers.get(id);
    if (number === undefined) throw new Error(`no series ${id}`);
    return number;
  };
  return {
    gpus: gpus.map((gpu) => createGpuState(gpu, intervalMs, findNumber)),
    seriesCount: numbers.size,
    costSeries: findNumber(SAMPLER_READ),
  };
}

function createGpuState(
  gpu: SampledGpu,
  intervalMs: Millis,
  findNumber: (id: string) => number,
): GpuState {
  const track = ({ metrics: [first, ...others] }: Counter | BufferedCounter): ReadableState =>
    unread(first, [
      findNumber(gpuSeries(gpu.index, first)),
      ...others.map((metric) => findNumber(gpuSeries(gpu.index, metric))),
    ]);
  const trackCounter = (counter: Counter): CounterState => ({
    ...track(counter),
    counter,
    before: null,
    renewals: createRenewals(counter, intervalMs),
    paceUs: null,
  });
  return {
    gpu,
    device: null,
    down: 'not_read',
    processes: null,
    memory: trackCounter(MEMORY),
    counters: listCounters(gpu)
      .filter((counter) => counter !== MEMORY)
      .map(trackCounter),
    buffers: listBuffered(gpu).map((buffer) => ({
      ...track(buffer),
      buffer,
      at: 0,
      apart: [],
      paceUs: null,
    })),
    mig: (gpu.mig ?? []).map(({ slot, uuid }) => ({
      ...unread(migMetric(slot, 'memory.used'), [
        findNumber(usedMemory(migDevice(gpu.index, slot))),
      ]),
      uuid,
      device: null,
    })),
  };
}

const unread = (name: string, series: ReadableState['series']): ReadableState => ({
  name,
  series,
  ended: null,
  answered: false,
  absent: null,
});

/** None where a counter is renewed at least about as often as it is read: every reading is a new one then. */
function createRenewals(counter: Counter, intervalMs: Millis): Refresh[] {
  const { metrics, renewedMs } = counter;
  const readUs = counterPeriod(counter, intervalMs) * 1000;
  if (renewedMs === undefined || readUs > 1.5 * renewedMs * 1000) return [];
  return metrics.map(() => new Refresh(readUs, renewedMs * 1000));
}
