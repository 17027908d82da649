/** The shape of what a model was called with, by time: announced where it is not what it was at the call before. */
import type { Marker } from '../../trace/types';
import type { OverlayPhase } from './types';

type ShapeMarker = Extract<Marker, { type: 'phase' }> & { readonly input: readonly number[] };

export class InputShapes {
  readonly #marks = new Map<number, ShapeMarker[]>();

  constructor(markers: readonly Marker[]) {
    for (const marker of markers) {
      if (marker.type !== 'phase' || marker.input === undefined) continue;
      const list = this.#marks.get(marker.rank) ?? [];
      list.push({ ...marker, input: marker.input });
      this.#marks.set(marker.rank, list);
    }
    for (const list of this.#marks.values()) list.sort((a, b) => a.t - b.t);
  }

  /** In effect when the phase began; null where none was told. */
  at({ rank, span }: Pick<OverlayPhase, 'rank' | 'span'>): readonly number[] | null {
    const list = this.#marks.get(rank) ?? [];
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (list[middle]!.t <= span[0]) low = middle + 1;
      else high = middle;
    }
    return list[low - 1]?.input ?? null;
  }
}

/** Alike in all but the first dimension, which is the batch. */
export function sameBut(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.slice(1).join() === b.slice(1).join();
}
