/** The picture of a session: phases, the measured line over the stacked budget, residuals and utilization on one time axis. */

import { useEffect, useMemo, useRef } from 'react';
import { formatBytes, formatExactBytes, formatPercent } from '../../shared/base/format';
import type { Micros } from '../../shared/base/units';
import type { Tier } from '../../shared/base/vocabulary';
import type { SessionDocument } from '../../shared/session/session-document';
import { type Store, useStore } from '../state/store';
import { useTheme } from '../state/theme';
import { ceiling, listComponents, polygons, type Segment, visibleSegments } from './bands';
import { Canvas, useSize } from './Canvas';
import { HoverCard } from './HoverCard';
import type { Hover } from './hover';
import { pictureOption } from './option';
import { inkFor } from './palette';
import { blocks, LANE, RESIDUALS, residualBound, stepBlocks } from './phase-blocks';
import { buildFrame, timeToX, xToTime } from './picture-frame';
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
  readonly segments: readonly Segment[];
  readonly tier: Tier;
  readonly view: View | null;
  readonly hover: Store<Hover | null>;
  onView(view: View | null): void;
}

export function TraceChart({ session, segments, tier, view: chosen, hover, onView }: Props) {
  const { overlay } = session;
  const surface = useRef<HTMLElement | null>(null);
  const { width, height } = useSize(surface);
  const ink = inkFor(useTheme());
  const end = Math.max(1000, session.durationUs);
  const view = useMemo(() => chosen ?? { t0: 0, t1: end }, [chosen, end]);
  const load = useMemo(() => buildUtilization(session), [session]);
  const hasResiduals = segments.length > 0;
  const hasLoad = load !== null;
  const hasPhases = overlay.phases.length > 0;
  const layout = useMemo(
    () =>
      buildFrame(width, height, {
        phases: hasPhases,
        residual: hasResiduals,
        utilization: hasLoad,
      }),
    [width, height, hasPhases, hasResiduals, hasLoad],
  );
  const wanted = [overlay.series, load?.id ?? null].filter((id) => id !== null);
  const trace = useTrace(
    session.id,
    wanted,
    view.t0,
    view.t1,
    width && layout.plotWidth,
    session.durationUs,
  );
  const measured = trace.data?.find(({ info }) => info.id === overlay.series) ?? null;
  const loadTrace = load && trace.data?.find(({ info }) => info.id === load.id);
  const peak = overlay.measuredPeak;

  const bound = useMemo(() => residualBound(overlay, tier), [overlay, tier]);
  // A process tree can use more than one core; the lane's edge is then the next whole hundred.
  const loadTop = Math.max(
    100,
    Math.ceil(((load?.max ?? 0) * (load?.unit === 'millipercent' ? 1e-3 : 1)) / 100 - 1e-9) * 100,
  );
  const order = useMemo(() => listComponents(segments), [segments]);
  const steps = useMemo(() => stepBlocks(overlay), [overlay]);
  const option = useMemo(() => {
    const shown = visibleSegments(segments, view.t0, view.t1, layout.plotWidth);
    const raw = measured ? toPairs(measured.envelope, overlay.baselineBytes) : new Float64Array(0);
    // Counters that tell of changes hold their value until the next one.
    const pairs = measured?.info.intervalUs === null ? toSteps(raw) : raw;
    const top = Math.max(peak?.bytes ?? 0, highest(pairs), ...segments.map(({ total }) => total));
    const loadSamples = loadTrace
      ? toPairs(loadTrace.envelope, 0, loadTrace.info.unit === 'millipercent' ? 1e-3 : 1)
      : null;
    const loadRaw =
      loadSamples && loadTrace
        ? loadTrace.info.windowUs === null
          ? toSteps(loadSamples)
          : overWindows(loadSamples, { ...loadTrace.info, windowUs: loadTrace.info.windowUs })
        : null;
    const loadPairs =
      loadSamples && loadRaw && isCrowded(loadRaw, layout.plotWidth)
        ? upperEdge(loadSamples, view, layout.plotWidth)
        : loadRaw;
    return pictureOption({
      view,
      layout,
      ink,
      top: top * 1.06,
      bands: polygons(shown, order),
      ceiling: ceiling(shown),
      lines: isCrowded(pairs, layout.plotWidth)
        ? [
            { name: 'All samples', pairs, color: ink.measured, width: 1, opacity: 0.14 },
            {
              name: overlay.series ?? '',
              pairs: upperEdge(pairs, view, layout.plotWidth),
              color: ink.measured,
              width: 1.5,
            },
          ]
        : [{ name: overlay.series ?? '', pairs, color: ink.measured, width: 1.75 }],
      peak: peak && { t: peak.at, bytes: peak.bytes },
      blocks: blocks(overlay, view, layout.plotWidth, tier, LANE),
      residuals: blocks(overlay, view, layout.plotWidth, tier, RESIDUALS),
      steps: steps.filter(({ t0, t1 }) => t1 >= view.t0 && t0 <= view.t1),
      residualBound: bound,
      utilization: loadPairs && { pairs: loadPairs, max: loadTop },
    });
  }, [
    segments,
    view,
    layout,
    ink,
    measured,
    loadTrace,
    overlay,
    order,
    steps,
    tier,
    peak,
    bound,
    loadTop,
  ]);

  const onPeak = () => {
    if (!peak) return;
    const span = Math.max(1000, (view.t1 - view.t0) * 0.4, end / 200);
    onView(focusOn([peak.at - span / 2, peak.at + span / 2], end));
  };
  const { selection } = usePointerView(surface, {
    view,
    end,
    layout,
    onView,
    onPeak,
    onHover: (t, x, y) => hover.set(t === null ? null : { t, x, y, measured: readingOf(t) }),
  });
  const readingOf = (t: Micros): Hover['measured'] => {
    const reading = measured && readingAt(measured.envelope, t, view, layout.plotWidth);
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
    const t = xToTime(at.x, view, layout);
    hover.set({ ...at, t, measured: readingOf(t) });
  }, [view, layout, measured, hover]);
  const laneTitle = (
    box: { top: number; height: number } | null,
    text: string,
    scale: string,
    title: string,
  ) =>
    box && (
      <span
        className="lane-title"
        style={{ top: box.top, height: box.height, width: layout.left - 12 }}
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
      {laneTitle(layout.phases, 'Phases', '', 'Phases the workload announced')}
      {laneTitle(
        layout.residual,
        'Residual',
        bound > 0 ? `± ${formatBytes(bound)}` : 'none',
        'Measured minus predicted, at each phase’s highest moment: above the line more was measured, below it less',
      )}
      {laneTitle(
        layout.utilization,
        load?.name ?? '',
        `to ${loadTop}%`,
        load
          ? `${load.id}, highest ${load.unit === 'millipercent' ? formatPercent((load.max ?? 0) / 1000) : load.max}`
          : '',
      )}
      {peak && width > 0 && (
        <PeakLabel
          peak={peak}
          view={view}
          layout={layout}
          top={byteScale(optionTop(segments, peak.bytes)).max}
          onPeak={onPeak}
        />
      )}
      {selection && (
        <div
          className="selection"
          style={{
            left: selection[0],
            width: selection[1] - selection[0],
            top: layout.main.top,
            height: layout.height - layout.main.top - 26,
          }}
        />
      )}
      <Cursor
        hover={hover}
        layout={layout}
        session={session}
        segments={segments}
        tier={tier}
        width={width}
        selecting={selection !== null}
      />
    </section>
  );
}

const optionTop = (all: readonly Segment[], peak: number): number =>
  Math.max(peak, ...all.map(({ total }) => total)) * 1.06;

function PeakLabel({
  peak,
  view,
  layout,
  top,
  onPeak,
}: {
  peak: { bytes: number; at: Micros };
  view: View;
  layout: ReturnType<typeof buildFrame>;
  top: number;
  onPeak(): void;
}) {
  const x = timeToX(peak.at, view, layout);
  const outside =
    x < layout.left - 1 ? 'left' : x > layout.left + layout.plotWidth + 1 ? 'right' : null;
  const y = layout.main.top + layout.main.height * (1 - peak.bytes / top);
  const toLeft =
    outside === 'right' || (outside === null && x > layout.left + layout.plotWidth - 150);
  const at =
    outside === 'left' ? layout.left : outside === 'right' ? layout.left + layout.plotWidth : x;
  return (
    <button
      type="button"
      className="peak-label"
      data-side={toLeft ? 'left' : 'right'}
      data-outside={outside !== null}
      onClick={onPeak}
      style={{ left: at, top: Math.max(layout.main.top + 8, y) }}
      title={`Highest measured value: ${formatExactBytes(peak.bytes)}. Show it (P).`}
    >
      {outside === 'left' && '← '}Peak {formatBytes(peak.bytes)}
      {outside === 'right' && ' →'}
    </button>
  );
}

function Cursor({
  hover,
  layout,
  session,
  segments,
  tier,
  width,
  selecting,
}: {
  hover: Store<Hover | null>;
  layout: ReturnType<typeof buildFrame>;
  session: SessionDocument;
  segments: readonly Segment[];
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
          top: layout.phases?.top ?? layout.main.top,
          height: layout.height - 26 - (layout.phases?.top ?? layout.main.top),
        }}
      />
      {!selecting && (
        <HoverCard
          at={at}
          session={session}
          segments={segments}
          tier={tier}
          width={width}
          height={layout.height}
        />
      )}
    </>
  );
}
