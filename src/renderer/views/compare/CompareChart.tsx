/** The measured lines of several sessions on one axis, each from its own start. */
import { useMemo, useRef, useState } from 'react';
import type { Micros } from '../../../shared/base/units';
import type { SessionDocument } from '../../../shared/session/session-document';
import { Canvas, useSize } from '../../chart/Canvas';
import { LINE_COLORS } from '../../chart/palette';
import { buildFrame } from '../../chart/picture-frame';
import { readingAt } from '../../chart/polylines';
import { SelectedSpan } from '../../chart/SelectedSpan';
import { exactTime } from '../../chart/scale';
import { usePointerView } from '../../chart/usePointerView';
import type { View } from '../../chart/view';
import { Bytes } from '../../components/Bytes';
import { type SessionTrace, useComparisonTraces, useLinesOption } from './comparison-lines';

export function CompareChart({ sessions }: { sessions: readonly SessionDocument[] }) {
  const surface = useRef<HTMLElement | null>(null);
  const { width, height } = useSize(surface);
  const [chosen, setChosen] = useState<View | null>(null);
  const [at, setAt] = useState<{ t: Micros; x: number } | null>(null);
  const end = Math.max(1000, ...sessions.map(({ durationUs }) => durationUs));
  const view = useMemo(() => chosen ?? { t0: 0, t1: end }, [chosen, end]);
  const frame = useMemo(
    () => buildFrame(width, height, { phases: false, residual: false, utilization: false }),
    [width, height],
  );
  const columns = Math.round(frame.plotWidth);
  const traces = useComparisonTraces(sessions, view, width === 0 ? 0 : columns);
  const option = useLinesOption(traces, view, frame);
  const { selection } = usePointerView(surface, {
    view,
    end,
    frame,
    onView: setChosen,
    onPeak: () => setChosen(null),
    onHover: (t, x) => setAt(t === null ? null : { t, x }),
  });
  const { top, height: plotHeight } = frame.main;
  return (
    <>
      <section
        className="chart"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the chart is driven by keys as a map is
        tabIndex={0}
        aria-label="Measured memory of the compared sessions"
        ref={surface}
      >
        {width > 0 && <Canvas option={option} width={width} height={height} />}
        {selection && <SelectedSpan selection={selection} top={top} height={plotHeight} />}
        {at && <div className="crosshair" style={{ left: at.x, top, height: plotHeight }} />}
      </section>
      <ul className="compare-legend">
        {traces.map((each, i) => (
          <li key={each.session.id}>
            <i className="swatch" style={{ background: LINE_COLORS[i % LINE_COLORS.length] }} />
            <span>{each.session.name}</span>
            <code className="muted">{each.session.overlay.series}</code>
            <strong>
              <Bytes value={valueAt(each, at?.t ?? null, view, columns)} />
            </strong>
          </li>
        ))}
        <li className="muted num">{at ? exactTime(Math.round(at.t)) : 'peaks'}</li>
      </ul>
    </>
  );
}

/** What the line is at an instant; the peak where there is none. */
function valueAt(
  { session: { overlay }, trace }: SessionTrace,
  t: Micros | null,
  view: View,
  columns: number,
): number | null {
  if (t === null) return overlay.measuredPeak?.bytes ?? null;
  const reading = trace && readingAt(trace.envelope, t, view, columns);
  return reading ? reading.value - overlay.baselineBytes : null;
}
