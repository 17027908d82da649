/** The shape of what a model was called with, by time: announced where it is not what it was at the call before. */
import { TimedLists } from '../../trace/timed-lists';
import type { Marker } from '../../trace/types';
import type { OverlayPhase } from './types';

type ShapeMarker = Extract<Marker, { type: 'phase' }> & { readonly input: readonly number[] };

export class InputShapes {
  readonly #marks: TimedLists<ShapeMarker>;

  constructor(markers: readonly Marker[]) {
    const told = markers.flatMap((marker) =>
      marker.type === 'phase' && marker.input !== undefined
        ? [{ ...marker, input: marker.input }]
        : [],
    );
    this.#marks = new TimedLists(told, ({ rank }) => String(rank));
  }

  /** In effect when the phase began; null where none was told. */
  at({ rank, span }: Pick<OverlayPhase, 'rank' | 'span'>): readonly number[] | null {
    return this.#marks.lastBy(String(rank), span[0])?.input ?? null;
  }
}

/** Alike in all but the first dimension, which is the batch. */
export function sameBut(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.slice(1).join() === b.slice(1).join();
}
