/** The crosshair and, beside it, the exact values at the pointer. */
import type { Tier } from '../../shared/base/vocabulary';
import type { SessionDocument } from '../../shared/session/session-document';
import { type Store, useStore } from '../state/store';
import type { PredictedSpan } from './bands';
import { HoverCard } from './HoverCard';
import type { Hover } from './hover';
import { AXIS_HEIGHT, type PictureFrame } from './picture-frame';

export function Cursor({
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
          height: frame.height - AXIS_HEIGHT - (frame.phases?.top ?? frame.main.top),
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
