/** The measured line of a session in a row of the table, over a dash at the predicted peak; asked for once it is in sight. */
import { useEffect, useRef, useState } from 'react';
import type { SessionSummary } from '../../../shared/session/types';
import { sketchLine } from '../../components/sketch';
import { useQuery } from '../../state/engine';

const WIDTH = 116;
const HEIGHT = 26;
/** A session that is recorded gets a new picture this often. */
const LIVE_US = 5_000_000;

export function Sparkline({ session }: { session: SessionSummary }) {
  const { id, durationUs, measuredPeak, predictedPeak, status } = session;
  const frame = useRef<HTMLSpanElement>(null);
  const isSeen = useSeen(frame);
  const age = status === 'recording' ? Math.floor(durationUs / LIVE_US) : durationUs;
  const { data } = useQuery(`sparkline ${id} ${age} ${isSeen}`, async (engine) => {
    // One whose recorder was killed has its peak found when it is first looked at.
    if (!isSeen || (measuredPeak === null && status !== 'recovered')) return null;
    const { overlay } = await engine.brief({ id });
    if (overlay.series === null) return null;
    const series = [overlay.series];
    const [trace] = await engine.trace({ id, series, t0: 0, t1: durationUs, columns: WIDTH });
    const { baselineBytes: less, hostBesideGpu } = overlay;
    return trace ? { envelope: trace.envelope, less, isUnlike: hostBesideGpu === true } : null;
  });
  // Beside host memory the budget of a GPU is no measure.
  const predicted = data?.isUnlike ? null : predictedPeak;
  const top = 1.08 * Math.max(1, measuredPeak ?? 0, predicted ?? 0);
  const x = (t: number) => (t / Math.max(1, durationUs)) * WIDTH;
  const y = (bytes: number) => HEIGHT - 1 - (bytes / top) * (HEIGHT - 2);
  return (
    <span ref={frame} className="sparkline">
      {data && (
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
          {predicted !== null && (
            <line className="predicted" x1={0} x2={WIDTH} y1={y(predicted)} y2={y(predicted)} />
          )}
          <path
            className="measured"
            d={sketchLine(data.envelope, x, (value) => y(value - data.less))}
          />
        </svg>
      )}
    </span>
  );
}

/** Whether it has been on screen. */
function useSeen(element: { readonly current: Element | null }): boolean {
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    if (isSeen || !element.current) return;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) setSeen(true);
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [isSeen, element]);
  return isSeen;
}
