/** The peak by name: at its place, or at the edge beyond which it lies. */
import { formatBytes, formatExactBytes } from '../../shared/base/format';
import type { Micros } from '../../shared/base/units';
import { type PictureFrame, timeToX } from './picture-frame';
import type { View } from './view';

const LABEL_WIDTH = 150;

export function PeakLabel({
  peak,
  view,
  frame,
  top,
  onPeak,
}: {
  peak: { bytes: number; at: Micros };
  view: View;
  frame: PictureFrame;
  top: number;
  onPeak(): void;
}) {
  const x = timeToX(peak.at, view, frame);
  const right = frame.left + frame.plotWidth;
  const outside = outsideOf(x, frame.left, right);
  const y = frame.main.top + frame.main.height * (1 - peak.bytes / top);
  const toLeft = outside === 'right' || (outside === null && x > right - LABEL_WIDTH);
  return (
    <button
      type="button"
      className="peak-label"
      data-side={toLeft ? 'left' : 'right'}
      data-outside={outside !== null}
      onClick={onPeak}
      style={{
        left: Math.min(right, Math.max(frame.left, x)),
        top: Math.max(frame.main.top + 8, y),
      }}
      title={`Highest measured value: ${formatExactBytes(peak.bytes)}. Show it (P).`}
    >
      {outside === 'left' && '← '}Peak {formatBytes(peak.bytes)}
      {outside === 'right' && ' →'}
    </button>
  );
}

/** Which edge of the plot hides `x`, by more than a pixel; null where none does. */
function outsideOf(x: number, left: number, right: number): 'left' | 'right' | null {
  if (x < left - 1) return 'left';
  return x > right + 1 ? 'right' : null;
}
