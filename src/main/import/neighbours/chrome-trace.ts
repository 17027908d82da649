/**
 * Chrome's trace format as PyTorch's profiler (Kineto) writes it, and as Plumbline exports it: the allocator's totals at
 * every `[memory]` event, counters of bytes, and steps and phases among the spans. Times are microseconds from
 * `baseTimeNanoseconds`, which may stand behind the events.
 */
import { isRecord } from '../../../shared/base/json';
import type { Micros } from '../../../shared/base/units';
import type { FrameworkMetric } from '../../../shared/trace/series-ids';
import type { JsonFormat, JsonItem, JsonReader } from '../protocol';
import type { TraceBuilder } from '../trace';
import { describeFramework } from './framework';
import { parsePhaseName, parseStepName } from './phase-names';
import { ExportedRows } from './plumbline-samples';

const SOURCE = 'chrome-trace';
const CUDA = 1;
/** Kineto's totals, and what Plumbline calls them. */
const TOTALS: readonly (readonly [string, FrameworkMetric])[] = [
  ['Total Allocated', 'allocated'],
  ['Total Reserved', 'reserved'],
];

export const chromeTrace: JsonFormat = {
  kind: 'chrome-trace',
  recognizes: ({ text }) =>
    /"traceEvents"\s*:/.test(text) ||
    /^\s*\[\s*\{[^{}]*"ph"\s*:\s*"/.test(text) ||
    (/"schemaVersion"/.test(text) && /"deviceProperties"/.test(text)),
  open: (trace) => new ChromeTraceReader(trace),
};

interface TraceEvent {
  readonly ph?: unknown;
  readonly name?: unknown;
  readonly cat?: unknown;
  readonly ts?: unknown;
  readonly dur?: unknown;
  readonly id?: unknown;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** How Plumbline names its counters: the series and its unit. */
const OWN_COUNTER = /^(\S+) \((\w+)\)$/;

class ChromeTraceReader implements JsonReader {
  readonly #trace: TraceBuilder;
  readonly #hostTotals: [us: Micros, allocated: number][] = [];
  #hasDevice = false;
  #rank: number | null = null;
  #memoryEvents = 0;
  /** Counters and gaps of a trace that Plumbline exported; null while none was seen. */
  #own: ExportedRows | null = null;
  readonly #gaps = new Map<unknown, { readonly t0: number; readonly reason: unknown }>();

  constructor(trace: TraceBuilder) {
    this.#trace = trace;
  }

  item({ key, value }: JsonItem): void {
    if (key === 'baseTimeNanoseconds' && typeof value === 'number')
      this.#trace.epochUs = value / 1000;
    else if (key === 'deviceProperties') this.#device(value);
    else if (key === 'distributedInfo' && isRecord(value) && typeof value.rank === 'number')
      this.#rank = value.rank;
    else if ((key === 'traceEvents' || key === null) && isRecord(value)) this.#event(value);
  }

  document(): void {}

  end(): void {
    if (!this.#hasDevice)
      for (const [us, bytes] of this.#hostTotals)
        this.#trace.point(describeFramework(SOURCE, 'allocated', 0, 'bytes on the CPU'), us, bytes);
    if (this.#memoryEvents === 0 && this.#own === null)
      this.#trace.warn(
        'The trace holds no memory events: record it with profile(profile_memory=True).',
      );
  }

  #device(value: unknown): void {
    if (!isRecord(value) || typeof value.id !== 'number') return;
    const { id, name, totalGlobalMem } = value;
    this.#trace.gpu({
      index: id,
      ...(typeof name === 'string' && { name }),
      ...(typeof totalGlobalMem === 'number' && { memoryBytes: totalGlobalMem }),
    });
  }

  #event(event: TraceEvent): void {
    const { ph, name, cat, ts, dur, args } = event;
    const us = toNumber(ts);
    if (typeof name !== 'string' || !Number.isFinite(us)) return;
    if (name === '[memory]' && isRecord(args)) this.#memory(us, args);
    else if (ph === 'C' || cat === 'absent') this.#counter(name, us, event);
    else if (ph === 'X' && cat !== 'python_function' && cat !== 'cpu_op')
      this.#span(name, us, toNumber(dur) || 0);
  }

  #memory(us: Micros, args: Readonly<Record<string, unknown>>): void {
    this.#memoryEvents++;
    if (args['Device Type'] !== CUDA) {
      if (typeof args['Total Allocated'] === 'number')
        this.#hostTotals.push([us, args['Total Allocated']]);
      return;
    }
    this.#hasDevice = true;
    const rank = this.#rank ?? Math.max(0, toNumber(args['Device Id']) || 0);
    for (const [total, metric] of TOTALS) {
      const bytes = args[total];
      if (typeof bytes === 'number')
        this.#trace.point(describeFramework(SOURCE, metric, rank), us, bytes);
    }
  }

  /** A value of a series that Plumbline exported, or an end of one of its gaps. */
  #counter(name: string, us: Micros, { ph, id, args }: TraceEvent): void {
    const [, series, unit] = OWN_COUNTER.exec(name) ?? [];
    if (series === undefined) return;
    this.#own ??= new ExportedRows(this.#trace);
    const info = this.#own.info(series, unit);
    if (ph === 'C') this.#own.sample(info, us, isRecord(args) ? args.value : undefined);
    else if (ph === 'b') this.#gaps.set(id, { t0: us, reason: isRecord(args) && args.absent });
    else if (ph === 'e') {
      const begun = this.#gaps.get(id);
      this.#gaps.delete(id);
      if (begun) this.#own.gap(info, begun.t0, us, begun.reason);
    }
  }

  #span(name: string, us: Micros, dur: Micros): void {
    const rank = this.#rank ?? 0;
    const step = parseStepName(name);
    const phase = step === null ? parsePhaseName(name) : null;
    for (const [event, t] of [
      ['begin', us],
      ['end', us + dur],
    ] as const) {
      if (step !== null) this.#trace.mark({ type: 'step', t, rank, step, event });
      if (phase !== null)
        this.#trace.mark({ type: 'phase', t, rank, step: null, name: phase, event });
    }
  }
}

/** What is no number is NaN; an object has no business here, and asking it for one may throw. */
const toNumber = (value: unknown): number =>
  typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
