/** Under the crosshair, where the prediction is known by operation or block: which one it is, and the bytes predicted and measured there. */
import type { Micros } from '../../shared/base/units';
import { timeToX } from '../chart/lane';
import type { LaneLayout } from '../chart/lane-layout';
import { useMoved } from '../chart/useMoved';
import type { View } from '../chart/view';
import type { Store } from '../state/store';
import { type CurveWindow, describeReading } from './curve-window';

/** About as wide as it gets. */
const NOTE_PX = 300;

export function CurveNote({
  curves,
  rows: { rows, left, width },
  cursor,
  view,
  answers,
}: {
  curves: CurveWindow;
  rows: LaneLayout;
  cursor: Store<Micros | null>;
  view: Store<View>;
  answers: Store<unknown>;
}) {
  const row = rows.find(({ lane, isFolded }) => lane.id === 'memory' && !isFolded);
  const note = useMoved<HTMLDivElement>(
    (element) => {
      const t = cursor.get();
      const reading = t === null ? null : curves.readAt(t);
      element.hidden = reading === null;
      if (t === null || reading === null) return;
      const x = timeToX(t, view.get(), { left, width });
      element.style.left = `${x}px`;
      element.dataset.side = x > left + width - NOTE_PX ? 'left' : 'right';
      const [where, bytes] = element.children;
      if (where) where.textContent = reading.where;
      if (bytes) bytes.textContent = describeReading(reading);
    },
    cursor,
    view,
    answers,
  );
  if (!row) return null;
  return (
    <div
      ref={note}
      className="curve-note"
      data-testid="curve-note"
      style={{ top: row.top + 8 }}
      hidden
    >
      <strong />
      <span className="num" />
    </div>
  );
}
