/**
 * The whole run in a strip: the measured line over its ceiling, findings as ticks, and the view as a window that is
 * dragged, resized at its edges, and put elsewhere by a press beside it.
 */
import { type PointerEvent, useEffect, useRef } from 'react';
import type { Micros } from '../../shared/base/units';
import type { Finding } from '../../shared/divergence/overlay/types';
import type { BudgetPicture } from '../../shared/picture/budget-picture';
import { visibleSpans } from '../../shared/picture/predicted-spans';
import type { SessionDocument } from '../../shared/session/session-document';
import { type Sheet, timeToX } from '../chart/lane';
import type { LaneLayout } from '../chart/lane-layout';
import { LanePainter } from '../chart/lane-painter';
import { paintLine } from '../chart/paint-lines';
import { inkFor } from '../chart/palette';
import { useMoved } from '../chart/useMoved';
import { clampView, dragView, type Grip, type View } from '../chart/view';
import { type Store, useStore } from '../state/store';
import { useTheme } from '../state/theme';
import type { TraceWindows } from './traces';

const OVERVIEW_HEIGHT = 46;
/** Room above the line for the ticks of findings. */
const TICKS_PX = 9;

export interface OverviewProps {
  readonly session: SessionDocument;
  readonly budget: BudgetPicture;
  readonly traces: TraceWindows;
  readonly layout: LaneLayout;
  readonly end: Micros;
  readonly view: Store<View>;
  onView(view: View): void;
  onFinding(finding: Finding): void;
}

/** What is still to come stands at the end. */
const tickAt = ({ span }: Finding, whole: View, width: number): number =>
  timeToX(Math.min(findMiddle(span), whole.t1), whole, { left: 0, width });

export function Overview(props: OverviewProps) {
  const { session, layout, end } = props;
  const whole = { t0: 0, t1: end };
  return (
    <div className="overview" style={{ height: OVERVIEW_HEIGHT }}>
      <span className="overview-name">Whole run</span>
      <div className="overview-plot" style={{ left: layout.left, width: layout.width }}>
        <OverviewPicture {...props} />
        <ViewWindow {...props} />
        {session.findings.map((finding) => (
          <button
            type="button"
            key={`${finding.kind} ${finding.title} ${finding.span[0]}`}
            className="finding-tick"
            data-sign={Math.sign(finding.bytes ?? 1)}
            style={{
              left: tickAt(finding, whole, layout.width),
            }}
            title={finding.title}
            aria-label={`Finding: ${finding.title}`}
            onClick={() => props.onFinding(finding)}
          />
        ))}
      </div>
    </div>
  );
}

const findMiddle = ([t0, t1]: readonly [Micros, Micros]): Micros => (t0 + t1) / 2;

function OverviewPicture({ session, budget, traces, layout, end }: OverviewProps) {
  const canvas = useRef<HTMLCanvasElement | null>(null);
  const ink = inkFor(useTheme());
  const version = useStore(traces.wholeVersion);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new answer is a new picture
  useEffect(() => {
    const painter = canvas.current && LanePainter.on(canvas.current);
    painter?.drawAlone({ width: layout.width, height: OVERVIEW_HEIGHT, ink, end }, (sheet) =>
      paintRun(sheet, session, budget, traces),
    );
  }, [session, budget, traces, layout.width, ink, end, version]);
  return <canvas ref={canvas} style={{ width: layout.width, height: OVERVIEW_HEIGHT }} />;
}

function paintRun(
  sheet: Sheet,
  { overlay }: SessionDocument,
  budget: BudgetPicture,
  traces: TraceWindows,
): void {
  const top = Math.max(1, budget.ceiling, overlay.measuredPeak?.bytes ?? 0);
  const floor = OVERVIEW_HEIGHT - 1;
  const y = (bytes: number) => floor - (bytes / top) * (floor - TICKS_PX);
  const { context, ink, view, box, x } = sheet;
  context.fillStyle = ink.lane;
  context.globalAlpha = 0.2;
  const spans = budget.levels.within(view, box.width);
  for (const { t0, t1, total } of visibleSpans(spans, view.t0, view.t1, box.width))
    context.fillRect(x(t0), y(total), Math.max(0.5, x(t1) - x(t0)), floor - y(total));
  context.globalAlpha = 1;
  const whole = overlay.series === null ? null : traces.whole(overlay.series);
  if (whole)
    paintLine(
      { ...sheet, y },
      { envelope: whole.envelope, less: overlay.baselineBytes, between: 'joined' },
      { color: ink.measured, width: 1.1, area: 0.08 },
    );
}

/** No narrower than this, so that it can be taken hold of. */
const LEAST_WINDOW_PX = 10;

function ViewWindow({ layout, end, view, onView }: OverviewProps) {
  const drag = useRef<{ readonly grip: Grip; readonly x: number; readonly view: View } | null>(
    null,
  );
  const perPixel = end / layout.width;
  const press = (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0) return;
    const bounds = event.currentTarget.getBoundingClientRect();
    const t = (event.clientX - bounds.left) * perPixel;
    const grip = (event.target as HTMLElement).dataset.grip as Grip | undefined;
    let from = view.get();
    if (grip === undefined) {
      const half = (from.t1 - from.t0) / 2;
      from = clampView({ t0: t - half, t1: t + half }, end);
      onView(from);
    }
    drag.current = { grip: grip ?? 'window', x: event.clientX, view: from };
    event.currentTarget.setPointerCapture(event.pointerId);
    event.stopPropagation();
  };
  const move = (event: PointerEvent) => {
    if (!drag.current) return;
    const by = (event.clientX - drag.current.x) * perPixel;
    onView(dragView(drag.current.view, drag.current.grip, by, end));
  };
  const window = useMoved<HTMLDivElement>((element) => {
    const { t0, t1 } = view.get();
    const width = Math.max(LEAST_WINDOW_PX, (t1 - t0) / perPixel);
    element.style.setProperty('--left', `${t0 / perPixel}px`);
    element.style.setProperty('--right', `${t0 / perPixel + width}px`);
  }, view);
  return (
    <div
      className="overview-window"
      ref={window}
      onPointerDown={press}
      onPointerMove={move}
      onPointerUp={() => {
        drag.current = null;
      }}
      role="presentation"
    >
      <i className="veil before" />
      <i className="veil after" />
      <div className="frame" data-grip="window">
        <i data-grip="left" />
        <i data-grip="right" />
      </div>
    </div>
  );
}
