/** What lies over all lanes at once: the crosshair with its time, the selection, and a span that is lit. */

import { formatDuration } from '../../shared/base/format';
import type { Micros } from '../../shared/base/units';
import { createStore, type Store, useStore } from '../state/store';
import { timeToX } from './lane';
import type { LaneLayout } from './lane-layout';
import { exactTime } from './scale';
import { useMoved } from './useMoved';
import type { View } from './view';

type Span = readonly [Micros, Micros];
const NOTHING: Store<Span | null> = createStore<Span | null>(null);

export function SpanMarks({
  view,
  cursor,
  selection,
  lit = NOTHING,
  layout,
  height,
}: {
  view: Store<View>;
  cursor: Store<Micros | null>;
  selection: Store<Span | null>;
  lit?: Store<Span | null>;
  layout: LaneLayout;
  height: number;
}) {
  return (
    <div
      className="span-marks"
      style={{ left: layout.left, width: layout.width, height }}
      aria-hidden="true"
    >
      <SpanMark className="lit" span={useStore(lit)} view={view} layout={layout} />
      <SpanMark
        className="selection"
        span={useStore(selection)}
        view={view}
        layout={layout}
        isTold
      />
      <Crosshair cursor={cursor} view={view} layout={layout} />
    </div>
  );
}

function SpanMark({
  span,
  view,
  layout,
  className,
  isTold = false,
}: {
  span: Span | null;
  view: Store<View>;
  layout: LaneLayout;
  className: string;
  isTold?: boolean;
}) {
  const mark = useMoved<HTMLDivElement>((element) => {
    const now = view.get();
    const isOutside = span === null || span[1] < now.t0 || span[0] > now.t1;
    element.hidden = isOutside;
    if (isOutside) return;
    const edge = (t: Micros) =>
      Math.min(layout.width, Math.max(0, timeToX(t, now, { left: 0, width: layout.width })));
    const [left, right] = [edge(span[0]), edge(span[1])];
    element.style.left = `${left}px`;
    element.style.width = `${Math.max(1, right - left)}px`;
    element.dataset.wide = String(right - left > 60);
  }, view);
  if (span === null) return null;
  return (
    <div ref={mark} className={className}>
      {isTold && <span>{formatDuration(span[1] - span[0])}</span>}
    </div>
  );
}

function Crosshair({
  cursor,
  view,
  layout,
}: {
  cursor: Store<Micros | null>;
  view: Store<View>;
  layout: LaneLayout;
}) {
  const crosshair = useMoved<HTMLDivElement>(
    (element) => {
      const t = cursor.get();
      const now = view.get();
      element.hidden = t === null || t < now.t0 || t > now.t1;
      if (t === null || element.hidden) return;
      const x = timeToX(t, now, { left: 0, width: layout.width });
      element.style.transform = `translateX(${x}px)`;
      element.dataset.side = x > layout.width - 90 ? 'left' : 'right';
      const [told] = element.children;
      if (told) told.textContent = exactTime(Math.round(t));
    },
    view,
    cursor,
  );
  return (
    <div ref={crosshair} className="crosshair">
      <span />
    </div>
  );
}
