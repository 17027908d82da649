/**
 * FieldReadings on their way from a file into series. Rows may come in any order and from several GPUs; they are kept as
 * columns, so that millions of them fit in memory.
 *
 * Guarantees: an absent reading becomes a gap, never a number; a device never uses more than it has; samples with equal
 * stamps are all kept; times are integer microseconds from the first stamp in the file. Formats count what is absent
 * themselves, cell by cell, since not every cell feeds a series.
 */

import type { Micros } from '../../shared/base/units';
import { ABSENT_REASONS, type AbsentReason } from '../../shared/base/vocabulary';
import type { GpuInfo } from '../../shared/hardware/gpu-info';
import {
  buildSeries,
  FIRST_REASON,
  findMax,
  findMin,
  type Gpu,
  grow,
  newColumn,
  VALUE,
} from './gpu-columns';
import type { FieldReadings, GpuIdentity, ImportedTrace, ImportKind } from './imported-trace';
import { parseInstant, type Stamp } from './stamps';

const DEFAULT_INTERVAL_US: Micros = 1_000_000;
/** A clock without a zone that falls back by this much went from summer to winter time. */
const HOUR_US: Micros = 3_600_000_000;
const HOUR_SLACK_US: Micros = 60_000_000;

export class TraceBuilder {
  driver: string | null = null;
  cuda: string | null = null;
  error: string | null = null;
  readonly #intervalUs: Micros | null;
  readonly #gpus: Gpu[] = [];
  readonly #known = new Map<string, Gpu>();
  readonly #counts = new Map<AbsentReason, number>();
  readonly #warnings = new Set<string>();
  #samples = 0;
  #stamped: Stamp | null = null;
  #latest: Stamp | null = null;
  #unstamped = false;
  #tick = 0;
  #overfull = 0;
  #fellBack = false;
  #undated = false;

  constructor(intervalMs?: number) {
    this.#intervalUs = intervalMs === undefined ? null : intervalMs * 1000;
  }

  get samples(): number {
    return this.#samples;
  }

  /** Something a person should know of the file, said once. */
  warn(text: string): void {
    this.#warnings.add(text);
  }

  /** Counts cells that hold no value. */
  absent(reason: AbsentReason, count = 1): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + count);
  }

  /** The stamps tell the time of day and no date. */
  undated(): void {
    this.#undated = true;
  }

  /** Makes a GPU known that no row speaks of. */
  gpu(identity: GpuIdentity): void {
    this.#gpu(identity);
  }

  /** One GPU at one time. */
  row(identity: GpuIdentity, stamp: Stamp | null, readings: FieldReadings): void {
    this.#samples++;
    this.#latest = stamp;
    this.#keep(this.#gpu(identity), stamp, readings);
  }

  /** FieldReadings that go with the rows of a file without being one. Without a time or a GPU of their own they are left out. */
  aside(identity: GpuIdentity, stamp: Stamp | null, readings: FieldReadings): void {
    const gpu = this.#meantBy(identity);
    if (gpu && stamp) this.#keep(gpu, stamp, readings);
    else this.warn('Processes listed without a time or a GPU were left out.');
  }

  /** The file says of a GPU that it answers no more: each of its series has a gap from the latest row on. */
  silent({ index, busId }: GpuIdentity, reason: AbsentReason): void {
    const gpu =
      this.#known.get(`index ${index}`) ??
      (busId === undefined ? undefined : this.#known.get(`bus ${normalBus(busId)}`));
    if (gpu)
      this.#keep(
        gpu,
        this.#latest,
        [...gpu.columns.keys()].map((name) => [name, { kind: 'absent', reason }]),
      );
  }

  #keep(gpu: Gpu, stamp: Stamp | null, readings: FieldReadings): void {
    const at = this.#placeInTime(gpu, stamp);
    if (gpu.n === gpu.times.length) grow(gpu);
    if (gpu.n > 0 && at < gpu.times[gpu.n - 1]!) gpu.disordered++;
    const row = gpu.n++;
    gpu.times[row] = at;
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
      const column = gpu.columns.get(name) ?? newColumn(gpu, name);
      if (reading.kind === 'ok') {
        column.values[row] = reading.value;
        column.reasons[row] = VALUE;
      } else {
        column.reasons[row] = FIRST_REASON + ABSENT_REASONS.indexOf(reading.reason);
      }
    }
  }

  finish(kind: ImportKind): ImportedTrace {
    if (this.#overfull > 0)
      this.warn(
        `${this.#overfull} readings of memory in use exceed the memory of their GPU and were left out.`,
      );
    const rows = this.#gpus.filter(({ n }) => n > 0);
    const start = rows.reduce(
      (lowest, { times, n }) => findMin(times, n, lowest),
      Number.POSITIVE_INFINITY,
    );
    const end = rows.reduce(
      (highest, { times, n }) => findMax(times, n, highest),
      Number.NEGATIVE_INFINITY,
    );
    const durationUs = rows.length === 0 ? 0 : end - start;
    this.#remark();
    const gpus = this.#numbered();
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
      samples: this.#samples,
      series: gpus.flatMap(({ gpu, index }) => buildSeries(gpu, index, start, durationUs)),
      gaps: ABSENT_REASONS.flatMap((reason) => {
        const count = this.#counts.get(reason) ?? 0;
        return count > 0 ? [{ reason, count }] : [];
      }),
      warnings: [...this.#warnings],
      startedAt:
        this.#stamped === null || this.#undated || !Number.isFinite(start)
          ? null
          : parseInstant({ us: start, zoned: this.#stamped.zoned }).toISOString(),
      durationUs,
      error: this.error,
    };
  }

  #placeInTime(gpu: Gpu, stamp: Stamp | null): number {
    if (stamp !== null) {
      this.#stamped ??= stamp;
      if (!stamp.zoned) this.#watchClock(gpu, stamp.us);
      return stamp.us + gpu.fellBackUs;
    }
    this.#unstamped = true;
    // A new round begins where a GPU speaks again.
    if (gpu.tick === this.#tick) this.#tick++;
    gpu.tick = this.#tick;
    return (this.#tick - 1) * (this.#intervalUs ?? DEFAULT_INTERVAL_US);
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
    const disordered = this.#gpus.reduce((sum, gpu) => sum + gpu.disordered, 0);
    if (disordered > 0)
      this.warn(`${disordered} rows were out of order in time and have been sorted.`);
    if (this.#unstamped && this.#gpus.some(({ n }) => n > 1) && this.#intervalUs === null) {
      this.warn(
        'The file has no timestamps: rows are taken in order, 1 s apart. Give the true interval with --interval MS.',
      );
    }
    if (this.#undated)
      this.warn('The rows tell the time of day without the date, so the start is not known.');
    else if (this.#stamped !== null && !this.#stamped.zoned) {
      this.warn(
        "The timestamps name no time zone; the start is taken as this machine's local time.",
      );
    }
  }

  #gpu({ index, uuid, busId, name, memoryBytes }: GpuIdentity): Gpu {
    const bus = busId === undefined ? undefined : normalBus(busId);
    const keys = [
      index === undefined ? [] : [`index ${index}`],
      bus === undefined ? [] : [`bus ${bus}`],
      uuid === undefined ? [] : [`uuid ${uuid}`],
    ].flat();
    if (keys.length === 0) keys.push('only');
    let gpu = this.#known.get(keys[0]!);
    // A GPU that has an index is not another index's, whatever else they share: captures mask uuids.
    gpu ??= keys
      .map((key) => this.#known.get(key))
      .find((each) => each !== undefined && (index === undefined || each.index === null));
    if (!gpu) {
      gpu = {
        index: index ?? null,
        uuid: uuid ?? '',
        busId: bus ?? '',
        name: name ?? '',
        memoryBytes: null,
        times: new Float64Array(64),
        n: 0,
        tick: 0,
        disordered: 0,
        stampUs: null,
        fellBackUs: 0,
        columns: new Map(),
      };
      this.#gpus.push(gpu);
    }
    for (const key of keys) if (!this.#known.has(key)) this.#known.set(key, gpu);
    gpu.index ??= index ?? null;
    gpu.uuid ||= uuid ?? '';
    gpu.busId ||= bus ?? '';
    gpu.name ||= name ?? '';
    if (memoryBytes !== undefined) gpu.memoryBytes = Math.max(gpu.memoryBytes ?? 0, memoryBytes);
    return gpu;
  }

  /** The GPU that is named, or the only GPU there is. */
  #meantBy(identity: GpuIdentity): Gpu | undefined {
    const { index, uuid, busId } = identity;
    if (index !== undefined || uuid !== undefined || busId !== undefined)
      return this.#gpu(identity);
    return this.#gpus.length === 1 ? this.#gpus[0] : undefined;
  }

  /** nvidia-smi counts GPUs by PCI address; where a file gives neither, they are counted as they appear. */
  #numbered(): { gpu: Gpu; index: number }[] {
    const taken = new Set(this.#gpus.flatMap(({ index }) => (index === null ? [] : [index])));
    const rest = this.#gpus.filter(({ index }) => index === null);
    if (rest.every(({ busId }) => busId !== ''))
      rest.sort((a, b) => Number(a.busId > b.busId) - Number(a.busId < b.busId));
    let next = 0;
    const counted = rest.map((gpu) => {
      while (taken.has(next)) next++;
      taken.add(next);
      return { gpu, index: next };
    });
    const numbered = this.#gpus.flatMap((gpu) =>
      gpu.index === null ? [] : [{ gpu, index: gpu.index }],
    );
    return [...numbered, ...counted].sort((a, b) => a.index - b.index);
  }
}

const normalBus = (busId: string): string =>
  busId
    .trim()
    .toUpperCase()
    .replace(/^0+(?=[0-9A-F]{4}:)/, '');
