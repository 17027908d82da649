/**
 * FieldReadings on their way from a file into series. Rows may come in any order and from several GPUs; they are kept as
 * columns, so that millions of them fit in memory.
 *
 * Guarantees: an absent reading becomes a gap, never a number; a device never uses more than it has; samples with equal
 * stamps are all kept; a time of day goes on past midnight, wherever it stood; times are integer microseconds from the first stamp in the file. Formats count what is absent
 * themselves, cell by cell, since not every cell feeds a series.
 */

import type { Micros } from '../../shared/base/units';
import { ABSENT_REASONS, type AbsentReason } from '../../shared/base/vocabulary';
import type { GpuInfo } from '../../shared/hardware/gpu-info';
import type { AllocationLedger } from '../../shared/session/allocations';
import type { Gap, Marker, SeriesInfo, Unit } from '../../shared/trace/types';
import { DayCount } from './day-count';
import { buildSeries, findColumn, type Gpu, putCell } from './gpu-columns';
import { GpuRegistry } from './gpu-registry';
import type { FieldReadings, GpuIdentity, ImportedTrace, ImportKind } from './imported-trace';
import { LooseSeries } from './loose-series';
import { ColumnRoom } from './number-column';
import { placeBetween } from './row-times';
import { parseInstant, type Stamp } from './stamps';

/** Some 140 years after 1970: later times are damage. */
const LATEST_US: Micros = 2 ** 52;
const DEFAULT_INTERVAL_US: Micros = 1_000_000;
/** A clock without a zone that falls back by this much went from summer to winter time. */
const HOUR_US: Micros = 3_600_000_000;
const HOUR_SLACK_US: Micros = 60_000_000;

export class TraceBuilder {
  driver: string | null = null;
  cuda: string | null = null;
  error: string | null = null;
  readonly #intervalUs: Micros | null;
  readonly #room = new ColumnRoom();
  readonly #gpus = new GpuRegistry(this.#room);
  readonly #days = new DayCount();
  readonly #counts = new Map<AbsentReason, number>();
  readonly #warnings = new Set<string>();
  readonly #loose = new LooseSeries(this.#room);
  readonly #markers: Marker[] = [];
  /** Who held what at the peak, at the times of the file. */
  allocations: AllocationLedger | null = null;
  /** What the times of points and markers count from, in microseconds since 1970; null where the file does not tell. */
  epochUs: number | null = null;
  /** The times of points and markers tell no year. */
  lacksYear = false;
  /** Where the axis begins on the file's own clock, where that is not its first sample. */
  originUs: number | null = null;
  #samples = 0;
  #stamped: Stamp | null = null;
  /** A time that was printed by itself, for the rows that follow. */
  #moment: Stamp | null = null;
  #latest: Stamp | null = null;
  #unstamped = 0;
  #tick = 0;
  #overfull = 0;
  #fellBack = false;
  #undated: NonNullable<Stamp['undated']> | null = null;

  constructor(intervalMs?: number) {
    this.#intervalUs = intervalMs === undefined ? null : intervalMs * 1000;
  }

  get samples(): number {
    return this.#samples + this.#loose.count;
  }

  /** Something a person should know of the file, said once. */
  warn(text: string): void {
    this.#warnings.add(text);
  }

  /** Counts cells that hold no value. */
  absent(reason: AbsentReason, count = 1): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + count);
  }

  /** The time of the rows from here on that have none of their own. */
  get moment(): Stamp | null {
    return this.#moment;
  }

  set moment(stamp: Stamp | null) {
    this.#moment = stamp;
  }

  /** Makes a GPU known that no row speaks of. */
  gpu(identity: GpuIdentity): void {
    this.#gpus.find(identity);
  }

  /** One value of a series that is no GPU's, at microseconds of the file's own clock. */
  point(info: SeriesInfo, us: number, value: number): void {
    if (Math.abs(us) <= LATEST_US && Number.isSafeInteger(value)) this.#loose.push(info, us, value);
    else this.warn('Readings whose time or value cannot be were left out.');
  }

  /** A span of such a series without a reading. */
  gap(info: SeriesInfo, gap: Gap): void {
    if (Math.abs(gap.t0) <= LATEST_US && Math.abs(gap.t1) <= LATEST_US) this.#loose.gap(info, gap);
    else this.warn('Readings whose time or value cannot be were left out.');
  }

  /** Adds to every point of a series what was there before the first. */
  raise(id: string, by: number): void {
    this.#loose.raise(id, by);
  }

  /** What the program announced; `t` on the file's own clock. */
  mark(marker: Marker): void {
    this.#markers.push(marker);
  }

  /** One GPU at one time. */
  row(identity: GpuIdentity, stamp: Stamp | null, readings: FieldReadings): void {
    this.#samples++;
    this.#latest = stamp ?? this.#moment;
    this.#keep(this.#gpus.find(identity), this.#latest, readings);
  }

  /** The time of the row that was kept last. */
  get latest(): Stamp | null {
    return this.#latest;
  }

  /** FieldReadings that go with the rows of a file without being one. Without a time or a GPU of their own they are left out. */
  aside(identity: GpuIdentity, stamp: Stamp | null, readings: FieldReadings): void {
    const gpu = this.#gpus.findMeant(identity);
    const at = stamp ?? this.#moment;
    if (gpu && at) this.#keep(gpu, at, readings);
    else this.warn('Processes listed without a time or a GPU were left out.');
  }

  /** The file says of a GPU that it answers no more: each of its series has a gap from the latest row on. */
  silent(identity: GpuIdentity, reason: AbsentReason): void {
    const gpu = this.#gpus.findKnown(identity);
    if (gpu)
      this.#keep(
        gpu,
        this.#latest,
        [...gpu.columns.keys()].map((name) => [name, { kind: 'absent', reason }]),
      );
  }

  #keep(gpu: Gpu, stamp: Stamp | null, readings: FieldReadings): void {
    gpu.times.push(this.#placeInTime(gpu, stamp));
    for (const [name, given] of readings) {
      let reading = given;
      if (
        name === 'memory.used' &&
        reading.kind === 'ok' &&
        gpu.memoryBytes !== null &&
        reading.value > gpu.memoryBytes
      ) {
        this.#overfull++;
        this.absent('not_read');
        reading = { kind: 'absent', reason: 'not_read' };
      }
      const column = findColumn(gpu, name);
      if (reading.kind === 'ok' && !isPossible(reading.value, column.field.unit)) {
        this.absent('not_read');
        reading = { kind: 'absent', reason: 'not_read' };
      }
      putCell(gpu, column, reading.kind === 'ok' ? reading.value : reading.reason);
    }
  }

  finish(kind: ImportKind): ImportedTrace {
    if (this.#overfull > 0)
      this.warn(
        `${this.#overfull} readings of memory in use exceed the memory of their GPU and were left out.`,
      );
    const rows = this.#gpus.all.filter(({ times }) => times.length > 0);
    this.#settleTimes(rows);
    const earliest = rows.reduce(
      (lowest, { times }) => times.min(lowest),
      this.#loose.earliest(Number.POSITIVE_INFINITY),
    );
    const start = Math.min(this.originUs ?? Number.POSITIVE_INFINITY, earliest);
    const end = rows.reduce(
      (highest, { times }) => times.max(highest),
      this.#loose.latest(Number.NEGATIVE_INFINITY),
    );
    const loose = this.#loose.build(start);
    const durationUs = Number.isFinite(start)
      ? Math.max(Math.round(end - start), ...loose.map(({ last }) => last ?? 0))
      : 0;
    this.#remark();
    const gpus = this.#gpus.number();
    return {
      kind,
      driver: this.driver,
      cuda: this.cuda,
      gpus: gpus.map(
        ({ gpu, index }): GpuInfo => ({
          index,
          uuid: gpu.uuid,
          name: gpu.name || 'unknown GPU',
          memoryBytes: gpu.memoryBytes,
          driver: this.driver ?? '',
          cuda: this.cuda,
        }),
      ),
      samples: this.samples,
      series: [
        ...gpus.flatMap(({ gpu, index }) => buildSeries(gpu, index, start, durationUs, kind)),
        ...loose,
      ],
      markers: this.#placeMarkers(start, durationUs),
      allocations: this.allocations && placeLedger(this.allocations, start),
      gaps: ABSENT_REASONS.flatMap((reason) => {
        const count = this.#counts.get(reason) ?? 0;
        return count > 0 ? [{ reason, count }] : [];
      }),
      warnings: [...this.#warnings],
      startedAt: this.#findStart(start),
      undatedUs:
        Number.isFinite(start) && (this.lacksYear || this.#undated === 'date') ? start : null,
      durationUs,
      error: this.error,
      close: () => this.#room.close(),
    };
  }

  /** ISO 8601; null where the file does not tell. */
  #findStart(start: number): string | null {
    if (!Number.isFinite(start)) return null;
    if (this.epochUs !== null && this.#stamped === null)
      return toIso(new Date((this.epochUs + start) / 1000));
    return this.#stamped === null || this.#undated
      ? null
      : toIso(parseInstant({ us: start, zoned: this.#stamped.zoned }));
  }

  /** In order of time, within the trace. */
  #placeMarkers(start: number, durationUs: Micros): Marker[] {
    if (!Number.isFinite(start)) return [];
    return this.#markers
      .map((marker) => ({
        ...marker,
        t: Math.min(durationUs, Math.max(0, Math.round(marker.t - start))),
      }))
      .sort((a, b) => a.t - b.t);
  }

  /** Microseconds; of a row without a time the number of its round, below zero, until all rows are known. */
  #placeInTime(gpu: Gpu, stamp: Stamp | null): number {
    if (stamp !== null) {
      this.#stamped ??= stamp;
      if (stamp.undated) this.#undated = stamp.undated;
      else if (!stamp.zoned) this.#watchClock(gpu, stamp.us);
      return this.#days.place(stamp) + gpu.fellBackUs;
    }
    this.#unstamped++;
    // A new round begins where a GPU speaks again.
    if (gpu.tick === this.#tick) this.#tick++;
    gpu.tick = this.#tick;
    return -this.#tick;
  }

  /** Rows without a time: in a file without any, one interval apart; else between the rows around them that have one. */
  #settleTimes(gpus: readonly Gpu[]): void {
    for (const gpu of gpus) {
      const { times } = gpu;
      if (this.#stamped === null)
        for (let i = 0; i < times.length; i++)
          times.set(i, (-times.get(i) - 1) * (this.#intervalUs ?? DEFAULT_INTERVAL_US));
      else if (this.#unstamped > 0) placeBetween(times, this.#stamped.us);
      for (let i = 1, last = times.get(0); i < times.length; i++) {
        const time = times.get(i);
        if (time < last) gpu.disordered++;
        last = time;
      }
    }
  }

  /** Each GPU's rows come in order but for where the clock they are stamped with was set back. */
  #watchClock(gpu: Gpu, us: number): void {
    if (
      gpu.stampUs !== null &&
      Math.abs(gpu.stampUs - us - HOUR_US) < HOUR_SLACK_US &&
      gpu.fellBackUs === 0
    ) {
      gpu.fellBackUs = HOUR_US;
      this.#fellBack = true;
    }
    gpu.stampUs = us;
  }

  #remark(): void {
    if (this.#fellBack)
      this.warn(
        'The clock of the timestamps falls back by an hour, as when summer time ends: rows after that are taken an hour later.',
      );
    const disordered = this.#gpus.all.reduce((sum, gpu) => sum + gpu.disordered, 0);
    if (disordered > 0)
      this.warn(
        disordered === 1
          ? 'A row was out of order in time and has been sorted.'
          : `${disordered} rows were out of order in time and have been sorted.`,
      );
    if (this.#unstamped > 0 && this.#stamped !== null)
      this.warn(
        this.#unstamped === 1
          ? 'A row has no time; it is kept in its order, between the rows around it.'
          : `${this.#unstamped} rows have no time; they are kept in their order, between the rows around them.`,
      );
    else if (
      this.#unstamped > 0 &&
      this.#gpus.all.some(({ times }) => times.length > 1) &&
      this.#intervalUs === null
    )
      this.warn(
        'The file has no timestamps: rows are taken in order, 1 s apart. Give the true interval with --interval MS.',
      );
    if (this.#undated === 'date')
      this.warn('The rows tell the time of day without the date, so the start is not known.');
    else if (this.#undated === 'start')
      this.warn('The rows count from a start that the file does not tell.');
    else if (this.#stamped !== null && !this.#stamped.zoned) {
      this.warn(
        "The timestamps name no time zone; the start is taken as this machine's local time.",
      );
    }
  }
}

/** Of all that is read only a temperature may be below zero. */
const isPossible = (value: number, unit: Unit): boolean =>
  Number.isSafeInteger(value) && (value >= 0 || (unit === 'millicelsius' && value >= COLDEST));
/** Millidegrees: nothing is colder. */
const COLDEST = -273_150;

/** Null where a clock told what is no time of any calendar. */
const toIso = (date: Date): string | null =>
  Number.isNaN(date.getTime()) ? null : date.toISOString();

function placeLedger(ledger: AllocationLedger, start: number): AllocationLedger {
  const place = (us: number) => Math.max(0, Math.round(us - start));
  return {
    ...ledger,
    at: place(ledger.at),
    blocks: ledger.blocks.map((block) => ({
      ...block,
      since: block.since === null ? null : place(block.since),
    })),
  };
}
