/**
 * The trace of a recording while it runs: what samplers, markers and logs deliver goes to the session file. For the
 * live view the newest samples stay in memory, and of older ones as much as a picture of the whole needs; all of them
 * are in the file (`window` reads them back), so that a recording of any length takes the same memory.
 */

import { unlessFailure } from '../../shared/base/failure';
import { lowerBound, upperBound } from '../../shared/base/search';
import type { Bytes, Micros } from '../../shared/base/units';
import type { AbsentReason, Reading } from '../../shared/base/vocabulary';
import { frameworkSeries } from '../../shared/trace/series-ids';
import { ThinnedSeries } from '../../shared/trace/thinned';
import type { LogLine, Marker, MemoryMark, SeriesData, SeriesInfo } from '../../shared/trace/types';
import { openSession, type SessionWriter } from '../store/session-file';
import type { LearntOfSeries, SampleSink } from '../telemetry/sampler';

const FRAMEWORK_METRICS = ['allocated', 'reserved', 'requested'] as const;

interface Growing {
  readonly series: ThinnedSeries;
  absent: { readonly t0: Micros; readonly reason: AbsentReason } | null;
}

/** A stretch of more samples than this is shown from what is in memory. */
const WINDOW_SAMPLES = 100_000;

export class LiveTrace implements SampleSink {
  readonly markers: Marker[] = [];
  readonly logs: LogLine[] = [];
  readonly warnings: string[] = [];
  readonly #file: SessionWriter;
  readonly #growing = new Map<string, Growing>();
  #lastTime: Micros = 0;

  constructor(file: SessionWriter) {
    this.#file = file;
  }

  declare(info: SeriesInfo): void {
    if (this.#growing.has(info.id)) return;
    this.#growing.set(info.id, { series: new ThinnedSeries(info), absent: null });
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
    entry.series.append(this.#file.append(seriesId, t, reading.value), reading.value);
  }

  pushRun(seriesId: string, times: Float64Array, values: Float64Array): void {
    const last = times.at(-1);
    if (last === undefined) return;
    const entry = this.#entry(seriesId);
    this.#lastTime = Math.max(this.#lastTime, last);
    this.#extendGap(seriesId, entry, times[0]!);
    entry.absent = null;
    this.#file.appendRun(seriesId, times, values);
    entry.series.appendRun(times, values);
  }

  refine(seriesId: string, learnt: LearntOfSeries): void {
    const { series } = this.#entry(seriesId);
    series.info = { ...series.info, ...learnt };
    this.#file.redeclareSeries(series.info);
  }

  warn(text: string): void {
    if (this.warnings.includes(text)) return;
    this.warnings.push(text);
    this.#file.warn(text);
    this.log({ t: this.#lastTime, stream: 'plumbline', text });
  }

  log(line: LogLine): void {
    this.logs.push(line);
    this.#file.log(line);
  }

  marker(marker: Marker): void {
    if (marker.type !== 'memory') {
      this.#keep(marker);
      return;
    }
    const {
      memory: { trail = [], ...memory },
      t,
    } = marker;
    this.#keep({ ...marker, memory });
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

  #keep(marker: Marker): void {
    this.markers.push(marker);
    this.#file.marker(marker);
  }

  /** Ends every open gap at `t`; called once when the recording ends. */
  finish(t: Micros): void {
    for (const [id, entry] of this.#growing) this.#extendGap(id, entry, t);
  }

  /** Extremes are exact; between them older samples may be left out. */
  series(): SeriesData[] {
    return [...this.#growing.values()].map(({ series }) => series.data());
  }

  /** Every sample of the stretch, where it is short enough to be read back; else what `series` has. */
  window(t0: Micros, t1: Micros): SeriesData[] {
    const live = [...this.#growing.values()].map(({ series }) => ({
      data: series.data(),
      completeFrom: series.completeFrom,
    }));
    if (live.every(({ completeFrom }) => completeFrom === null || completeFrom <= t0))
      return live.map(({ data }) => data);
    return live.map(({ data, completeFrom }) =>
      completeFrom === null || completeFrom <= t0
        ? data
        : this.#readBack(data, completeFrom, t0, t1),
    );
  }

  /** What is not in the file yet, or cannot be read from it now, is shown as it is in memory. */
  #readBack(data: SeriesData, completeFrom: Micros, t0: Micros, t1: Micros): SeriesData {
    return (
      unlessFailure(() => {
        using reader = openSession(this.#file.path);
        const stored = reader.samples(data.info.id, { t0, t1 }, WINDOW_SAMPLES + 1);
        if (stored.times.length > WINDOW_SAMPLES) return data;
        return { ...data, ...joined(stored, data, completeFrom) };
      }) ?? data
    );
  }

  #entry(seriesId: string): Growing {
    const entry = this.#growing.get(seriesId);
    if (!entry) throw new Error(`series ${seriesId} was not declared`);
    return entry;
  }

  /** A gap is stored as it grows, so that a killed recorder leaves it behind too. */
  #extendGap(seriesId: string, { series, absent }: Growing, t: Micros): void {
    if (!absent) return;
    series.gap({ t0: absent.t0, t1: t, reason: absent.reason });
    this.#file.gap(seriesId, absent.t0, t, absent.reason);
  }
}

/** What was read back, and between its chunks and the end what is in memory. */
function joined(
  stored: Pick<SeriesData, 'times' | 'values'>,
  live: SeriesData,
  completeFrom: Micros,
): Pick<SeriesData, 'times' | 'values'> {
  const before = lowerBound(live.times, stored.times[0] ?? completeFrom);
  const to = lowerBound(stored.times, completeFrom);
  const after = to === 0 ? before : Math.max(before, upperBound(live.times, stored.times[to - 1]!));
  const join = (column: 'times' | 'values') => {
    const whole = new Float64Array(before + to + live.times.length - after);
    whole.set(live[column].subarray(0, before));
    whole.set(stored[column].subarray(0, to), before);
    whole.set(live[column].subarray(after), before + to);
    return whole;
  };
  return { times: join('times'), values: join('values') };
}

/** Samples before a memory marker at `t`: its trail, and its high-water mark where it happened, so that the line reaches it. */
function samplesBefore(
  t: Micros,
  { peak, peakAt, allocated }: MemoryMark,
  trail: readonly (readonly [Micros, Bytes])[],
): (readonly [Micros, Bytes])[] {
  const peaked =
    peak !== undefined && peakAt !== undefined && peak > allocated ? [[peakAt, peak] as const] : [];
  return [...trail, ...peaked].filter(([at]) => at < t).sort(([a], [b]) => a - b);
}
