/**
 * What a line says of a span: its highest value and its value at the end.
 * Framework bytes come from the workload's memory markers, which know the high-water mark between samples; every other
 * line is sampled, and a span without a sample has no measured value.
 */

import type { Bytes, Micros } from '../../base/units';
import type { ComponentBytes } from '../../budget/types';
import { carriedOn, type MarkerOf, markersOf } from '../../trace/carried-on';
import { NearSamples } from '../../trace/near-samples';
import { highestSample, lastSample, maxIn, valueAt } from '../../trace/series';
import { FRAMEWORK_ALLOCATED } from '../../trace/series-ids';
import { TimedLists } from '../../trace/timed-lists';
import type { Marker, MemoryMark, PhaseSpan, SeriesData } from '../../trace/types';
import { HeldObjects, splitEnd, splitHighest } from './held-objects';
import { firmUntil } from './workload-line';

export interface Measured {
  readonly highest: Bytes | null;
  readonly end: Bytes | null;
  readonly components: ComponentBytes | null;
  readonly endComponents: ComponentBytes | null;
  /** The highest value is a high-water mark the framework kept, not a sample. */
  readonly highWater: boolean;
}

type MemoryMarker = MarkerOf<'memory'>;

/** What a framework told, and the highest of it. */
class ToldMemory {
  readonly lists = new TimedLists<MemoryMarker>([], ({ rank, phase }) => `${rank}:${phase}`);
  highest: { readonly bytes: Bytes; readonly at: Micros } | null = null;

  take(marker: MemoryMarker): void {
    this.lists.take(marker);
    const { t, memory } = marker;
    const bytes = highWater(memory);
    if (this.highest !== null && bytes <= this.highest.bytes) return;
    this.highest = { bytes, at: memory.peak === undefined ? t : (memory.peakAt ?? t) };
  }
}
const listMemory = carriedOn<MemoryMarker, ToldMemory>(() => new ToldMemory());
const NOTHING_TOLD = new ToldMemory();

export class MeasuredLine {
  readonly #told: ToldMemory;
  readonly #objects: HeldObjects;
  readonly #near: NearSamples;

  constructor(
    readonly data: SeriesData,
    readonly baseline: Bytes,
    markers: readonly Marker[],
  ) {
    this.#objects = new HeldObjects(markers);
    this.#near = new NearSamples(data);
    this.#told = this.isFramework ? listMemory(markersOf(markers, 'memory')) : NOTHING_TOLD;
  }

  get isFramework(): boolean {
    return this.data.info.id === FRAMEWORK_ALLOCATED;
  }

  /** The line, or as much of it as answers for the span: the next question of one who goes through spans in order. */
  near({ t0, t1 }: Pick<PhaseSpan, 't0' | 't1'>): SeriesData {
    return this.#near.around(t0, t1);
  }

  /** Up to when its values are known for good: a framework's come with the marker that tells of them. */
  get firmUntil(): Micros {
    if (!this.isFramework) return firmUntil(this.data);
    return lastSample(this.data)?.t ?? Number.POSITIVE_INFINITY;
  }

  in(span: PhaseSpan): Measured {
    const marks = this.#marksIn(span);
    const last = marks.at(-1)?.memory;
    if (last) {
      const top = marks
        .map(({ memory }) => memory)
        .reduce((best, one) => (highWater(one) > highWater(best) ? one : best));
      return {
        highest: highWater(top) - this.baseline,
        end: last.allocated - this.baseline,
        components:
          (top.peak === undefined ? top.components : top.peakComponents) ??
          this.#splitHighest(span, top, highWater(top)),
        endComponents: last.components ?? this.#splitEnd(span, last.allocated),
        highWater: top.peak !== undefined,
      };
    }
    const samples = this.near(span);
    const highest = maxIn(samples, span.t0, span.t1)?.value ?? null;
    const end = highest === null ? null : valueAt(samples, span.t1);
    return {
      highest: less(highest, this.baseline),
      end: less(end, this.baseline),
      components: this.#splitHighest(span, span.memory, less(highest, this.baseline)),
      endComponents: this.#splitEnd(span, less(end, this.baseline)),
      highWater: false,
    };
  }

  #splitEnd(span: PhaseSpan, line: Bytes | null): ComponentBytes | null {
    return splitEnd(this.data.info.id, this.#objects.atEnd(span), span.memory, line);
  }

  #splitHighest(
    span: PhaseSpan,
    memory: MemoryMark | null,
    line: Bytes | null,
  ): ComponentBytes | null {
    return splitHighest(this.data.info.id, this.#objects.throughout(span), memory, line);
  }

  /** The highest value of the whole session, and when. */
  peak(): { readonly bytes: Bytes; readonly at: Micros } | null {
    const sampled = highestSample(this.data);
    const told = this.#told.highest;
    let best = sampled && { bytes: sampled.value, at: sampled.t };
    if (told !== null && (best === null || told.bytes > best.bytes)) best = told;
    return best && { bytes: best.bytes - this.baseline, at: best.at };
  }

  #marksIn({ phase, step, rank, t0, t1 }: PhaseSpan): MemoryMarker[] {
    return this.#told.lists
      .within(`${rank}:${phase}`, t0, t1)
      .filter(({ step: own }) => own === null || step === null || own === step);
  }
}

function highWater(memory: MemoryMark): Bytes {
  return Math.max(memory.peak ?? memory.allocated, memory.allocated);
}

function less(value: Bytes | null, baseline: Bytes): Bytes | null {
  return value === null ? null : value - baseline;
}
