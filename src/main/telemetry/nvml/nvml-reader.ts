/**
 * Reads every GPU in turn until asked to stop. Runs on a thread of its own, which it blocks (see SamplingLoop).
 *
 * A GPU that is lost, or a driver that goes away, becomes a gap with its reason; NVML is loaded anew, with growing
 * pauses, until every GPU answers again. Each kind of trouble is warned of once.
 */
import type { Micros, Millis } from '../../../shared/base/units';
import type { AbsentReason } from '../../../shared/base/vocabulary';
import type { LearntOfSeries } from '../sampler';
import { type NativeSleep, onGrid, SamplingLoop } from '../thread/loop';
import type { Task } from '../thread/schedule';
import { explainCode, FUNCTION_NOT_FOUND, GPU_NOT_FOUND, type NvmlFault, SUCCESS } from './codes';
import {
  BUFFER_MS,
  type Buffered,
  type Counter,
  type CounterSeries,
  countBuffers,
  counterPeriod,
  listCounters,
  MEMORY,
  migMetric,
  READ_COST,
  type SampledGpu,
  seriesTable,
} from './counters';
import type { NvmlDevice } from './device';
import type { Loader } from './library';
import type { NvmlMessage, NvmlTask, ProcessAnswer, ProcessLists } from './messages';
import { type OpenedNvml, openNvml } from './opened';
import { readProcesses } from './probe';
import { Refresh } from './refresh';

type Post = (message: NvmlMessage, transfer?: ArrayBuffer[]) => void;

const REPEAT_US: Micros = 1_000_000;
const UPKEEP_US: Micros = 200_000;
const STEADY_US: Micros = 5_000_000;

interface GpuState {
  readonly gpu: SampledGpu;
  device: NvmlDevice | null;
  /** Why there is no device. */
  down: AbsentReason;
  /** Memory first. */
  readonly counters: CounterState[];
  readonly buffers: BufferState[];
  readonly mig: MigState[];
  /** Why its processes are not listed any more. */
  processes: AbsentReason | null;
}

/** What is known of any source of readings. */
interface SourceState {
  readonly name: string;
  /** Numbers of its series. */
  readonly series: readonly number[];
  /** Why it is not read any more. */
  ended: AbsentReason | null;
  /** Whether it ever gave a value: what it refuses then, it refuses for a while. */
  answered: boolean;
  /** When and why it was absent last; null since its last value. */
  absent: { readonly t: Micros; readonly reason: AbsentReason } | null;
}

interface CounterState extends SourceState {
  readonly counter: Counter;
  before: { readonly t: Micros; readonly value: number } | null;
  /** One for each series, where repetitions are to be recognized. */
  readonly renewals: readonly Refresh[];
  toldUs: Micros | null;
}

interface BufferState extends SourceState {
  readonly buffer: Buffered;
  /** Time of the last reading, and of the driver's own between two. */
  at: Micros;
  readonly apart: number[];
  toldUs: Micros | null;
}

interface MigState extends SourceState {
  readonly uuid: string;
  device: NvmlDevice | null;
}

interface ReadTask extends Task {
  /** Numbers of the series that it feeds. */
  readonly series?: readonly number[];
}

/** A driver that had nothing new for so long does not sample any more. */
const STALE_US: Micros = 5_000_000;
/** Readings of a buffer between which the time is known before anything is said of it. */
const ENOUGH = 20;
/** What was told of a period holds while it is within this share of it. */
const SAME = 0.15;

export class NvmlReader {
  readonly #task: NvmlTask;
  readonly #loader: Loader;
  readonly #post: Post;
  readonly #loop: SamplingLoop;
  readonly #gpus: GpuState[];
  readonly #costSeries: number;
  readonly #out = new Float64Array(3);
  readonly #warned = new Set<string>();
  /** What is handed over with the next batch. */
  readonly #lists: ProcessAnswer[] = [];
  #nvml: OpenedNvml | null = null;
  #pauseMs: number;
  #reopenAt: Micros | null = null;
  #openedAt: Micros = 0;
  #startedAt: Micros = 0;
  #readUs = 0;
  #reads = 0;

  constructor(task: NvmlTask, loader: Loader, post: Post, sleep: NativeSleep | null = null) {
    this.#task = task;
    this.#loader = loader;
    this.#post = post;
    this.#pauseMs = task.firstPauseMs;
    const table = seriesTable(task.gpus, task.intervalMs).map(({ id }) => id);
    this.#loop = new SamplingLoop(
      task,
      table.length,
      (batch, transfer) => post({ ...batch, processes: this.#lists.splice(0) }, transfer),
      sleep,
    );
    this.#costSeries = table.indexOf(READ_COST.id);
    const source = (gpu: SampledGpu, metrics: readonly string[]): SourceState => ({
      name: metrics[0]!,
      series: metrics.map((metric) => table.indexOf(`gpu${gpu.index}.${metric}`)),
      ended: null,
      answered: false,
      absent: null,
    });
    const metricsOf = ({ series }: Counter | Buffered) => series.map(({ metric }) => metric);
    this.#gpus = task.gpus.map((gpu) => ({
      gpu,
      device: null,
      down: 'not_read',
      processes: null,
      counters: listCounters(gpu).map((counter) => ({
        ...source(gpu, metricsOf(counter)),
        counter,
        before: null,
        renewals: listRenewals(counter, task.intervalMs),
        toldUs: null,
      })),
      buffers: countBuffers(gpu).map((buffer) => ({
        ...source(gpu, metricsOf(buffer)),
        buffer,
        at: 0,
        apart: [],
        toldUs: null,
      })),
      mig: (gpu.mig ?? []).map(({ slot, uuid }) => ({
        ...source(gpu, [migMetric(slot)]),
        uuid,
        device: null,
      })),
    }));
  }

  run(): void {
    this.#startedAt = this.#loop.now();
    this.#open(this.#startedAt);
    this.#loop.run(this.#tasks(this.#loop.now()), (task, medianUs, periodUs) => {
      this.#warn(
        `slow ${task.name}`,
        `NVML takes ${medianUs} µs for ${task.name}; it is read every ${periodUs / 1000} ms, so that the driver is not kept busy.`,
      );
      if (task.series) this.#learnt(task.series, { intervalUs: periodUs });
    });
    this.#nvml?.close();
  }

  /** Slow reads are apart for each GPU and begin apart, so that none keeps memory waiting for all the others. */
  #tasks(start: Micros): ReadTask[] {
    const { intervalMs, processMs } = this.#task;
    const everyMemory = this.#gpus.flatMap(({ counters }) => counters[0]!.series);
    const memoryUs = counterPeriod(MEMORY, intervalMs) * 1000;
    const memory: ReadTask = {
      name: 'the memory counters',
      rank: 0,
      periodUs: memoryUs,
      firstUs: onGrid(start, memoryUs),
      series: everyMemory,
      run: (now) => this.#memory(now),
    };
    const upkeep: ReadTask = {
      name: 'upkeep',
      rank: 1,
      periodUs: UPKEEP_US,
      firstUs: onGrid(start, UPKEEP_US),
      run: (now) => this.#upkeep(now),
    };
    const cost: ReadTask = {
      name: 'the cost',
      rank: 4,
      periodUs: REPEAT_US,
      firstUs: onGrid(start, REPEAT_US, 1),
      run: (now) => this.#cost(now),
    };
    const slow = this.#gpus.flatMap((state, position): ReadTask[] => {
      const apart = (periodUs: Micros) => onGrid(start, periodUs, position / this.#gpus.length);
      const every = (
        periodMs: Millis,
        rank: number,
        { name, series }: Pick<SourceState, 'name' | 'series'>,
        run: (now: Micros) => void,
      ): ReadTask => ({
        name,
        rank,
        periodUs: periodMs * 1000,
        firstUs: apart(periodMs * 1000),
        series,
        run,
      });
      return [
        ...state.mig.map((each) =>
          every(counterPeriod(MEMORY, intervalMs), 1, each, () => this.#migMemory(state, each)),
        ),
        ...state.counters
          .slice(1)
          .map((each) =>
            every(counterPeriod(each.counter, intervalMs), 2, each, () => this.#read(state, each)),
          ),
        ...state.buffers.map((each) =>
          every(
            Math.max(BUFFER_MS, intervalMs),
            2,
            { name: `samples of ${each.name}`, series: [] },
            (now) => this.#sampled(state, each, now),
          ),
        ),
        every(processMs, 3, { name: 'the process lists', series: [] }, () =>
          this.#processes(state),
        ),
      ];
    });
    return [memory, upkeep, cost, ...slow];
  }

  /** The time of each reading is the end of one read and the beginning of the next. */
  #memory(now: Micros): void {
    let begin = now;
    for (const state of this.#gpus) {
      const end = this.#read(state, state.counters[0]!);
      if (end !== null) {
        this.#readUs += end - begin;
        this.#reads++;
      }
      begin = end ?? this.#loop.now();
    }
  }

  #cost(now: Micros): void {
    if (this.#reads > 0)
      this.#loop.batch.value(this.#costSeries, now, Math.round(this.#readUs / this.#reads));
    this.#readUs = 0;
    this.#reads = 0;
  }

  /** When a value was read; null where there is none. */
  #read(state: GpuState, each: CounterState): Micros | null {
    if (!state.device || each.ended) return null;
    const out = this.#out;
    const code = each.counter.read(state.device, out);
    const t = this.#loop.now();
    if (code !== SUCCESS) {
      this.#failed(state, each, t, explainCode(code));
      return null;
    }
    each.absent = null;
    each.answered = true;
    if (each.counter.rate) this.#rise(each, t, out[0]!);
    else if (each.renewals.length > 0) this.#renewed(each, t, out);
    else
      for (let i = 0; i < each.series.length; i++)
        this.#loop.batch.value(each.series[i]!, t, out[i]!);
    return t;
  }

  #rise(each: CounterState, t: Micros, value: number): void {
    const { before } = each;
    each.before = { t, value };
    if (before && t > before.t && value >= before.value)
      this.#loop.batch.value(
        each.series[0]!,
        t,
        Math.round(((value - before.value) * 1e6) / (t - before.t)),
      );
  }

  /** A counter that the driver renews now and then: repetitions are left out, and the pace is told once it is known. */
  #renewed(each: CounterState, t: Micros, out: Float64Array): void {
    for (const [i, renewal] of each.renewals.entries()) {
      if (renewal.offer(t, out[i]!)) this.#loop.batch.value(each.series[i]!, t, out[i]!);
    }
    const { periodUs } = each.renewals[0]!;
    if (periodUs === null || isSame(each.toldUs, periodUs)) return;
    each.toldUs = periodUs;
    this.#tellPace(each, each.counter.series[0]!, periodUs, 'as the changes of its value show');
  }

  /** What the driver has sampled since the last look. What it did before the recording began is passed over. */
  #sampled(state: GpuState, each: BufferState, now: Micros): void {
    if (!state.device || each.ended) return;
    const from = each.at;
    const code = state.device.samples(each.buffer.type, (agoUs, value) => {
      const t = now - agoUs;
      if (t <= each.at || t < this.#startedAt) return;
      if (each.at > 0 && each.apart.length < 4 * ENOUGH) each.apart.push(t - each.at);
      each.at = t;
      this.#loop.batch.value(each.series[0]!, t, Math.round(value * each.buffer.factor));
    });
    if (code !== SUCCESS) {
      this.#failed(state, each, this.#loop.now(), explainCode(code));
      return;
    }
    if (each.at > from) {
      each.absent = null;
      each.answered = true;
    } else if (now - Math.max(each.at, this.#startedAt, this.#openedAt) > STALE_US) {
      this.#absent(each, now, 'not_read');
    }
    if (each.toldUs !== null || each.apart.length < ENOUGH) return;
    each.toldUs = each.apart.sort((a, b) => a - b)[each.apart.length >> 1]!;
    this.#tellPace(each, each.buffer.series[0]!, each.toldUs, 'by its own stamps');
  }

  /** A window shorter than the pace stays: the driver does not look all the time. */
  #tellPace(
    { series }: SourceState,
    { about, windowUs, metric }: CounterSeries,
    periodUs: Micros,
    how: string,
  ): void {
    const averages = metric.endsWith('utilization') && windowUs !== null;
    this.#learnt(series, {
      intervalUs: periodUs,
      ...(averages && { windowUs: periodUs }),
      about: `${about}; the driver renews it every ${Math.round(periodUs / 1000)} ms, ${how}`,
    });
  }

  #migMemory(state: GpuState, each: MigState): void {
    if (!state.device || each.ended) return;
    const t = this.#loop.now();
    const code = each.device ? each.device.memory(this.#out) : GPU_NOT_FOUND;
    if (code !== SUCCESS) {
      this.#failed(state, each, t, explainCode(code));
      return;
    }
    each.absent = null;
    each.answered = true;
    this.#loop.batch.value(each.series[0]!, t, this.#out[0]!);
  }

  #failed(state: GpuState, each: SourceState, t: Micros, fault: NvmlFault): void {
    const { index } = state.gpu;
    if (this.#loses(state, each, fault)) {
      this.#lose(fault.scope === 'library' ? this.#gpus : [state], t, fault);
      return;
    }
    this.#absent(each, t, fault.reason);
    if (fault.scope === 'counter' && !each.answered) each.ended = fault.reason;
    // That a product lacks a sensor is no trouble: the series itself says so.
    if (fault.reason === 'not_supported' && fault.code !== FUNCTION_NOT_FOUND) return;
    // What a driver lacks it lacks for every GPU.
    const which = fault.code === FUNCTION_NOT_FOUND ? 'every GPU' : `GPU ${index}`;
    this.#warn(
      `${which} ${each.name} ${fault.code}`,
      `NVML says of ${each.name} of ${which} that ${fault.text}. ${fault.remedy}`,
    );
  }

  /** Memory speaks for the GPU, where it can be read: one sensor in trouble is no reason to open everything anew. */
  #loses(state: GpuState, each: SourceState | null, { scope }: NvmlFault): boolean {
    return (
      (scope === 'device' || scope === 'library') &&
      (each === state.counters[0] || state.counters[0]!.ended !== null)
    );
  }

  /** A lasting absence is told at most once a second, however often it was tried to read. */
  #absent(each: SourceState, t: Micros, reason: AbsentReason): void {
    if (each.absent?.reason === reason && t - each.absent.t < REPEAT_US) return;
    each.absent = { t, reason };
    for (const series of each.series) this.#loop.batch.absent(series, t, reason);
  }

  #processes(state: GpuState): void {
    const { index } = state.gpu;
    const tell = (answer: ProcessLists | AbsentReason) =>
      this.#lists.push({ gpuIndex: index, t: this.#loop.now(), answer });
    if (!state.device || state.processes) {
      tell(state.processes ?? state.down);
      return;
    }
    const { code, answer } = readProcesses(state.device);
    tell(answer);
    if (code === SUCCESS) return;
    const fault = explainCode(code);
    if (this.#loses(state, null, fault)) {
      this.#lose(fault.scope === 'library' ? this.#gpus : [state], this.#loop.now(), fault);
      return;
    }
    if (fault.scope === 'counter') state.processes = fault.reason;
    this.#warn(
      `${index} processes ${code}`,
      `NVML says of the processes on GPU ${index} that ${fault.text}. ${fault.remedy}`,
    );
  }

  #lose(states: readonly GpuState[], t: Micros, fault: NvmlFault): void {
    for (const state of states) {
      state.device = null;
      state.down = fault.reason;
      this.#tellDown(state, t);
    }
    const which = states.length === 1 ? `GPU ${states[0]!.gpu.index}` : 'every GPU';
    this.#warn(
      `${which} ${fault.code}`,
      `NVML says of ${which} that ${fault.text}. ${fault.remedy} Until it answers again it is not read.`,
    );
    if (t - this.#openedAt > STEADY_US) this.#pauseMs = this.#task.firstPauseMs;
    this.#reopenAt ??= t + this.#pauseMs * 1000;
  }

  #tellDown(state: GpuState, t: Micros): void {
    for (const each of state.counters) {
      each.before = null;
      for (const renewal of each.renewals) renewal.forget();
    }
    for (const each of [...state.counters, ...state.buffers, ...state.mig])
      if (!each.ended) this.#absent(each, t, state.down);
  }

  /** Repeats what is absent, so that a gap is told while it lasts, and opens the library again when its pause is over. */
  #upkeep(now: Micros): void {
    if (this.#reopenAt !== null && now >= this.#reopenAt) this.#open(now);
    for (const state of this.#gpus) if (!state.device) this.#tellDown(state, now);
  }

  #open(now: Micros): void {
    this.#nvml?.close();
    this.#nvml = null;
    this.#reopenAt = null;
    for (const state of this.#gpus) {
      state.device = null;
      for (const each of state.mig) each.device = null;
    }
    const answer = openNvml(this.#loader, this.#task.places);
    if (answer.ok) {
      this.#nvml = answer.nvml;
      this.#openedAt = this.#loop.now();
      for (const state of this.#gpus) {
        state.device =
          answer.nvml.devices.find(({ uuid }) => uuid === state.gpu.uuid)?.device ?? null;
        if (!state.device) state.down = 'lost';
        const instances = state.mig.length > 0 ? (state.device?.migDevices() ?? []) : [];
        for (const each of state.mig)
          each.device = instances.find(({ uuid }) => uuid === each.uuid)?.device ?? null;
      }
      const missing = this.#gpus.filter(({ device }) => device === null);
      if (missing.length === 0) return;
      for (const { gpu } of missing) {
        const fault = answer.nvml.failed.find(({ index }) => index === gpu.index)?.fault;
        this.#warn(
          `GPU ${gpu.index} ${fault?.code ?? 'missing'}`,
          fault
            ? `NVML says of GPU ${gpu.index} that ${fault.text}. ${fault.remedy} Until it answers again it is not read.`
            : `NVML no longer lists GPU ${gpu.index}. Check that it is seated and powered.`,
        );
      }
    } else {
      for (const state of this.#gpus) state.down = answer.fault?.reason ?? 'not_read';
      this.#warn(
        `open ${answer.fault?.code ?? 'load'}`,
        `${answer.detail}. ${answer.fault?.remedy ?? 'Restart the machine if the driver was updated or removed.'} Until it answers again no GPU is read.`,
      );
    }
    for (const state of this.#gpus) if (!state.device) this.#tellDown(state, now);
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.#task.maxPauseMs);
    this.#reopenAt = this.#loop.now() + this.#pauseMs * 1000;
  }

  #learnt(series: readonly number[], learnt: LearntOfSeries): void {
    this.#post({ kind: 'learnt', series, learnt });
  }

  #warn(key: string, text: string): void {
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
    this.#post({ kind: 'warning', text });
  }
}

const listRenewals = (
  { series, renewedMs, ...counter }: Counter,
  intervalMs: Millis,
): Refresh[] => {
  const readUs = counterPeriod({ series, ...counter }, intervalMs) * 1000;
  return renewedMs === undefined || readUs > 1.5 * renewedMs * 1000
    ? []
    : series.map(() => new Refresh(readUs, renewedMs * 1000));
};

const isSame = (told: Micros | null, now: Micros): boolean =>
  told !== null && Math.abs(now - told) < SAME * told;
