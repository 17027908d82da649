/**
 * What a line says of a span: its highest value and its value at the end.
 * Framework bytes come from the workload's memory markers, which know the high-water mark between samples; every other
 * line is sampled, and a span without a sample has no measured value.
 */

import type { Bytes, Micros } from '../../base/units';
import type { ComponentBytes } from '../../budget/types';
import { highestSample, maxIn, valueAt } from '../../trace/series';
import { FRAMEWORK_ALLOCATED } from '../../trace/series-ids';
import type { Marker, MemoryMark, PhaseSpan, SeriesData } from '../../trace/types';
import { HeldObjects, splitEnd, splitHighest } from './held-objects';

export interface Measured {
  readonly highest: Bytes | null;
  readonly end: Bytes | null;
  readonly components: ComponentBytes | null;
  readonly endComponents: ComponentBytes | null;
  /** The highest value is a high-water mark the framework kept, not a sample. */
  readonly highWater: boolean;
}

type MemoryMarker = Extract<Marker, { type: 'memory' }>;

export class MeasuredLine {
  readonly #marks = new Map<string, MemoryMarker[]>();
  readonly #objects: HeldObjects;

  constructor(
    readonly data: SeriesData,
    readonly baseline: Bytes,
    markers: readonly Marker[],
  ) {
    this.#objects = new HeldObjects(markers);
    if (data.info.id !== FRAMEWORK_ALLOCATED) return;
    for (const marker of markers) {
      if (marker.type !== 'memory') continue;
      const key = `${marker.rank}:${marker.phase}`;
      const list = this.#marks.get(key);
      if (list) list.push(marker);
      else this.#marks.set(key, [marker]);
    }
    for (const list of this.#marks.values()) list.sort((a, b) => a.t - b.t);
  }

  get isFramework(): boolean {
    return this.data.info.id === FRAMEWORK_ALLOCATED;
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
    const highest = maxIn(this.data, span.t0, span.t1)?.value ?? null;
    const end = highest === null ? null : valueAt(this.data, span.t1);
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
    let best = sampled ? { bytes: sampled.value, at: sampled.t } : null;
    for (const list of this.#marks.values()) {
      for (const { t, memory } of list) {
        if (best === null || highWater(memory) > best.bytes)
          best = {
            bytes: highWater(memory),
            at: memory.peak === undefined ? t : (memory.peakAt ?? t),
          };
      }
    }
    return best && { bytes: best.bytes - this.baseline, at: best.at };
  }

  #marksIn({ phase, step, rank, t0, t1 }: PhaseSpan): MemoryMarker[] {
    const list = this.#marks.get(`${rank}:${phase}`) ?? [];
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (list[middle]!.t < t0) low = middle + 1;
      else high = middle;
    }
    const found: MemoryMarker[] = [];
    for (let i = low; i < list.length && list[i]!.t <= t1; i++) {
      const own = list[i]!.step;
      if (own === null || step === null || own === step) found.push(list[i]!);
    }
    return found;
  }
}

function highWater(memory: MemoryMark): Bytes {
  return Math.max(memory.peak ?? memory.allocated, memory.allocated);
}

function less(value: Bytes | null, baseline: Bytes): Bytes | null {
  return value === null ? null : value - baseline;
}
