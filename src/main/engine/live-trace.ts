/**
 * The trace of a recording while it runs: what samplers, markers and logs deliver goes to the session file and stays
 * in memory for the live view.
 */
import { SeriesBuilder } from '../../shared/trace/series';
import type { LogLine, Marker, MemoryMark, SeriesData, SeriesInfo } from '../../shared/trace/types';
import type { Bytes, Micros } from '../../shared/units';
import type { AbsentReason, Reading } from '../../shared/vocabulary';
import type { SessionWriter } from '../store/session-file';
import type { SampleSink } from '../telemetry/sampler';

const FRAMEWORK_SERIES = [
  ['framework.allocated', 'allocated'],
  ['framework.reserved', 'reserved'],
  ['framework.requested', 'requested'],
] as const;

export class LiveTrace implements SampleSink {
  readonly markers: Marker[] = [];
  readonly logs: LogLine[] = [];
  readonly warnings: string[] = [];
  private readonly builders = new Map<string, { builder: SeriesBuilder; absent: { t0: Micros; reason: AbsentReason } | null }>();
  private lastTime: Micros = 0;

  constructor(private readonly file: SessionWriter) {}

  declare(info: SeriesInfo): void {
    if (this.builders.has(info.id)) return;
    this.builders.set(info.id, { builder: new SeriesBuilder(info), absent: null });
    this.file.declareSeries(info);
  }

  push(seriesId: string, t: Micros, reading: Reading): void {
    const entry = this.builders.get(seriesId);
    if (!entry) throw new Error(`series ${seriesId} was not declared`);
    this.lastTime = Math.max(this.lastTime, t);
    if (reading.kind === 'absent') {
      if (entry.absent?.reason !== reading.reason) {
        this.extendGap(seriesId, t);
        entry.absent = { t0: t, reason: reading.reason };
      }
      this.extendGap(seriesId, t);
      return;
    }
    this.extendGap(seriesId, t);
    entry.absent = null;
    entry.builder.append(this.file.append(seriesId, t, reading.value), reading.value);
  }

  warn(text: string): void {
    if (this.warnings.includes(text)) return;
    this.warnings.push(text);
    this.file.warn(text);
    this.log({ t: this.lastTime, stream: 'plumbline', text });
  }

  log(line: LogLine): void {
    this.logs.push(line);
    this.file.log(line);
  }

  marker(marker: Marker): void {
    if (marker.type !== 'memory') {
      this.keep(marker);
      return;
    }
    const { memory: { trail = [], ...memory }, t } = marker;
    this.keep({ ...marker, memory });
    for (const [id, field] of FRAMEWORK_SERIES) {
      const value = memory[field];
      if (value === undefined) continue;
      this.declare({ id, source: 'framework', metric: field, unit: 'bytes', windowUs: null, intervalUs: null });
      if (field === 'allocated') {
        for (const [at, bytes] of wayTo(t, memory, trail)) this.push(id, at, { kind: 'ok', value: bytes });
      }
      this.push(id, t, { kind: 'ok', value });
    }
  }

  private keep(marker: Marker): void {
    this.markers.push(marker);
    this.file.marker(marker);
  }

  /** Ends every open gap at `t`; called once when the recording ends. */
  finish(t: Micros): void {
    for (const id of this.builders.keys()) this.extendGap(id, t);
  }

  series(): SeriesData[] {
    return [...this.builders.values()].map(({ builder }) => builder.data());
  }

  /** A gap is stored as it grows, so that a killed recorder leaves it behind too. */
  private extendGap(seriesId: string, t: Micros): void {
    const entry = this.builders.get(seriesId);
    if (!entry?.absent) return;
    const { t0, reason } = entry.absent;
    entry.builder.gap({ t0, t1: t, reason });
    this.file.gap(seriesId, t0, t, reason);
  }
}

/** Samples before a memory marker at `t`: its trail, and its high-water mark where it happened, so that the line reaches it. */
function wayTo(t: Micros, { peak, peakAt, allocated }: MemoryMark, trail: readonly (readonly [Micros, Bytes])[]): (readonly [Micros, Bytes])[] {
  const peaked = peak !== undefined && peakAt !== undefined && peak > allocated ? [[peakAt, peak] as const] : [];
  return [...trail, ...peaked].filter(([at]) => at < t).sort(([a], [b]) => a - b);
}
