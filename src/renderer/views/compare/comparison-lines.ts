/** The part of each compared session's line that is in sight, and how the lines are drawn. */
import { useEffect, useMemo } from 'react';
import type { TraceView } from '../../../shared/contract/api';
import type { SessionDocument } from '../../../shared/session/session-document';
import type { ChartOption } from '../../chart/echarts';
import { pictureOption } from '../../chart/option';
import { inkFor, LINE_COLORS } from '../../chart/palette';
import type { PictureFrame } from '../../chart/picture-frame';
import { drawnPairs, highest } from '../../chart/polylines';
import { HEADROOM } from '../../chart/scale';
import type { View } from '../../chart/view';
import { useQuery } from '../../state/engine';
import { useTheme } from '../../state/theme';

export interface SessionTrace {
  readonly session: SessionDocument;
  /** Null until it is here, and where nothing was measured. */
  readonly trace: TraceView | null;
}

/** Nothing is asked while `columns` is 0, before the first layout. */
export function useComparisonTraces(
  sessions: readonly SessionDocument[],
  view: View,
  columns: number,
): readonly SessionTrace[] {
  const key = `traces ${sessions.map(({ id }) => id).join()}`;
  const { data, refresh } = useQuery(key, (engine) =>
    Promise.all(
      sessions.map(async ({ id, overlay: { series } }) => {
        if (series === null || columns === 0) return null;
        const [trace] = await engine.trace({ id, series: [series], ...view, columns });
        return trace ?? null;
      }),
    ),
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is in sight is what is asked for
  useEffect(() => {
    refresh();
  }, [refresh, view, columns]);
  return useMemo(
    () => sessions.map((session, i) => ({ session, trace: data?.[i] ?? null })),
    [sessions, data],
  );
}

export function useLinesOption(
  traces: readonly SessionTrace[],
  view: View,
  frame: PictureFrame,
): ChartOption {
  const ink = inkFor(useTheme());
  return useMemo(() => {
    const lines = traces.map(({ session, trace }, i) => ({
      name: session.name,
      color: LINE_COLORS[i % LINE_COLORS.length] ?? ink.measured,
      width: 1.75,
      pairs: drawnPairs(trace, session.overlay.baselineBytes),
    }));
    const peaks = traces.map(({ session }) => session.overlay.measuredPeak?.bytes ?? 0);
    const top = Math.max(1, ...peaks, ...lines.map(({ pairs }) => highest(pairs)));
    return pictureOption({
      view,
      frame,
      ink,
      top: top * HEADROOM,
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
  }, [traces, view, frame, ink]);
}
