/**
 * Reads every GPU in turn until asked to stop. Runs on a thread of its own, which it blocks (see SamplingLoop).
 *
 * A GPU that is lost, or a driver that goes away, becomes a gap with its reason; NVML is loaded anew, with growing
 * pauses, until every GPU answers again. Each kind of trouble is warned of once.
 */
import type { Micros } from '../../../shared/units';
import type { AbsentReason } from '../../../shared/vocabulary';
import { faultOf, type NvmlFault, SUCCESS } from './codes';
import { type Counter, countersOf, MEMORY, periodOf, READ_COST, type SampledGpu, seriesTable } from './counters';
import type { NvmlDevice } from './device';
import type { Loader } from './library';
import { SamplingLoop } from '../thread/loop';
import type { Task } from '../thread/schedule';
import type { NvmlMessage, NvmlTask, ProcessLists } from './messages';
import { openNvml, type OpenedNvml } from './opened';
import { readProcesses } from './probe';

type Post = (message: NvmlMessage, transfer?: ArrayBuffer[]) => void;

const REPEAT_US: Micros = 1_000_000;
const STEADY_US: Micros = 5_000_000;

interface GpuState {
  readonly gpu: SampledGpu;
  device: NvmlDevice | null;
  /** Why there is no device. */
  down: AbsentReason;
  readonly counters: CounterState[];
  processes: AbsentReason | null;
}

interface CounterState {
  readonly counter: Counter;
  /** Number of its first series. */
  readonly series: number;
  /** Why it is not read any more. */
  ended: AbsentReason | null;
  /** When and why it was absent last; null since its last value. */
  absent: { readonly t: Micros; readonly reason: AbsentReason } | null;
  before: { readonly t: Micros; readonly value: number } | null;
}

export class Sampling {
  readonly #task: NvmlTask;
  readonly #loader: Loader;
  readonly #post: Post;
  readonly #loop: SamplingLoop;
  readonly #gpus: GpuState[];
  readonly #costSeries: number;
  readonly #out = new Float64Array(2);
  readonly #warned = new Set<string>();
  #nvml: OpenedNvml | null = null;
  #pauseMs: number;
  #reopenAt: Micros | null = null;
  #openedAt: Micros = 0;
  #readUs = 0;
  #reads = 0;

  constructor(task: NvmlTask, loader: Loader, post: Post) {
    this.#task = task;
    this.#loader = loader;
    this.#post = post;
    this.#pauseMs = task.firstPauseMs;
    const table = seriesTable(task.gpus, task.intervalMs).map(({ id }) => id);
    this.#loop = new SamplingLoop(task, table.length, post);
    this.#costSeries = table.indexOf(READ_COST.id);
    this.#gpus = task.gpus.map((gpu) => ({
      gpu, device: null, down: 'not_read', processes: null,
      counters: countersOf(gpu).map((counter) => ({ counter, series: table.indexOf(`gpu${gpu.index}.${counter.series[0]!.metric}`), ended: null, absent: null, before: null })),
    }));
  }

  run(): void {
    this.#open(this.#loop.now());
    this.#loop.run(this.#tasks(this.#loop.now()), ({ name }, medianUs, periodUs) => {
      this.#warn(`slow ${name}`, `NVML takes ${medianUs} µs for ${name}; it is read every ${periodUs / 1000} ms, so that the driver is not kept busy.`);
    });
    this.#nvml?.close();
  }

  /** Slow reads are apart for each GPU and begin apart, so that none keeps memory waiting for all the others. */
  #tasks(start: Micros): Task[] {
    const { intervalMs, processMs } = this.#task;
    const memory: Task = { name: 'the memory counters', rank: 0, periodUs: periodOf(MEMORY, intervalMs) * 1000, firstUs: start, run: (now) => this.#memory(now) };
    const upkeep: Task = { name: 'upkeep', rank: 1, periodUs: 100_000, firstUs: start, run: (now) => this.#upkeep(now) };
    const cost: Task = { name: 'the cost', rank: 4, periodUs: REPEAT_US, firstUs: start + REPEAT_US, run: (now) => this.#cost(now) };
    const slow = this.#gpus.flatMap((state, position): Task[] => {
      const apart = (periodUs: Micros) => start + Math.round((periodUs * position) / this.#gpus.length);
      const counters = state.counters.filter(({ counter }) => counter !== MEMORY).map((each): Task => {
        const periodUs = periodOf(each.counter, intervalMs) * 1000;
        return { name: each.counter.series[0]!.metric, rank: 2, periodUs, firstUs: apart(periodUs), run: () => this.#read(state, each) };
      });
      const processes: Task = { name: 'the process lists', rank: 3, periodUs: processMs * 1000, firstUs: apart(processMs * 1000), run: () => this.#processes(state) };
      return [...counters, processes];
    });
    return [memory, upkeep, cost, ...slow];
  }

  /** One look at the clock after each read is the end of one and the beginning of the next. */
  #memory(now: Micros): void {
    let begin = now;
    for (const state of this.#gpus) {
      const read = this.#read(state, state.counters[0]!);
      const end = this.#loop.now();
      if (read) {
        this.#readUs += end - begin;
        this.#reads++;
      }
      begin = end;
    }
  }

  #cost(now: Micros): void {
    if (this.#reads > 0) this.#loop.batch.value(this.#costSeries, now, Math.round(this.#readUs / this.#reads));
    this.#readUs = 0;
    this.#reads = 0;
  }

  /** Whether there is a new value. */
  #read(state: GpuState, each: CounterState): boolean {
    if (!state.device || each.ended) return false;
    const out = this.#out;
    const code = each.counter.read(state.device, out);
    const t = this.#loop.now();
    if (code !== SUCCESS) {
      this.#failed(state, each, t, faultOf(code));
      return false;
    }
    each.absent = null;
    if (each.counter.rate) {
      const { before } = each;
      each.before = { t, value: out[0]! };
      if (before && t > before.t && out[0]! >= before.value) this.#loop.batch.value(each.series, t, Math.round(((out[0]! - before.value) * 1e6) / (t - before.t)));
      return true;
    }
    for (let i = 0; i < each.counter.series.length; i++) this.#loop.batch.value(each.series + i, t, out[i]!);
    return true;
  }

  #failed(state: GpuState, each: CounterState, t: Micros, fault: NvmlFault): void {
    const { index } = state.gpu;
    if (this.#loses(state, each, fault)) {
      this.#lose(fault.scope === 'library' ? this.#gpus : [state], t, fault);
      return;
    }
    this.#absent(each, t, fault.reason);
    if (fault.scope === 'counter') each.ended = fault.reason;
    // That a product lacks a sensor is no trouble: the series itself says so.
    if (fault.reason !== 'not_supported') this.#warn(`${index} ${each.counter.series[0]!.metric} ${fault.code}`, `NVML says of ${each.counter.series[0]!.metric} of GPU ${index} that ${fault.text}. ${fault.remedy}`);
  }

  /** Memory speaks for the GPU, where it can be read: one sensor in trouble is no reason to open everything anew. */
  #loses(state: GpuState, each: CounterState | null, { scope }: NvmlFault): boolean {
    return (scope === 'device' || scope === 'library') && (each?.counter === MEMORY || state.counters[0]!.ended !== null);
  }

  /** A lasting absence is told at most once a second, however often it was tried to read. */
  #absent(each: CounterState, t: Micros, reason: AbsentReason): void {
    if (each.absent?.reason === reason && t - each.absent.t < REPEAT_US) return;
    each.absent = { t, reason };
    for (let i = 0; i < each.counter.series.length; i++) this.#loop.batch.absent(each.series + i, t, reason);
  }

  #processes(state: GpuState): void {
    const { index } = state.gpu;
    const post = (answer: ProcessLists | AbsentReason) => this.#post({ kind: 'processes', gpuIndex: index, t: this.#loop.now(), answer });
    if (!state.device || state.processes) {
      post(state.processes ?? state.down);
      return;
    }
    const { code, answer } = readProcesses(state.device);
    post(answer);
    if (code === SUCCESS) return;
    const fault = faultOf(code);
    if (this.#loses(state, null, fault)) {
      this.#lose(fault.scope === 'library' ? this.#gpus : [state], this.#loop.now(), fault);
      return;
    }
    if (fault.scope === 'counter') state.processes = fault.reason;
    this.#warn(`${index} processes ${code}`, `NVML says of the processes on GPU ${index} that ${fault.text}. ${fault.remedy}`);
  }

  #lose(states: readonly GpuState[], t: Micros, fault: NvmlFault): void {
    for (const state of states) {
      state.device = null;
      state.down = fault.reason;
      this.#tellDown(state, t);
    }
    const which = states.length === 1 ? `GPU ${states[0]!.gpu.index}` : 'every GPU';
    this.#warn(`${which} ${fault.code}`, `NVML says of ${which} that ${fault.text}. ${fault.remedy} Until it answers again it is not read.`);
    if (t - this.#openedAt > STEADY_US) this.#pauseMs = this.#task.firstPauseMs;
    this.#reopenAt ??= t + this.#pauseMs * 1000;
  }

  #tellDown(state: GpuState, t: Micros): void {
    for (const each of state.counters) {
      each.before = null;
      if (!each.ended) this.#absent(each, t, state.down);
    }
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
    for (const state of this.#gpus) state.device = null;
    const answer = openNvml(this.#loader, this.#task.places);
    if (answer.ok) {
      this.#nvml = answer.nvml;
      this.#openedAt = this.#loop.now();
      for (const state of this.#gpus) {
        state.device = answer.nvml.devices.find(({ uuid }) => uuid === state.gpu.uuid)?.device ?? null;
        if (!state.device) state.down = 'lost';
      }
      const missing = this.#gpus.filter(({ device }) => device === null);
      if (missing.length === 0) return;
      for (const { gpu } of missing) {
        const fault = answer.nvml.failed.find(({ index }) => index === gpu.index)?.fault;
        this.#warn(`GPU ${gpu.index} ${fault?.code ?? 'missing'}`, fault
          ? `NVML says of GPU ${gpu.index} that ${fault.text}. ${fault.remedy} Until it answers again it is not read.`
          : `NVML no longer lists GPU ${gpu.index}. Check that it is seated and powered.`);
      }
    } else {
      for (const state of this.#gpus) state.down = answer.fault?.reason ?? 'not_read';
      this.#warn(`open ${answer.fault?.code ?? 'load'}`, `${answer.detail}. ${answer.fault?.remedy ?? 'Restart the machine if the driver was updated or removed.'} Until it answers again no GPU is read.`);
    }
    for (const state of this.#gpus) if (!state.device) this.#tellDown(state, now);
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.#task.maxPauseMs);
    this.#reopenAt = this.#loop.now() + this.#pauseMs * 1000;
  }

  #warn(key: string, text: string): void {
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
    this.#post({ kind: 'warning', text });
  }
}
