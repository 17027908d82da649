/**
 * The trace of a recording while it runs: what samplers, markers and logs deliver goes to the session file, and nowhere
 * else. Whoever looks reads the file, so that a recording of any length takes the same memory.
 */

import type { Bytes, Micros } from '../../shared/base/units';
import type { AbsentReason, Reading } from '../../shared/base/vocabulary';
import { frameworkSeries } from '../../shared/trace/series-ids';
import type { LogLine, Marker, MemoryMark, SeriesInfo } from '../../shared/trace/types';
import type { SessionWriter } from '../store/session-file';
import type { LearntOfSeries, SampleSink } from '../telemetry/sampler';

const FRAMEWORK_METRICS = ['allocated', 'reserved', 'requested'] as const;

interface Growing {
  info: SeriesInfo;
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
    this.#growing.set(info.id, { info, absent: null });
    this.#file.declareSeries(info);
  }

  push(seriesId: string, t: Micros, reading: Reading): void {
    const entry = this.#entry(seriesId);
    this.#lastTime = Math.max(this.#lastTime, t);
    if (reading.kind === 'absent') {
      if (entry.absent?.reason !== reading.reason) {
        this.#extendGap(seriesId, entry, t);
        entry.absent = { t0: t, reason: reading.reason };
      }
      this.#extendGap(seriesId, entry, t);
      return;
    }
    this.#extendGap(seriesId, entry, t);
    entry.absent = null;
    this.#file.append(seriesId, t, reading.value);
  }

  pushRun(seriesId: string, times: Float64Array, values: Float64Array): void {
    const last = times.at(-1);
    if (last === undefined) return;
    const entry = this.#entry(seriesId);
    this.#lastTime = Math.max(this.#lastTime, last);
    this.#extendGap(seriesId, entry, times[0]!);
    entry.absent = null;
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
      this.declare({
        id,
        source: 'framework',
        metric: field,
        unit: 'bytes',
        windowUs: null,
        intervalUs: null,
      });
      if (field === 'allocated') {
        for (const [at, bytes] of samplesBefore(t, memory, trail))
          this.push(id, at, { kind: 'ok', value: bytes });
      }
      this.push(id, t, { kind: 'ok', value });
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

  /** A gap is stored as it grows, so that a killed recorder leaves it behind too. */
  #extendGap(seriesId: string, { absent }: Growing, t: Micros): void {
    if (!absent) return;
    this.#file.gap(seriesId, absent.t0, t, absent.reason);
  }
}

/** Samples before a memory marker at `t`: its trail, the edges of its blocks, and its high-water mark where it happened, so that the line reaches it. */
function samplesBefore(
  t: Micros,
  { peak, peakAt, allocated, blocks }: MemoryMark,
  trail: readonly (readonly [Micros, Bytes])[],
): (readonly [Micros, Bytes])[] {
  const peaked =
    peak !== undefined && peakAt !== undefined && peak > allocated ? [[peakAt, peak] as const] : [];
  const edges = (blocks?.edges ?? []).map(([, , at, bytes]) => [at, bytes] as const);
  return [...trail, ...edges, ...peaked].filter(([at]) => at < t).sort(([a], [b]) => a - b);
}
