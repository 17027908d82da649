/**
 * Lanes on one axis of time, in one canvas: zoomed, panned, selected in and read by one crosshair. It knows nothing of
 * sessions. View, cursor and selection are stores, so that a frame costs a drawing and no rendering of a page.
 */
import { type ReactNode, type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import type { Micros } from '../../shared/base/units';
import { type Store, useStore } from '../state/store';
import { useTheme } from '../state/theme';
import { useSize } from './element-size';
import { LaneHead } from './LaneHead';
import type { Lane, LaneSettings } from './lane';
import { AXIS_HEIGHT, type LaneLayout, layOut } from './lane-layout';
import { LanePainter } from './lane-painter';
import { LanePointer, type PointerTarget } from './lane-pointer';
import { inkFor } from './palette';
import { SpanMarks } from './SpanMarks';
import type { View } from './view';

export type Span = readonly [Micros, Micros];

export interface LaneChartProps {
  readonly lanes: readonly Lane[];
  readonly settings: Store<LaneSettings>;
  readonly view: Store<View>;
  /** The run's length: no view leaves it. */
  readonly end: Micros;
  readonly cursor: Store<Micros | null>;
  readonly selection: Store<Span | null>;
  /** A span to light up. */
  readonly lit?: Store<Span | null>;
  readonly label: string;
  /** What is drawn is older than what was asked for. */
  readonly isStale: Store<boolean>;
  /** Changes when lanes hold other samples than before, and they are drawn and read again: no rendering of a page either. */
  readonly answers: Store<unknown>;
  onView(view: View): void;
  onDoubleClick(t: Micros, lane: Lane | null): void;
  /** Told once the chart has a size: what is asked for by its width is asked for once. */
  onLayout?(layout: LaneLayout): void;
  /** Laid over the lanes; scrolls with them. */
  overlay?(layout: LaneLayout): ReactNode;
}

export function LaneChart(props: LaneChartProps) {
  const { lanes, settings, view, cursor, label, answers } = props;
  const surface = useRef<HTMLElement | null>(null);
  const canvas = useRef<HTMLCanvasElement | null>(null);
  const { width, height } = useSize(surface);
  const [scrollTop, setScrollTop] = useState(0);
  const chosen = useStore(settings);
  const layout = useMemo(
    () => layOut(lanes, chosen, width, height),
    [lanes, chosen, width, height],
  );
  useDrawing(props, canvas, layout, { width, height, scrollTop });
  useLanePointer(props, surface, layout, { height, scrollTop });
  const { onLayout } = props;
  const isMeasured = width > 0;
  useEffect(() => {
    if (isMeasured) onLayout?.(layout);
  }, [onLayout, layout, isMeasured]);
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the chart is driven by keys as a map is
      tabIndex={0}
      ref={surface}
      className="chart lanes"
      aria-label={label}
    >
      <canvas ref={canvas} className="lanes-canvas" style={{ width, height }} />
      <div
        className="lanes-scroll"
        style={{ height: Math.max(0, height - AXIS_HEIGHT) }}
        onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}
      >
        <div className="lanes-content" style={{ height: layout.height }}>
          {width > 0 &&
            layout.rows.map((row) => (
              <LaneHead
                key={row.lane.id}
                row={row}
                layout={layout}
                settings={settings}
                cursor={cursor}
                view={view}
                answers={answers}
              />
            ))}
          {isMeasured && props.overlay?.(layout)}
        </div>
      </div>
      {isMeasured && <SpanMarks {...props} layout={layout} height={height - AXIS_HEIGHT} />}
      <StaleNote isStale={props.isStale} surface={surface} />
      <LanesBelow layout={layout} bottom={scrollTop + height - AXIS_HEIGHT} />
    </section>
  );
}

/** Says on the chart itself, too, whether it waits for an answer. */
function StaleNote({
  isStale,
  surface,
}: Pick<LaneChartProps, 'isStale'> & { surface: RefObject<HTMLElement | null> }) {
  const isWaiting = useStore(isStale);
  useEffect(() => {
    surface.current?.setAttribute('data-loading', String(isWaiting));
  }, [surface, isWaiting]);
  return isWaiting ? <span className="stale-note">reading…</span> : null;
}

/** Where the room is too low for all lanes: how many lie below, or are cut by its edge. */
function LanesBelow({ layout, bottom }: { layout: LaneLayout; bottom: number }) {
  const count = layout.rows.filter(({ top, height }) => top + height > bottom + 1).length;
  if (bottom <= 0 || count === 0) return null;
  return (
    <span className="lanes-below" style={{ bottom: AXIS_HEIGHT + 4 }}>
      {count} more {count === 1 ? 'lane' : 'lanes'} below
    </span>
  );
}

interface Stage {
  readonly width: number;
  readonly height: number;
  readonly scrollTop: number;
}

/** Draws in the next frame whenever the view or anything that lanes show has changed. */
function useDrawing(
  { view, answers }: LaneChartProps,
  canvas: RefObject<HTMLCanvasElement | null>,
  layout: LaneLayout,
  stage: Stage,
): void {
  const ink = inkFor(useTheme());
  const latest = useRef({ layout, stage, ink });
  const painter = useRef<LanePainter | null>(null);
  useEffect(() => {
    latest.current = { layout, stage, ink };
  });
  useEffect(() => {
    if (!canvas.current) return;
    const made = LanePainter.on(canvas.current);
    painter.current = made;
    const request = () =>
      made?.request(() => {
        const { layout: rows, stage: size, ink: colors } = latest.current;
        return size.width > 0 ? { layout: rows, ink: colors, ...size, view: view.get() } : null;
      });
    const offs = [view.subscribe(request), answers.subscribe(request)];
    request();
    return () => {
      for (const off of offs) off();
      made?.dispose();
      painter.current = null;
    };
  }, [canvas, view, answers]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: these are what a picture is drawn from
  useEffect(() => {
    painter.current?.request(() =>
      stage.width > 0 ? { layout, ink, ...stage, view: view.get() } : null,
    );
  }, [layout, ink, stage.width, stage.height, stage.scrollTop, view]);
}

function useLanePointer(
  props: LaneChartProps,
  surface: RefObject<HTMLElement | null>,
  layout: LaneLayout,
  { height, scrollTop }: Omit<Stage, 'width'>,
): void {
  const latest = useRef({ props, layout, height, scrollTop });
  useEffect(() => {
    latest.current = { props, layout, height, scrollTop };
  });
  const { view } = props;
  useEffect(() => {
    if (!surface.current) return;
    const target = (): PointerTarget => {
      const now = latest.current;
      return {
        view: view.get(),
        end: now.props.end,
        left: now.layout.left,
        width: now.layout.width,
        floor: now.height - AXIS_HEIGHT,
        onView: now.props.onView,
        onCursor: now.props.cursor.set,
        onSelect: now.props.selection.set,
        onDoubleClick(t, y) {
          const at = y + now.scrollTop;
          const row = now.layout.rows.find(
            (each) => at >= each.top && at <= each.top + each.height,
          );
          now.props.onDoubleClick(t, row?.lane ?? null);
        },
      };
    };
    const pointer = new LanePointer(surface.current, target);
    const element = surface.current;
    const follow = () => {
      const { t0, t1 } = view.get();
      element.dataset.view = `${t0}-${t1}`;
      pointer.readAgain();
    };
    follow();
    const off = view.subscribe(follow);
    return () => {
      off();
      pointer.detach();
    };
  }, [surface, view]);
}
