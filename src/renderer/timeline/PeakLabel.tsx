/** The peak by name: at its place, or at the edge beyond which it lies. */
import { formatBytes, formatExactBytes } from '../../shared/base/format';
import type { SessionDocument } from '../../shared/session/session-document';
import { timeToX } from '../chart/lane';
import type { LaneLayout } from '../chart/lane-layout';
import { useMoved } from '../chart/useMoved';
import type { View } from '../chart/view';
import type { Store } from '../state/store';

const LABEL_WIDTH = 150;

export function PeakLabel({
  session,
  rows: { rows, left, width },
  view,
  onPeak,
}: {
  session: SessionDocument;
  rows: LaneLayout;
  view: Store<View>;
  onPeak(): void;
}) {
  const peak = session.overlay.measuredPeak;
  const row = rows.find(({ lane, isFolded }) => lane.id === 'memory' && !isFolded);
  const label = useMoved<HTMLButtonElement>((element) => {
    if (!peak) return;
    const right = left + width;
    const x = timeToX(peak.at, view.get(), { left, width });
    const outside = findSide(x, left, right);
    const toLeft = outside === 'right' || (outside === null && x > right - LABEL_WIDTH);
    element.style.left = `${Math.min(right, Math.max(left, x))}px`;
    element.dataset.side = toLeft ? 'left' : 'right';
    element.dataset.outside = outside ?? 'no';
  }, view);
  if (!peak || !row) return null;
  const y = row.top + row.height * (1 - peak.bytes / row.lane.scale.max);
  return (
    <button
      type="button"
      ref={label}
      className="peak-label"
      onClick={onPeak}
      style={{ top: Math.max(row.top + 12, y) }}
      title={`Highest measured value: ${formatExactBytes(peak.bytes)}. Show it (P).`}
    >
      Peak {formatBytes(peak.bytes)}
    </button>
  );
}

/** Which edge of the plot hides `x`, by more than a pixel; null where none does. */
function findSide(x: number, left: number, right: number): 'left' | 'right' | null {
  if (x < left - 1) return 'left';
  return x > right + 1 ? 'right' : null;
}
