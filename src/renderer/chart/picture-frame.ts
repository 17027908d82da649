/** Where each lane of the chart lies, in CSS pixels from its top left corner. The page draws its overlays by the same numbers. */
import type { Micros } from '../../shared/base/units';
import type { View } from './view';

export interface Box {
  readonly top: number;
  readonly height: number;
}
export interface PictureFrame {
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
/** Height of the axis of time below the lanes. */
export const AXIS_HEIGHT = 26;
const GAP = 12;

export function buildFrame(
  width: number,
  height: number,
  lanes: { phases: boolean; residual: boolean; utilization: boolean },
): PictureFrame {
  let top = 8;
  const take = (laneHeight: number): Box => {
    const box = { top, height: laneHeight };
    top += laneHeight + GAP;
    return box;
  };
  const phases = lanes.phases ? take(22) : null;
  if (!phases) top += 10;
  const below = (lanes.residual ? 62 + GAP : 0) + (lanes.utilization ? 46 + GAP : 0) + AXIS_HEIGHT;
  const main = take(Math.max(120, height - top - below));
  const residual = lanes.residual ? take(62) : null;
  const utilization = lanes.utilization ? take(46) : null;
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

export const timeToX = (t: Micros, view: View, frame: PictureFrame): number =>
  frame.left + ((t - view.t0) / (view.t1 - view.t0)) * frame.plotWidth;
export const xToTime = (x: number, view: View, frame: PictureFrame): Micros =>
  view.t0 + ((x - frame.left) / frame.plotWidth) * (view.t1 - view.t0);
