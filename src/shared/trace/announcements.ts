/**
 * What a workload announced, as a session is analysed by it: phases paired as their edges came, and every marker that
 * says more than that a phase or a step began or ended. Edges are most of what there is of a long session: they are taken
 * one by one, and none of them is kept.
 */
import type { Micros } from '../base/units';
import { type Book, carriedOn } from './carried-on';
import { PhasePairing, type PhaseSpans } from './phases';
import type { Marker } from './types';

export class Announcements implements Book<Marker> {
  readonly #pairing = new PhasePairing();
  readonly #ranks = new Set<number>();
  /** In order of arrival, without bare edges but the first of each rank, which tells that there is the rank. */
  readonly markers: Marker[] = [];
  #count = 0;

  take(marker: Marker): void {
    this.#pairing.take(marker);
    this.#count++;
    if (!isBareEdge(marker)) this.markers.push(marker);
    else if (marker.type === 'phase' && !this.#ranks.has(marker.rank)) {
      this.#ranks.add(marker.rank);
      this.markers.push(marker);
    }
  }

  /** Of all markers, edges included. */
  get count(): number {
    return this.#count;
  }

  /** What is open by then ends with the session. Spans that are over are the same objects each time. */
  spansBy(durationUs: Micros): PhaseSpans {
    return this.#pairing.spansBy(durationUs);
  }
}

const isBareEdge = (marker: Marker): boolean =>
  marker.type === 'step' || (marker.type === 'phase' && marker.input === undefined);

/** Of a list in order of arrival, which may grow. */
const announcedBy = carriedOn<Marker, Announcements>(() => new Announcements());

/** Of a session: as they were read page by page, else by its list of markers. */
export const announcedIn = (session: {
  readonly announced?: Announcements;
  readonly markers: readonly Marker[];
}): Announcements => session.announced ?? announcedBy(session.markers);
