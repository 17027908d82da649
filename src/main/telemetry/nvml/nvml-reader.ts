/**
 * Reads every GPU in turn until asked to stop. Runs on a thread of its own, which it blocks (see SamplingLoop).
 *
 * A GPU that is lost, or a driver that goes away, becomes a gap with its reason; NVML is loaded anew, with growing
 * pauses, until every GPU answers again. Each kind of trouble is warned of once.
 */
import type { Micros, Millis } from '../../../shared/base/units';
import type { AbsentReason } from '../../../shared/base/vocabulary';
import { DEVICE_METRICS, type DeviceMetric } from '../../../shared/trace/metrics';
import type { LearntOfSeries } from '../sampler';
import { type NativeSleep, SamplingLoop } from '../thread/loop';
import { explainCode, FUNCTION_NOT_FOUND, GPU_NOT_FOUND, type NvmlFault, SUCCESS } from './codes';
import type { Loader } from './library';
import type { NvmlMessage, NvmlTask, ProcessAnswer, ProcessLists } from './messages';
import { type OpenedNvml, openNvml } from './opened';
import { readProcesses } from './probe';
import {
  type BufferState,
  type CounterState,
  createReaderState,
  type GpuState,
  type MigState,
  type ReadableState,
} from './reader-state';
import { listReadTasks } from './reader-tasks';

type Post = (message: NvmlMessage, transfer?: ArrayBuffer[]) => void;

/** A lasting absence is reported at most this often. */
const REPEAT_US: Micros = 1_000_000;
/** A driver that has answered for so long is sound: the next trouble is a new one, and the pauses start over. */
const STEADY_US: Micros = 5_000_000;
/** A driver that had nothing new for so long does not sample any more. */
const STALE_US: Micros = 5_000_000;
/** Readings of a buffer after which the time between two is known. */
const ENOUGH = 20;
/** A pace that was made known holds while the measured one is within this share of it. */
const SAME = 0.15;

export class NvmlReader {
  readonly #task: NvmlTask;
  readonly #loader: Loader;
  readonly #post: Post;
  readonly #loop: SamplingLoop;
  readonly #gpus: readonly GpuState[];
  readonly #costSeries: number;
  readonly #out = new Float64Array(3);
  readonly #warned = new Set<string>();
  /** Handed over with the next batch. */
  readonly #processAnswers: ProcessAnswer[] = [];
  #nvml: OpenedNvml | null = null;
  #pauseMs: Millis;
  #reopenAt: Micros | null = null;
  #openedAt: Micros = 0;
  #startedAt: Micros = 0;
  #readUs: Micros = 0;
  #reads = 0;

  constructor(task: NvmlTask, loader: Loader, post: Post, sleep: NativeSleep | null = null) {
    this.#task = task;
    this.#loader = loader;
    this.#post = post;
    this.#pauseMs = task.firstPauseMs;
    const { gpus, seriesCount, costSeries } = createReaderState(task.gpus, task.intervalMs);
    this.#gpus = gpus;
    this.#costSeries = costSeries;
    this.#loop = new SamplingLoop(
      task,
      seriesCount,
      (batch, transfer) => post({ ...batch, processes: this.#processAnswers.splice(0) }, transfer),
      sleep,
    );
  }

  run(): void {
    this.#startedAt = this.#loop.now();
    this.#open(this.#startedAt);
    const tasks = listReadTasks(this.#gpus, this.#task, this.#loop.now(), {
      memory: (now) => this.#readMemory(now),
      maintain: (now) => this.#maintain(now),
      cost: (now) => this.#reportCost(now),
      migMemory: (state, mig) => this.#readMigMemory(state, mig),
      counter: (state, counter) => this.#read(state, counter),
      buffer: (state, buffer, now) => this.#readBuffer(state, buffer, now),
      processes: (state) => this.#readProcesses(state),
    });
    this.#loop.run(tasks, ({ name, series }, medianUs, periodUs) => {
      this.#warn(
        `slow ${name}`,
        `NVML takes ${medianUs} µs for ${name}; it is read every ${periodUs / 1000} ms, so that the driver is not kept busy.`,
      );
      if (series.length > 0) this.#learn(series, { intervalUs: periodUs });
    });
    this.#nvml?.close();
  }

  /** The time of each reading is the end of one read and the beginning of the next. */
  #readMemory(now: Micros): void {
    let begin = now;
    for (const state of this.#gpus) {
      const end = this.#read(state, state.memory);
      if (end !== null) {
        this.#readUs += end - begin;
        this.#reads++;
      }
      begin = end ?? this.#loop.now();
    }
  }

  #reportCost(now: Micros): void {
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
    if (each.counter.rate) this.#pushRise(each, t, out[0]!);
    else if (each.renewals.length > 0) this.#pushRenewed(each, t, out);
    else
      for (let i = 0; i < each.series.length; i++)
        this.#loop.batch.value(each.series[i]!, t, out[i]!);
    return t;
  }

  #pushRise(each: CounterState, t: Micros, value: number): void {
    const { before } = each;
    each.before = { t, value };
    if (before && t > before.t && value >= before.value)
      this.#loop.batch.value(
        each.series[0],
        t,
        Math.round(((value - before.value) * 1e6) / (t - before.t)),
      );
  }

  /** A counter that the driver renews now and then: repetitions are left out, and its pace is made known once it shows. */
  #pushRenewed(each: CounterState, t: Micros, out: Float64Array): void {
    for (const [i, renewal] of each.renewals.entries()) {
      if (renewal.offer(t, out[i]!)) this.#loop.batch.value(each.series[i]!, t, out[i]!);
    }
    const periodUs = each.renewals[0]?.periodUs ?? null;
    if (periodUs === null || isSame(each.paceUs, periodUs)) return;
    each.paceUs = periodUs;
    this.#learnPace(each, each.counter.metrics[0], periodUs, 'as the changes of its value show');
  }

  /** What the driver has sampled since the last look. What it did before the recording began is passed over. */
  #readBuffer(state: GpuState, each: BufferState, now: Micros): void {
    if (!state.device || each.ended) return;
    const from = each.at;
    const code = state.device.samples(each.buffer.type, (agoUs, value) => {
      const t = now - agoUs;
      if (t <= each.at || t < this.#startedAt) return;
      if (each.at > 0 && each.apart.length < 4 * ENOUGH) each.apart.push(t - each.at);
      each.at = t;
      this.#loop.batch.value(each.series[0], t, Math.round(value * each.buffer.factor));
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
    if (each.paceUs !== null || each.apart.length < ENOUGH) return;
    each.paceUs = each.apart.sort((a, b) => a - b)[each.apart.length >> 1]!;
    this.#learnPace(each, each.buffer.metrics[0], each.paceUs, 'by its own stamps');
  }

  /** Utilization averages over what passed since it was renewed last. Other windows stay: the driver does not look all the time. */
  #learnPace({ series }: ReadableState, metric: DeviceMetric, periodUs: Micros, how: string): void {
    const { about, windowUs } = DEVICE_METRICS[metric];
    const averages = metric.endsWith('utilization') && windowUs !== null;
    this.#learn(series, {
      intervalUs: periodUs,
      ...(averages && { windowUs: periodUs }),
      about: `${about}; the driver renews it every ${Math.round(periodUs / 1000)} ms, ${how}`,
    });
  }

  #readMigMemory(state: GpuState, each: MigState): void {
    if (!state.device || each.ended) return;
    const t = this.#loop.now();
    const code = each.device ? each.device.memory(this.#out) : GPU_NOT_FOUND;
    if (code !== SUCCESS) {
      this.#failed(state, each, t, explainCode(code));
      return;
    }
    each.absent = null;
    each.answered = true;
    this.#loop.batch.value(each.series[0], t, this.#out[0]!);
  }

  #failed(state: GpuState, each: ReadableState, t: Micros, fault: NvmlFault): void {
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
  #loses(state: GpuState, each: ReadableState | null, { scope }: NvmlFault): boolean {
    return (
      (scope === 'device' || scope === 'library') &&
      (each === state.memory || state.memory.ended !== null)
    );
  }

  /** A lasting absence is reported at most once a second, however often a read was tried. */
  #absent(each: ReadableState, t: Micros, reason: AbsentReason): void {
    if (each.absent?.reason === reason && t - each.absent.t < REPEAT_US) return;
    each.absent = { t, reason };
    for (const series of each.series) this.#loop.batch.absent(series, t, reason);
  }

  #readProcesses(state: GpuState): void {
    const { index } = state.gpu;
    const push = (answer: ProcessLists | AbsentReason) =>
      this.#processAnswers.push({ gpuIndex: index, t: this.#loop.now(), answer });
    if (!state.device || state.processes) {
      push(state.processes ?? state.down);
      return;
    }
    const { code, answer } = readProcesses(state.device);
    push(answer);
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
      this.#reportDown(state, t);
    }
    const [only, ...others] = states;
    const which = only && others.length === 0 ? `GPU ${only.gpu.index}` : 'every GPU';
    this.#warn(
      `${which} ${fault.code}`,
      `NVML says of ${which} that ${fault.text}. ${fault.remedy} Until it answers again it is not read.`,
    );
    if (t - this.#openedAt > STEADY_US) this.#pauseMs = this.#task.firstPauseMs;
    this.#reopenAt ??= t + this.#pauseMs * 1000;
  }

  #reportDown(state: GpuState, t: Micros): void {
    for (const each of [state.memory, ...state.counters]) {
      each.before = null;
      for (const renewal of each.renewals) renewal.forget();
    }
    for (const each of [state.memory, ...state.counters, ...state.buffers, ...state.mig])
      if (!each.ended) this.#absent(each, t, state.down);
  }

  /** Repeats what is absent, so that a gap shows while it lasts, and opens the library again when its pause is over. */
  #maintain(now: Micros): void {
    if (this.#reopenAt !== null && now >= this.#reopenAt) this.#open(now);
    for (const state of this.#gpus) if (!state.device) this.#reportDown(state, now);
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
    for (const state of this.#gpus) if (!state.device) this.#reportDown(state, now);
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.#task.maxPauseMs);
    this.#reopenAt = this.#loop.now() + this.#pauseMs * 1000;
  }

  #learn(series: readonly number[], learnt: LearntOfSeries): void {
    this.#post({ kind: 'learnt', series, learnt });
  }

  #warn(key: string, text: string): void {
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
    this.#post({ kind: 'warning', text });
  }
}

const isSame = (known: Micros | null, now: Micros): boolean =>
  known !== null && Math.abs(now - known) < SAME * known;
