/** Where each lane lies: heads at the left, plots beside them, one below the other, the axis of time at the foot. */
import { isShown, type Lane, type LaneSettings } from './lane';

export interface LaneRow {
  readonly lane: Lane;
  readonly top: number;
  readonly height: number;
  readonly isFolded: boolean;
}

export interface LaneLayout {
  readonly rows: readonly LaneRow[];
  /** The plot's edge and width; heads and scales lie left of it. */
  readonly left: number;
  readonly width: number;
  /** Of all lanes together; more than the room there is makes them scroll. */
  readonly height: number;
}

export const AXIS_HEIGHT = 24;
export const LEAST_HEIGHT = 24;
const FOLDED_HEIGHT = 22;
const GAP = 9;
/** Above the first lane. */
const TOP = 2;
const RIGHT = 18;
/** A lane that grows where there is room gives way down to this before its foot is out of sight. */
const LEAST_GROWING = 150;
/** Width of the heads with the scale's labels: less where the window is narrow. */
const headWidth = (width: number): number => (width < 760 ? 186 : 232);
export const SCALE_WIDTH = 62;

export function layOut(
  lanes: readonly Lane[],
  settings: LaneSettings,
  width: number,
  height: number,
): LaneLayout {
  const shown = lanes.filter((lane) => isShown(lane, settings));
  const isFolded = (lane: Lane) => settings[lane.id]?.isFolded ?? false;
  const fixed = (lane: Lane): number => {
    if (isFolded(lane)) return FOLDED_HEIGHT;
    return settings[lane.id]?.height ?? lane.height;
  };
  const used = shown.reduce((sum, lane) => sum + fixed(lane) + GAP, 0);
  const spare = Math.max(0, height - AXIS_HEIGHT - TOP - used);
  const growing = shown.filter(
    (lane) => lane.grows && !isFolded(lane) && settings[lane.id]?.height === undefined,
  );
  let top = TOP;
  const rows = shown.map((lane) => {
    const more = growing.includes(lane) ? Math.floor(spare / growing.length) : 0;
    const wanted = fixed(lane) + more;
    const inSight = Math.max(LEAST_GROWING, height - AXIS_HEIGHT - top);
    const row = {
      lane,
      top,
      height: growing.includes(lane) ? Math.min(wanted, inSight) : wanted,
      isFolded: isFolded(lane),
    };
    top += row.height + GAP;
    return row;
  });
  const left = headWidth(width);
  return { rows, left, width: Math.max(50, width - left - RIGHT), height: top };
}
