/** The head of a lane: its name, its unit, what it reads under the cursor; folded, hidden, and made higher by its edge. */
import { ChevronDown, ChevronRight, EyeOff } from 'lucide-react';
import { type PointerEvent, useRef } from 'react';
import type { Micros } from '../../shared/base/units';
import type { Store } from '../state/store';
import { changeLane, type LaneSettings } from './lane';
import { type LaneLayout, type LaneRow, LEAST_HEIGHT, SCALE_WIDTH } from './lane-layout';
import { useMoved } from './useMoved';
import type { View } from './view';

export function LaneHead({
  row,
  layout,
  settings,
  cursor,
  view,
  answers,
}: {
  row: LaneRow;
  layout: LaneLayout;
  settings: Store<LaneSettings>;
  cursor: Store<Micros | null>;
  view: Store<View>;
  answers: Store<unknown>;
}) {
  const { lane, top, height, isFolded } = row;
  const change = (setting: LaneSettings[string]) =>
    settings.set(changeLane(settings.get(), lane.id, setting));
  return (
    <div
      className="lane-head"
      data-lane={lane.id}
      data-folded={isFolded}
      data-low={height < 36}
      style={{ top, height, width: layout.left - SCALE_WIDTH }}
      title={lane.about}
    >
      <div className="lane-name">
        <button
          type="button"
          className="lane-button"
          aria-expanded={!isFolded}
          aria-label={`${isFolded ? 'Unfold' : 'Fold'} ${lane.name}`}
          onClick={() => change({ isFolded: !isFolded })}
        >
          {isFolded ? <ChevronRight size={13} /> : <ChevronDown size={13} />}
        </button>
        <strong>{lane.name}</strong>
        <button
          type="button"
          className="lane-button lane-hide"
          aria-label={`Hide ${lane.name}`}
          onClick={() => change({ isHidden: true })}
        >
          <EyeOff size={12} />
        </button>
      </div>
      <LaneReading row={row} cursor={cursor} view={view} answers={answers} width={layout.width} />
      {!isFolded && <HeightGrip row={row} onHeight={(to) => change({ height: to })} />}
    </div>
  );
}

function LaneReading({
  row: { lane },
  cursor,
  view,
  answers,
  width,
}: {
  row: LaneRow;
  cursor: Store<Micros | null>;
  view: Store<View>;
  answers: Store<unknown>;
  width: number;
}) {
  const reading = useMoved<HTMLSpanElement>(
    (element) => {
      const t = cursor.get();
      const { t0, t1 } = view.get();
      const text = t === null ? '' : lane.readAt(t, (t1 - t0) / width);
      element.dataset.resting = String(text === '');
      element.textContent = text === '' ? lane.unit : text;
    },
    cursor,
    answers,
  );
  return <span ref={reading} className="lane-reading" data-testid={`reading-${lane.id}`} />;
}

/** Dragged, the lane's height follows; by keys it grows and shrinks. */
function HeightGrip({ row, onHeight }: { row: LaneRow; onHeight(height: number): void }) {
  const begun = useRef<{ y: number; height: number } | null>(null);
  const press = (event: PointerEvent) => {
    begun.current = { y: event.clientY, height: row.height };
    event.currentTarget.setPointerCapture(event.pointerId);
    event.stopPropagation();
  };
  const move = (event: PointerEvent) => {
    if (begun.current)
      onHeight(Math.max(LEAST_HEIGHT, begun.current.height + event.clientY - begun.current.y));
  };
  return (
    <button
      type="button"
      className="lane-grip"
      aria-label={`Height of ${row.lane.name}: drag, or the arrow keys`}
      onPointerDown={press}
      onPointerMove={move}
      onPointerUp={() => {
        begun.current = null;
      }}
      onKeyDown={(event) => {
        const by = { ArrowUp: -8, ArrowDown: 8 }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        onHeight(Math.max(LEAST_HEIGHT, row.height + by));
      }}
    />
  );
}
