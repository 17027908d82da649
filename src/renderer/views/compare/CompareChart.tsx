/** The measured lines of several sessions on one axis, each from its own start. */
import { useEffect, useMemo, useRef, useState } from 'react';
import type { SessionDocument } from '../../../shared/session/session-document';
import { Canvas, useSize } from '../../chart/Canvas';
import { pictureOption } from '../../chart/option';
import { inkFor, LINE_COLORS } from '../../chart/palette';
import { buildFrame } from '../../chart/picture-frame';
import { highest, readingAt, toPairs, toSteps } from '../../chart/polylines';
import { exactTime } from '../../chart/scale';
import { usePointerView } from '../../chart/usePointerView';
import type { View } from '../../chart/view';
import { Bytes } from '../../components/Bytes';
import { useQuery } from '../../state/engine';
import { useTheme } from '../../state/theme';

export function CompareChart({ sessions }: { sessions: readonly SessionDocument[] }) {
  const ink = inkFor(useTheme());
  const surface = useRef<HTMLElement | null>(null);
  const { width, height } = useSize(surface);
  const [chosen, setChosen] = useState<View | null>(null);
  const [at, setAt] = useState<{ t: number; x: number } | null>(null);
  const end = Math.max(1000, ...sessions.map(({ durationUs }) => durationUs));
  const view = useMemo(() => chosen ?? { t0: 0, t1: end }, [chosen, end]);
  const frame = useMemo(
    () => buildFrame(width, height, { phases: false, residual: false, utilization: false }),
    [width, height],
  );
  const columns = Math.round(frame.plotWidth);
  const traces = useQuery(`traces ${sessions.map(({ id }) => id).join()}`, (engine) =>
    Promise.all(
      sessions.map(async ({ id, overlay }) =>
        overlay.series === null || width === 0
          ? []
          : engine.trace({ id, series: [overlay.series], t0: view.t0, t1: view.t1, columns }),
      ),
    ),
  );
  const { refresh } = traces;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is in sight is what is asked for
  useEffect(() => {
    refresh();
  }, [refresh, view, columns]);

  const option = useMemo(() => {
    const lines = sessions.map((session, i) => {
      const trace = traces.data?.[i]?.[0];
      const pairs = trace
        ? toPairs(trace.envelope, session.overlay.baselineBytes)
        : new Float64Array(0);
      return {
        name: session.name,
        color: LINE_COLORS[i % LINE_COLORS.length]!,
        width: 1.75,
        pairs: trace?.info.intervalUs === null ? toSteps(pairs) : pairs,
      };
    });
    const top = Math.max(
      1,
      ...sessions.map(({ overlay }) => overlay.measuredPeak?.bytes ?? 0),
      ...lines.map(({ pairs }) => highest(pairs)),
    );
    return pictureOption({
      view,
      frame,
      ink,
      top: top * 1.06,
      bands: [],
      ceiling: null,
      lines,
      peak: null,
      blocks: [],
      residuals: [],
      residualBound: 0,
      steps: [],
      utilization: null,
    });
  }, [sessions, traces.data, view, frame, ink]);

  const { selection } = usePointerView(surface, {
    view,
    end,
    frame,
    onView: setChosen,
    onPeak: () => setChosen(null),
    onHover: (t, x) => setAt(t === null ? null : { t, x }),
  });
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
        {selection && (
          <div
            className="selection"
            style={{
              left: selection[0],
              width: selection[1] - selection[0],
              top: frame.main.top,
              height: frame.main.height,
            }}
          />
        )}
        {at && (
          <div
            className="crosshair"
            style={{ left: at.x, top: frame.main.top, height: frame.main.height }}
          />
        )}
      </section>
      <ul className="compare-legend">
        {sessions.map((session, i) => {
          const trace = traces.data?.[i]?.[0];
          const reading = at && trace ? readingAt(trace.envelope, at.t, view, columns) : null;
          const value = at
            ? reading
              ? reading.value - session.overlay.baselineBytes
              : null
            : (session.overlay.measuredPeak?.bytes ?? null);
          return (
            <li key={session.id}>
              <i className="swatch" style={{ background: LINE_COLORS[i % LINE_COLORS.length] }} />
              <span>{session.name}</span>
              <code className="muted">{session.overlay.series}</code>
              <strong>
                <Bytes value={value} />
              </strong>
            </li>
          );
        })}
        <li className="muted num">{at ? exactTime(Math.round(at.t)) : 'peaks'}</li>
      </ul>
    </>
  );
}
