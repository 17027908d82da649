/** What a drag is selecting, shaded. */
import type { Selection } from './pointer-view';

export function SelectedSpan({
  selection: [left, right],
  top,
  height,
}: {
  selection: Selection;
  top: number;
  height: number;
}) {
  return <div className="selection" style={{ left, width: right - left, top, height }} />;
}
