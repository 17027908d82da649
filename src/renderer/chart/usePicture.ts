/** What the chart of a session shows for a view: asked of the engine, laid out and made ready to draw. */
import { useMemo } from 'react';
import type { Bytes, Micros } from '../../shared/base/units';
import type { Tier } from '../../shared/base/vocabulary';
import type { SessionDocument } from '../../shared/session/session-document';
import { useTheme } from '../state/theme';
import { ceiling, listComponents, type PredictedSpan, polygons, visibleSpans } from './bands';
import type { ChartOption } from './echarts';
import type { Hover } from './hover';
import { pictureOption } from './option';
import { inkFor } from './palette';
import { buildPhaseBlocks, buildStepBlocks, LANE, RESIDUALS, residualBound } from './phase-blocks';
import type { Line } from './picture';
import { buildFrame, type PictureFrame } from './picture-frame';
import { drawnPairs, highest, isCrowded, readingAt, upperEdge } from './polylines';
import { byteScale, HEADROOM } from './scale';
import { useTrace } from './useTrace';
import { buildUtilization, drawUtilization, type Utilization } from './utilization';
import type { View } from './view';

export interface SessionPicture {
  readonly option: ChartOption;
  readonly frame: PictureFrame;
  readonly utilization: Utilization | null;
  /** Edge of the residual lane. */
  readonly residualBound: Bytes;
  /** Where the axis of memory ends. */
  readonly top: Bytes;
  readonly isLoading: boolean;
  /** What was measured at an instant, less the baseline. */
  readingAt(t: Micros): Hover['measured'];
}

interface Question {
  readonly session: SessionDocument;
  readonly spans: readonly PredictedSpan[];
  readonly tier: Tier;
  readonly view: View;
  readonly width: number;
  readonly height: number;
}

export function usePicture(question: Question): SessionPicture {
  const { session, spans, tier, view, width, height } = question;
  const { overlay } = session;
  const ink = inkFor(useTheme());
  const utilization = useMemo(() => buildUtilization(session), [session]);
  const frame = useFrame(width, height, {
    phases: overlay.phases.length > 0,
    residual: spans.length > 0,
    utilization: utilization !== null,
  });
  const wanted = [overlay.series, utilization?.id ?? null].filter((id) => id !== null);
  const plotWidth = width && frame.plotWidth;
  const trace = useTrace(session.id, wanted, view.t0, view.t1, plotWidth, session.durationUs);
  const measured = trace.data?.find(({ info }) => info.id === overlay.series) ?? null;
  const busy = trace.data?.find(({ info }) => info.id === utilization?.id) ?? null;
  const bound = useMemo(() => residualBound(overlay, tier), [overlay, tier]);
  const order = useMemo(() => listComponents(spans), [spans]);
  const steps = useMemo(() => buildStepBlocks(overlay), [overlay]);
  const option = useMemo(() => {
    const shown = visibleSpans(spans, view.t0, view.t1, frame.plotWidth);
    const pairs = drawnPairs(measured, overlay.baselineBytes);
    const peak = overlay.measuredPeak;
    return pictureOption({
      view,
      frame,
      ink,
      top: Math.max(highestOf(spans, peak?.bytes ?? 0), highest(pairs)) * HEADROOM,
      bands: polygons(shown, order),
      ceiling: ceiling(shown),
      lines: drawMeasured(overlay.series ?? '', pairs, ink.measured, view, frame.plotWidth),
      peak: peak && { t: peak.at, bytes: peak.bytes },
      blocks: buildPhaseBlocks(overlay, view, frame.plotWidth, tier, LANE),
      residuals: buildPhaseBlocks(overlay, view, frame.plotWidth, tier, RESIDUALS),
      steps: steps.filter(({ t0, t1 }) => t1 >= view.t0 && t0 <= view.t1),
      residualBound: bound,
      utilization: utilization && busy && drawUtilization(utilization, busy, view, frame.plotWidth),
    });
  }, [spans, view, frame, ink, measured, busy, utilization, overlay, order, steps, tier, bound]);
  return {
    option,
    frame,
    utilization,
    residualBound: bound,
    top: byteScale(highestOf(spans, overlay.measuredPeak?.bytes ?? 0) * HEADROOM).max,
    isLoading: trace.loading,
    readingAt: (t) => {
      const reading = measured && readingAt(measured.envelope, t, view, frame.plotWidth);
      if (!reading) return null;
      const { at, value, min, max } = reading;
      const less = overlay.baselineBytes;
      return { at, value: value - less, min: min - less, max: max - less };
    },
  };
}

/** By what is there and not by the document: a live session has a new one four times a second. */
function useFrame(
  width: number,
  height: number,
  { phases, residual, utilization }: Parameters<typeof buildFrame>[2],
): PictureFrame {
  return useMemo(
    () => buildFrame(width, height, { phases, residual, utilization }),
    [width, height, phases, residual, utilization],
  );
}

const highestOf = (spans: readonly PredictedSpan[], least: Bytes): Bytes =>
  Math.max(least, ...spans.map(({ total }) => total));

/** One line, or where samples crowd the pixels their upper edge over all of them. */
function drawMeasured(
  name: string,
  pairs: Float64Array,
  color: string,
  view: View,
  width: number,
): readonly Line[] {
  if (!isCrowded(pairs, width)) return [{ name, pairs, color, width: 1.75 }];
  return [
    { name: 'All samples', pairs, color, width: 1, opacity: 0.14 },
    { name, pairs: upperEdge(pairs, view, width), color, width: 1.5 },
  ];
}
