/** The picture of a session: phases, the measured line over the stacked budget, residuals and utilization on one time axis. */

import { useEffect, useMemo, useRef } from 'react';
import { formatBytes, formatPercent } from '../../shared/base/format';
import type { Tier } from '../../shared/base/vocabulary';
import type { SessionDocument } from '../../shared/session/session-document';
import type { Store } from '../state/store';
import type { PredictedSpan } from './bands';
import { Canvas, useSize } from './Canvas';
import { Cursor } from './Cursor';
import type { Hover } from './hover';
import { PeakLabel } from './PeakLabel';
import { AXIS_HEIGHT, type PictureFrame, xToTime } from './picture-frame';
import { SelectedSpan } from './SelectedSpan';
import { type SessionPicture, usePicture } from './usePicture';
import { usePointerView } from './usePointerView';
import { type Utilization, utilizationTop } from './utilization';
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
  const surface = useRef<HTMLElement | null>(null);
  const { width, height } = useSize(surface);
  const end = Math.max(1000, session.durationUs);
  const view = useMemo(() => chosen ?? { t0: 0, t1: end }, [chosen, end]);
  const picture = usePicture({ session, spans, tier, view, width, height });
  const { frame } = picture;
  const peak = session.overlay.measuredPeak;
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
    onHover: (t, x, y) =>
      hover.set(t === null ? null : { t, x, y, measured: picture.readingAt(t) }),
  });
  useRestingPointer(hover, picture, view);
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the chart is driven by keys as a map is
      tabIndex={0}
      ref={surface}
      className="chart"
      aria-label="Measured memory over the predicted budget. W and S zoom, A and D move, F fits, P shows the peak."
      data-view={`${view.t0}-${view.t1}`}
      data-loading={picture.isLoading}
    >
      {width > 0 && <Canvas option={picture.option} width={width} height={height} />}
      <LaneTitles picture={picture} />
      {peak && width > 0 && (
        <PeakLabel peak={peak} view={view} frame={frame} top={picture.top} onPeak={onPeak} />
      )}
      {selection && (
        <SelectedSpan
          selection={selection}
          top={frame.main.top}
          height={frame.height - frame.main.top - AXIS_HEIGHT}
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

/** The view moved beneath a resting pointer: what it points at is another instant now. */
function useRestingPointer(hover: Store<Hover | null>, picture: SessionPicture, view: View): void {
  const { frame, option } = picture;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a picture reads otherwise when its option is another
  useEffect(() => {
    const at = hover.get();
    if (!at) return;
    const t = xToTime(at.x, view, frame);
    hover.set({ ...at, t, measured: picture.readingAt(t) });
  }, [view, frame, option, hover]);
}

function LaneTitles({ picture }: { picture: SessionPicture }) {
  const { frame, residualBound: bound, utilization } = picture;
  return (
    <>
      <LaneTitle
        frame={frame}
        lane="phases"
        text="Phases"
        scale=""
        title="Phases the workload announced"
      />
      <LaneTitle
        frame={frame}
        lane="residual"
        text="Residual"
        scale={bound > 0 ? `± ${formatBytes(bound)}` : 'none'}
        title="Measured minus predicted, at each phase’s highest moment: above the line more was measured, below it less"
      />
      {utilization && (
        <LaneTitle
          frame={frame}
          lane="utilization"
          text={utilization.name}
          scale={`to ${utilizationTop(utilization)}%`}
          title={`${utilization.id}, highest ${highestWords(utilization)}`}
        />
      )}
    </>
  );
}

const highestWords = ({ unit, max }: Utilization): string =>
  unit === 'millipercent' ? formatPercent((max ?? 0) / 1000) : String(max);

function LaneTitle({
  frame,
  lane,
  text,
  scale,
  title,
}: {
  frame: PictureFrame;
  lane: 'phases' | 'residual' | 'utilization';
  text: string;
  scale: string;
  title: string;
}) {
  const box = frame[lane];
  if (!box) return null;
  return (
    <span
      className="lane-title"
      style={{ top: box.top, height: box.height, width: frame.left - 12 }}
      title={title}
    >
      {text}
      {scale && <small>{scale}</small>}
    </span>
  );
}
