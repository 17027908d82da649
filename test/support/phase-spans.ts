/** Phases of a hand-made list of markers, as a session's are paired; the list may grow from call to call. */
import type { Micros } from '../../src/shared/base/units';
import { announcedIn } from '../../src/shared/trace/announcements';
import type { PhaseSpans } from '../../src/shared/trace/phases';
import type { Marker } from '../../src/shared/trace/types';

export const phaseSpans = (markers: readonly Marker[], durationUs: Micros): PhaseSpans =>
  announcedIn({ markers }).spansBy(durationUs);
