/**
 * The trace of a recording while it runs: what samplers, markers and logs deliver goes to the session file, and nowhere
 * else. Whoever looks reads the file, so that a recording of any length takes the same memory.
 */

import type { Bytes, Micros } from '../../shared/base/units';
import type { AbsentReason, Reading } from '../../shared/base/vocabulary';
import { frameworkSeries } from '../../shared/trace/series-ids';
import type { LogLine, Marker, MemoryMark, SeriesInfo, TrailPoint } from '../../shared/trace/types';
import type { SessionWriter } from '../store/session-file';
import type { LearntOfSeries, SampleSink } from '../telemetry/sampler';

const FRAMEWORK_METRICS = ['allocated', 'reserved', 'requested'] as const;

/** Two readings may come at one time, or a little late; what is later than this has a clock that was set. */
const DISORDER_US: Micros = 1000;

interface Growing {
  info: SeriesInfo;
  /** Time of its last sample. */
  last: Micros;
  absent: { readonly t0: Micros; readonly reason: AbsentReason } | null;
}

export class LiveTrace implements SampleSink {
  readonly #warned = new Set<string>();
  readonly #file: SessionWriter;
  readonly #growing = new Map<string, Growing>();
  #lastTime: Micros = 0;

  constructor(file: SessionWriter) {
    this.#file = file;
  }

  declare(info: SeriesInfo): void {
    if (this.#growing.has(info.id)) return;
    this.#growing.set(info.id, { info, last: Number.NEGATIVE_INFINITY, absent: null });
    this.#file.declareSeries(info);
  }

  /** What is no number, and what no counter holds, is not read; a reading that is late is kept behind the one before it. */
  push(seriesId: string, t: Micros, reading: Reading): void {
    const entry = this.#entry(seriesId);
    if (!Number.isFinite(t)) {
      this.warn(`A reading of ${seriesId} came without a time, and is left out.`);
      return;
    }
    this.#lastTime = Math.max(this.#lastTime, t);
    if (reading.kind === 'absent') this.#pushAbsent(seriesId, entry, t, reading.reason);
    else if (isReadable(reading.value)) {
      this.#extendGap(seriesId, entry, t);
      entry.absent = null;
      this.#keepOrder(seriesId, entry, t);
      entry.last = this.#file.append(seriesId, t, reading.value);
    } else {
      const what = Number.isNaN(reading.value) ? 'is no number' : 'no counter can hold';
      this.warn(`${seriesId} gave a value that ${what}; where it did, nothing was read.`);
      this.#pushAbsent(seriesId, entry, t, 'not_read');
    }
  }

  pushRun(seriesId: string, times: Float64Array, values: Float64Array): void {
    const last = times.at(-1);
    if (last === undefined) return;
    if (!values.every(isReadable) || !times.every(Number.isFinite)) {
      for (const [i, value] of values.entries())
        this.push(seriesId, times[i]!, { kind: 'ok', value });
      return;
    }
    const entry = this.#entry(seriesId);
    this.#lastTime = Math.max(this.#lastTime, last);
    this.#extendGap(seriesId, entry, times[0]!);
    entry.absent = null;
    for (const t of times) {
      this.#keepOrder(seriesId, entry, t);
      entry.last = Math.max(entry.last, t);
    }
    this.#file.appendRun(seriesId, times, values);
  }

  refine(seriesId: string, learnt: LearntOfSeries): void {
    const entry = this.#entry(seriesId);
    entry.info = { ...entry.info, ...learnt };
    this.#file.redeclareSeries(entry.info);
  }

  warn(text: string): void {
    if (this.#warned.has(text)) return;
    this.#warned.add(text);
    this.#file.warn(text);
    this.log({ t: this.#lastTime, stream: 'plumbline', text });
  }

  log(line: LogLine): void {
    this.#file.log(line);
  }

  marker(marker: Marker): void {
    if (marker.type !== 'memory') {
      this.#file.marker(marker);
      return;
    }
    const {
      memory: { trail = [], ...memory },
      t,
    } = marker;
    this.#file.marker({ ...marker, memory });
    for (const field of FRAMEWORK_METRICS) {
      const id = frameworkSeries(field, marker.rank);
      const value = memory[field];
      if (value === undefined) continue;
      this.declare(asItHappens(id, field, 'bytes'));
      if (field === 'allocated') {
        for (const [at, bytes] of samplesBefore(t, memory, trail))
          this.push(id, at, { kind: 'ok', value: bytes });
      }
      this.push(id, t, { kind: 'ok', value });
    }
    this.#pushOperations(frameworkSeries('operation', marker.rank), t, trail);
  }

  /** Where the workload counts its operations, their numbers at the moments of its trail: a prediction by operation is laid in time by them. */
  #pushOperations(id: string, t: Micros, trail: readonly TrailPoint[]): void {
    let last = Number.NEGATIVE_INFINITY;
    for (const [at, , operation] of trail) {
      if (operation !== undefined && at > last && at < t) {
        this.declare(asItHappens(id, 'operation', 'count'));
        this.push(id, at, { kind: 'ok', value: operation });
      }
      last = at;
    }
  }

  /** Ends every open gap at `t`; called once when the recording ends. */
  finish(t: Micros): void {
    for (const [id, entry] of this.#growing) this.#extendGap(id, entry, t);
  }

  #entry(seriesId: string): Growing {
    const entry = this.#growing.get(seriesId);
    if (!entry) throw new Error(`series ${seriesId} was not declared`);
    return entry;
  }

  #pushAbsent(seriesId: string, entry: Growing, t: Micros, reason: AbsentReason): void {
    if (entry.absent?.reason !== reason) {
      this.#extendGap(seriesId, entry, t);
      entry.absent = { t0: t, reason };
    }
    this.#extendGap(seriesId, entry, t);
  }

  /** The file moves what comes late behind what came before it, so that no value is lost: said once. */
  #keepOrder(seriesId: string, { last, info }: Growing, t: Micros): void {
    if (t > last - DISORDER_US || info.source === 'framework') return;
    this.warn(
      `Readings of ${seriesId} came out of their order in time: each is kept a microsecond behind the one that came before it.`,
    );
  }

  /** A gap is stored as it grows, so that a killed recorder leaves it behind too. */
  #extendGap(seriesId: string, { absent }: Growing, t: Micros): void {
    if (!absent) return;
    this.#file.gap(seriesId, absent.t0, t, absent.reason);
  }
}

const asItHappens = (id: string, metric: string, unit: SeriesInfo['unit']): SeriesInfo => ({
  id,
  source: 'framework',
  metric,
  unit,
  windowUs: null,
  intervalUs: null,
});

/** Counters have 64 bits. */
const isReadable = (value: number): boolean => Math.abs(value) < 2 ** 64;

/** Samples before a memory marker at `t`: its trail, the edges of its blocks, and its high-water mark where it happened, so that the line reaches it. */
function samplesBefore(
  t: Micros,
  { peak, peakAt, allocated, blocks }: MemoryMark,
  trail: readonly TrailPoint[],
): (readonly [Micros, Bytes])[] {
  const peaked =
    peak !== undefined &&
    peakAt !== undefined &&
    peak > allocated &&
    !trail.some(([at, bytes]) => at === peakAt && bytes === peak)
      ? [[peakAt, peak] as const]
      : [];
  const edges = (blocks?.edges ?? []).map(([, , at, bytes]) => [at, bytes] as const);
  const points = trail.map(([at, bytes]) => [at, bytes] as const);
  return [...points, ...edges, ...peaked].filter(([at]) => at < t).sort(([a], [b]) => a - b);
}
