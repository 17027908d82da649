/** What can be done to a timeline, for commands, keys and menus: pure over the session and the stores of its state. */
import type { Micros } from '../../shared/base/units';
import { MIN_END_US, runEnd } from '../../shared/picture/budget-picture';
import type { SessionDocument } from '../../shared/session/session-document';
import { clampView, focusOn, pan, type View, zoomAround } from '../chart/view';
import type { Span, TimelineState } from './timeline-state';

export interface TimelineActions {
  /** Below 1 zooms in; about the cursor where there is one in sight, else about the middle. */
  zoom(factor: number, at?: Micros): void;
  /** By a share of the span in sight. */
  pan(share: number): void;
  fit(): void;
  fitSelection(): void;
  showPeak(): void;
  show(span: Span): void;
  /** The beginning of the next phase, finding or note after the cursor; the view follows. */
  nextMarker(): void;
  previousMarker(): void;
  /** Puts the cursor there; the view follows where that is out of sight. */
  goTo(t: Micros | null): void;
  select(span: Span | null): void;
  selectView(): void;
}

export function timelineActions(session: SessionDocument, state: TimelineState): TimelineActions {
  const end = runEnd(session);
  const view = (): View => state.view.get() ?? { t0: 0, t1: end };
  const look = (next: View) => setView(state, next, end);
  const goTo = (t: Micros | null): void => {
    if (t === null) return;
    const now = view();
    state.cursor.set(t);
    if (t < now.t0 || t > now.t1) {
      const half = (now.t1 - now.t0) / 2;
      look(clampView({ t0: t - half, t1: t + half }, end));
    }
  };
  return {
    zoom(factor, at) {
      const now = view();
      const cursor = at ?? state.cursor.get() ?? Number.NaN;
      const isSeen = now.t0 <= cursor && cursor <= now.t1;
      look(zoomAround(now, isSeen ? cursor : (now.t0 + now.t1) / 2, factor, end));
    },
    pan: (share) => look(pan(view(), share, end)),
    fit: () => state.view.set(null),
    fitSelection() {
      const span = state.selection.get();
      if (span) look(clampView({ t0: span[0], t1: span[1] }, end));
    },
    showPeak() {
      const peak = session.overlay.measuredPeak;
      if (!peak) return;
      const now = view();
      const span = Math.max(MIN_END_US, (now.t1 - now.t0) * 0.4, end / 200);
      look(focusOn([peak.at - span / 2, peak.at + span / 2], end));
      state.cursor.set(peak.at);
    },
    goTo,
    show: (span) => look(focusOn(span, end)),
    nextMarker: () => goTo(nextAfter(listMoments(session), state.cursor.get() ?? view().t0)),
    previousMarker: () => goTo(lastBefore(listMoments(session), state.cursor.get() ?? view().t1)),
    select: (span) => state.selection.set(span),
    selectView() {
      const { t0, t1 } = view();
      state.selection.set([t0, t1]);
    },
  };
}

/** A view of everything is the whole run, which grows; one that leaves the end behind no longer follows it. */
export function setView(state: TimelineState, next: View, end: Micros): void {
  const isWhole = next.t0 <= 0 && next.t1 >= end;
  if (!isWhole) state.follow.set(next.t1 >= end);
  state.view.set(isWhole ? null : next);
}

/** Where markers stand, unordered. */
function listMoments(session: SessionDocument): readonly Micros[] {
  return [
    ...session.overlay.phases.map(({ span }) => span[0]),
    ...session.findings.map(({ span }) => span[0]),
    ...(session.marks ?? []).map(({ t }) => t),
    ...session.markers.filter(({ type }) => type === 'note').map(({ t }) => t),
  ];
}

function nextAfter(moments: readonly Micros[], t: Micros): Micros | null {
  let best: Micros | null = null;
  for (const at of moments) if (at > t && (best === null || at < best)) best = at;
  return best;
}

function lastBefore(moments: readonly Micros[], t: Micros): Micros | null {
  let best: Micros | null = null;
  for (const at of moments) if (at < t && (best === null || at > best)) best = at;
  return best;
}
