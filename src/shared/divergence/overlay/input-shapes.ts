/** The shape of what a model was called with, by time: announced where it is not what it was at the call before. */
import { carriedOn, type MarkerOf, markersOf } from '../../trace/carried-on';
import { TimedLists } from '../../trace/timed-lists';
import type { Marker } from '../../trace/types';
import type { OverlayPhase } from './types';

type ShapeMarker = MarkerOf<'phase'> & { readonly input: readonly number[] };

/** Of the phases' markers those that tell a shape. */
class ToldShapes {
  readonly lists = new TimedLists<ShapeMarker>([], ({ rank }) => String(rank));

  take(marker: MarkerOf<'phase'>): void {
    const { input } = marker;
    if (input !== undefined) this.lists.take({ ...marker, input });
  }
}
const listShapes = carriedOn<MarkerOf<'phase'>, ToldShapes>(() => new ToldShapes());

export class InputShapes {
  readonly #markers: readonly Marker[];

  /** `markers` may grow: what is asked later is answered by all there are then. */
  constructor(markers: readonly Marker[]) {
    this.#markers = markers;
  }

  /** In effect when the phase began; null where none was told. */
  at({ rank, span }: Pick<OverlayPhase, 'rank' | 'span'>): readonly number[] | null {
    const { lists } = listShapes(markersOf(this.#markers, 'phase'));
    return lists.lastBy(String(rank), span[0])?.input ?? null;
  }
}

/** Alike in all but the first dimension, which is the batch. */
export function sameBut(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.slice(1).join() === b.slice(1).join();
}
