/** The picture of a session: phases, the measured line over the stacked budget, residuals and utilization on one time axis. */

import { useEffect, useMemo, useRef } from 'react';
import { formatBytes, formatExactBytes, formatPercent } from '../../shared/base/format';
import type { Micros } from '../../shared/base/units';
import type { Tier } from '../../shared/base/vocabulary';
import type { SessionDocument } from '../../shared/session/session-document';
import { type Store, useStore } from '../state/store';
import { useTheme } from '../state/theme';
import { ceiling, listComponents, type PredictedSpan, polygons, visibleSpans } from './bands';
import { Canvas, useSize } from './Canvas';
import { HoverCard } from './HoverCard';
import type { Hover } from './hover';
import { pictureOption } from './option';
import { inkFor } from './palette';
import { buildPhaseBlocks, buildStepBlocks, LANE, RESIDUALS, residualBound } from './phase-blocks';
import { buildFrame, type PictureFrame, timeToX, xToTime } from './picture-frame';
import {
  highest,
  isCrowded,
  overWindows,
  readingAt,
  toPairs,
  toSteps,
  upperEdge,
} from './polylines';
import { byteScale } from './scale';
import { usePointerView } from './usePointerView';
import { useTrace } from './useTrace';
import { buildUtilization } from './utilization';
import { focusOn, type View } from './view';

interface Props {
  readonly session: SessionDocument;
  readonly spans: readonly PredictedSpan[];
  readonly tier: Tier;
  readonly view: View | null;
  readonly hover: Store<Hover | null>;
  onView(view: View | null): void;
}

export function TraceChart({ session, spans, tier, view: chosen, hover, onView }: Props) {
  const { overlay } = session;
  const surface = useRef<HTMLElement | null>(null);
  const { width, height } = useSize(surface);
  const ink = inkFor(useTheme());
  const end = Math.max(1000, session.durationUs);
  const view = useMemo(() => chosen ?? { t0: 0, t1: end }, [chosen, end]);
  const utilization = useMemo(() => buildUtilization(session), [session]);
  const hasResiduals = spans.length > 0;
  const hasUtilization = utilization !== null;
  const hasPhases = overlay.phases.length > 0;
  const frame = useMemo(
    () =>
      buildFrame(width, height, {
        phases: hasPhases,
        residual: hasResiduals,
        utilization: hasUtilization,
      }),
    [width, height, hasPhases, hasResiduals, hasUtilization],
  );
  const wanted = [overlay.series, utilization?.id ?? null].filter((id) => id !== null);
  const trace = useTrace(
    session.id,
    wanted,
    view.t0,
    view.t1,
    width && frame.plotWidth,
    session.durationUs,
  );
  const measured = trace.data?.find(({ info }) => info.id === overlay.series) ?? null;
  const utilizationTrace =
    utilization && trace.data?.find(({ info }) => info.id === utilization.id);
  const peak = overlay.measuredPeak;

  const bound = useMemo(() => residualBound(overlay, tier), [overlay, tier]);
  // A process tree can use more than one core; the lane's edge is then the next whole hundred.
  const utilizationTop = Math.max(
    100,
    Math.ceil(
      ((utilization?.max ?? 0) * (utilization?.unit === 'millipercent' ? 1e-3 : 1)) / 100 - 1e-9,
    ) * 100,
  );
  const order = useMemo(() => listComponents(spans), [spans]);
  const steps = useMemo(() => buildStepBlocks(overlay), [overlay]);
  const option = useMemo(() => {
    const shown = visibleSpans(spans, view.t0, view.t1, frame.plotWidth);
    const raw = measured ? toPairs(measured.envelope, overlay.baselineBytes) : new Float64Array(0);
    // Counters that tell of changes hold their value until the next one.
    const pairs = measured?.info.intervalUs === null ? toSteps(raw) : raw;
    const top = Math.max(peak?.bytes ?? 0, highest(pairs), ...spans.map(({ total }) => total));
    const samples = utilizationTrace
      ? toPairs(
          utilizationTrace.envelope,
          0,
          utilizationTrace.info.unit === 'millipercent' ? 1e-3 : 1,
        )
      : null;
    const rawUtilization =
      samples && utilizationTrace
        ? utilizationTrace.info.windowUs === null
          ? toSteps(samples)
          : overWindows(samples, {
              ...utilizationTrace.info,
              windowUs: utilizationTrace.info.windowUs,
            })
        : null;
    const utilizationPairs =
      samples && rawUtilization && isCrowded(rawUtilization, frame.plotWidth)
        ? upperEdge(samples, view, frame.plotWidth)
        : rawUtilization;
    return pictureOption({
      view,
      frame,
      ink,
      top: top * 1.06,
      bands: polygons(shown, order),
      ceiling: ceiling(shown),
      lines: isCrowded(pairs, frame.plotWidth)
        ? [
            { name: 'All samples', pairs, color: ink.measured, width: 1, opacity: 0.14 },
            {
              name: overlay.series ?? '',
              pairs: upperEdge(pairs, view, frame.plotWidth),
              color: ink.measured,
              width: 1.5,
            },
          ]
        : [{ name: overlay.series ?? '', pairs, color: ink.measured, width: 1.75 }],
      peak: peak && { t: peak.at, bytes: peak.bytes },
      blocks: buildPhaseBlocks(overlay, view, frame.plotWidth, tier, LANE),
      residuals: buildPhaseBlocks(overlay, view, frame.plotWidth, tier, RESIDUALS),
      steps: steps.filter(({ t0, t1 }) => t1 >= view.t0 && t0 <= view.t1),
      residualBound: bound,
      utilization: utilizationPairs && { pairs: utilizationPairs, max: utilizationTop },
    });
  }, [
    spans,
    view,
    frame,
    ink,
    measured,
    utilizationTrace,
    overlay,
    order,
    steps,
    tier,
    peak,
    bound,
    utilizationTop,
  ]);

  const onPeak = () => {
    if (!peak) return;
    const span = Math.max(1000, (view.t1 - view.t0) * 0.4, end / 200);
    onView(focusOn([peak.at - span / 2, peak.at + span / 2], end));
  };
  const { selection } = usePointerView(surface, {
    view,
    end,
    frame,
    onView,
    onPeak,
    onHover: (t, x, y) => hover.set(t === null ? null : { t, x, y, measured: readingOf(t) }),
  });
  const readingOf = (t: Micros): Hover['measured'] => {
    const reading = measured && readingAt(measured.envelope, t, view, frame.plotWidth);
    if (!reading) return null;
    const less = overlay.baselineBytes;
    return {
      at: reading.at,
      value: reading.value - less,
      min: reading.min - less,
      max: reading.max - less,
    };
  };
  // The view moved beneath a resting pointer: what it points at is another instant now.
  // biome-ignore lint/correctness/useExhaustiveDependencies: readingOf depends on these and no more
  useEffect(() => {
    const at = hover.get();
    if (!at) return;
    const t = xToTime(at.x, view, frame);
    hover.set({ ...at, t, measured: readingOf(t) });
  }, [view, frame, measured, hover]);
  const laneTitle = (
    box: { top: number; height: number } | null,
    text: string,
    scale: string,
    title: string,
  ) =>
    box && (
      <span
        className="lane-title"
        style={{ top: box.top, height: box.height, width: frame.left - 12 }}
        title={title}
      >
        {text}
        {scale && <small>{scale}</small>}
      </span>
    );
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the chart is driven by keys as a map is
      tabIndex={0}
      ref={surface}
      className="chart"
      aria-label="Measured memory over the predicted budget. W and S zoom, A and D move, F fits, P shows the peak."
      data-view={`${view.t0}-${view.t1}`}
      data-loading={trace.loading}
    >
      {width > 0 && <Canvas option={option} width={width} height={height} />}
      {laneTitle(frame.phases, 'Phases', '', 'Phases the workload announced')}
      {laneTitle(
        frame.residual,
        'Residual',
        bound > 0 ? `± ${formatBytes(bound)}` : 'none',
        'Measured minus predicted, at each phase’s highest moment: above the line more was measured, below it less',
      )}
      {laneTitle(
        frame.utilization,
        utilization?.name ?? '',
        `to ${utilizationTop}%`,
        utilization
          ? `${utilization.id}, highest ${utilization.unit === 'millipercent' ? formatPercent((utilization.max ?? 0) / 1000) : utilization.max}`
          : '',
      )}
      {peak && width > 0 && (
        <PeakLabel
          peak={peak}
          view={view}
          frame={frame}
          top={byteScale(optionTop(spans, peak.bytes)).max}
          onPeak={onPeak}
        />
      )}
      {selection && (
        <div
          className="selection"
          style={{
            left: selection[0],
            width: selection[1] - selection[0],
            top: frame.main.top,
            height: frame.height - frame.main.top - 26,
          }}
        />
      )}
      <Cursor
        hover={hover}
        frame={frame}
        session={session}
        spans={spans}
        tier={tier}
        width={width}
        selecting={selection !== null}
      />
    </section>
  );
}

const optionTop = (all: readonly PredictedSpan[], peak: number): number =>
  Math.max(peak, ...all.map(({ total }) => total)) * 1.06;

function PeakLabel({
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
  const outside =
    x < frame.left - 1 ? 'left' : x > frame.left + frame.plotWidth + 1 ? 'right' : null;
  const y = frame.main.top + frame.main.height * (1 - peak.bytes / top);
  const toLeft =
    outside === 'right' || (outside === null && x > frame.left + frame.plotWidth - 150);
  const at =
    outside === 'left' ? frame.left : outside === 'right' ? frame.left + frame.plotWidth : x;
  return (
    <button
      type="button"
      className="peak-label"
      data-side={toLeft ? 'left' : 'right'}
      data-outside={outside !== null}
      onClick={onPeak}
      style={{ left: at, top: Math.max(frame.main.top + 8, y) }}
      title={`Highest measured value: ${formatExactBytes(peak.bytes)}. Show it (P).`}
    >
      {outside === 'left' && '← '}Peak {formatBytes(peak.bytes)}
      {outside === 'right' && ' →'}
    </button>
  );
}

function Cursor({
  hover,
  frame,
  session,
  spans,
  tier,
  width,
  selecting,
}: {
  hover: Store<Hover | null>;
  frame: PictureFrame;
  session: SessionDocument;
  spans: readonly PredictedSpan[];
  tier: Tier;
  width: number;
  selecting: boolean;
}) {
  const at = useStore(hover);
  if (!at) return null;
  return (
    <>
      <div
        className="crosshair"
        style={{
          left: at.x,
          top: frame.phases?.top ?? frame.main.top,
          height: frame.height - 26 - (frame.phases?.top ?? frame.main.top),
        }}
      />
      {!selecting && (
        <HoverCard
          at={at}
          session={session}
          spans={spans}
          tier={tier}
          width={width}
          height={frame.height}
        />
      )}
    </>
  );
}
