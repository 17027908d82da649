/** The span of time in sight, and how wheel, keys and drags change it. Pure: every function returns a new view. */
import type { Micros } from '../../shared/base/units';

export interface View {
  readonly t0: Micros;
  readonly t1: Micros;
}

/** Nothing is drawn finer than this. */
export const MIN_SPAN_US = 50;

/** Whole microseconds within [0, end], the span kept where it can be. */
export function clampView(view: View, end: Micros): View {
  const full = Math.max(MIN_SPAN_US, end);
  const span = Math.min(full, Math.max(MIN_SPAN_US, Math.round(view.t1 - view.t0)));
  const t0 = Math.min(Math.max(0, Math.round(view.t0)), full - span);
  return { t0, t1: t0 + span };
}

/** Factor below 1 zooms in; the instant `at` stays where it is on screen. */
export function zoomAround(view: View, at: Micros, factor: number, end: Micros): View {
  const span = Math.min(
    Math.max(MIN_SPAN_US, (view.t1 - view.t0) * factor),
    Math.max(MIN_SPAN_US, end),
  );
  const share = (at - view.t0) / Math.max(1, view.t1 - view.t0);
  return clampView({ t0: at - span * share, t1: at + span * (1 - share) }, end);
}

/** Moves by a share of the span in sight. */
export function pan(view: View, share: number, end: Micros): View {
  const by = (view.t1 - view.t0) * share;
  return clampView({ t0: view.t0 + by, t1: view.t1 + by }, end);
}

/** A span with room to either side, for jumps to a finding or a phase. */
export function focusOn(span: readonly [Micros, Micros], end: Micros): View {
  const margin = Math.max((span[1] - span[0]) * 0.15, MIN_SPAN_US);
  return clampView({ t0: span[0] - margin, t1: span[1] + margin }, end);
}

/** What a hand has hold of: the window of a view, or one of its edges. */
export type Grip = 'window' | 'left' | 'right';

/** The view after its window, or one edge of it, was dragged by so much time. */
export function dragView(from: View, grip: Grip, by: Micros, end: Micros): View {
  if (grip === 'window') return clampView({ t0: from.t0 + by, t1: from.t1 + by }, end);
  if (grip === 'left')
    return clampView(
      { t0: Math.max(0, Math.min(from.t0 + by, from.t1 - MIN_SPAN_US)), t1: from.t1 },
      end,
    );
  return clampView(
    { t0: from.t0, t1: Math.min(end, Math.max(from.t1 + by, from.t0 + MIN_SPAN_US)) },
    end,
  );
}
