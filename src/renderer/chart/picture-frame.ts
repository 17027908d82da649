/** Where each lane of the chart lies, in CSS pixels from its top left corner. The page draws its overlays by the same numbers. */
import type { Micros } from '../../shared/base/units';
import type { View } from './view';

export interface Box {
  readonly top: number;
  readonly height: number;
}
export interface Layout {
  readonly left: number;
  readonly right: number;
  readonly plotWidth: number;
  readonly height: number;
  readonly phases: Box | null;
  readonly main: Box;
  readonly residual: Box | null;
  readonly utilization: Box | null;
}

const LEFT = 82;
const RIGHT = 20;
const TIME_AXIS = 26;
const GAP = 12;

export function buildFrame(
  width: number,
  height: number,
  lanes: { phases: boolean; residual: boolean; utilization: boolean },
): Layout {
  let top = 8;
  const take = (wanted: boolean, laneHeight: number): Box | null => {
    if (!wanted) return null;
    const box = { top, height: laneHeight };
    top += laneHeight + GAP;
    return box;
  };
  const phases = take(lanes.phases, 22);
  if (!phases) top += 10;
  const below = (lanes.residual ? 62 + GAP : 0) + (lanes.utilization ? 46 + GAP : 0) + TIME_AXIS;
  const main = take(true, Math.max(120, height - top - below))!;
  const residual = take(lanes.residual, 62);
  const utilization = take(lanes.utilization, 46);
  return {
    left: LEFT,
    right: RIGHT,
    plotWidth: Math.max(50, width - LEFT - RIGHT),
    height,
    phases,
    main,
    residual,
    utilization,
  };
}

export const timeToX = (t: Micros, view: View, layout: Layout): number =>
  layout.left + ((t - view.t0) / (view.t1 - view.t0)) * layout.plotWidth;
export const xToTime = (x: number, view: View, layout: Layout): Micros =>
  view.t0 + ((x - layout.left) / layout.plotWidth) * (view.t1 - view.t0);
