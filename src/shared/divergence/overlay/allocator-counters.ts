/**
 * What a caching allocator tells of itself: bytes asked for, bytes in tensors, bytes of the segments taken for them; at an
 * instant, at the highest moment of a phase, and over the run.
 *
 * The run's level is where the allocator settles: the most that was ever in tensors, and the most that was ever taken to
 * hold them (torch.cuda.max_memory_allocated, max_memory_reserved). What lies between the two is its reserve. No moment of
 * the run needed it, a like run takes it again, and theory, which knows the most that is allocated, lacks it. What is
 * free at one moment and was in tensors at another is no reserve: it is the run's own.
 */
import type { Bytes, Micros } from '../../base/units';
import { highestSample, maxIn, valueAt } from '../../trace/series';
import {
  FRAMEWORK_ALLOCATED,
  FRAMEWORK_REQUESTED,
  FRAMEWORK_RESERVED,
} from '../../trace/series-ids';
import type { Marker, PhaseSpan, SeriesData } from '../../trace/types';
import { type Lines, seriesById } from './lines';
import { MeasuredLine } from './measured-line';
import type { AllocatorLevel } from './types';

/** Of one moment; null what is not told of it. */
export interface AllocatorReading {
  readonly requested: Bytes | null;
  readonly allocated: Bytes;
  readonly reserved: Bytes | null;
}

export class AllocatorCounters {
  readonly #requested: SeriesData | undefined;
  readonly #allocated: MeasuredLine | null;
  readonly #reserved: SeriesData | undefined;
  /** With the time of the report that first told the most reserved; null where the framework does not tell both. */
  readonly level: (AllocatorLevel & { readonly at: Micros }) | null;

  constructor(lines: Lines, markers: readonly Marker[]) {
    const allocated = seriesById(lines, FRAMEWORK_ALLOCATED);
    this.#requested = seriesById(lines, FRAMEWORK_REQUESTED);
    this.#allocated = allocated ? new MeasuredLine(allocated, 0, markers) : null;
    this.#reserved = seriesById(lines, FRAMEWORK_RESERVED);
    const most = this.#allocated?.peak() ?? null;
    const top = this.#reserved ? highestSample(this.#reserved) : null;
    this.level = most && top && { allocated: most.bytes, reserved: top.value, at: top.t };
  }

  /** As last told; null before the first report. */
  at(t: Micros): AllocatorReading | null {
    const allocated = this.#allocated && valueAt(this.#allocated.data, t);
    if (allocated === null) return null;
    return { requested: read(this.#requested, t), allocated, reserved: read(this.#reserved, t) };
  }

  /** At the highest moment of a phase; null where nothing is told from within it. */
  highestIn(span: Omit<PhaseSpan, 'memory'>): AllocatorReading | null {
    const highest = this.#allocated?.in({ ...span, memory: null }).highest ?? null;
    if (highest === null) return null;
    const most = this.#reserved && maxIn(this.#reserved, span.t0, span.t1);
    return {
      requested: this.#requestedOf(highest, span.t1),
      allocated: highest,
      reserved: most?.value ?? read(this.#reserved, span.t1),
    };
  }

  /** At the highest moment of the run. */
  highest(): AllocatorReading | null {
    const most = this.#allocated?.peak() ?? null;
    if (most === null) return null;
    return {
      requested: this.#requestedOf(most.bytes, most.at),
      allocated: most.bytes,
      reserved: this.level?.reserved ?? null,
    };
  }

  /** Of a high-water mark, which tells no more than itself: the share that the last report had of its own. */
  #requestedOf(highWater: Bytes, t: Micros): Bytes | null {
    const last = this.at(t);
    if (last === null || last.requested === null || last.allocated === 0) return null;
    return Math.round((highWater * last.requested) / last.allocated);
  }
}

const read = (data: SeriesData | undefined, t: Micros): Bytes | null =>
  data === undefined ? null : valueAt(data, t);
