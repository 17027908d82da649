/**
 * A lane: one picture on the common axis of time, with a name, a scale of values and an answer to every instant. What
 * it shows is its own affair; the chart lays lanes out, draws them in one canvas and asks them what they read.
 */
import type { Micros } from '../../shared/base/units';
import type { Ink } from './palette';
import type { View } from './view';

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** The axis of values. It belongs to the run, not to the view, so that panning never makes it jump. */
export interface ValueScale {
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly Tick[];
}

/** Where a lane paints: clipped to its box, with both axes as functions. Coordinates are CSS pixels. */
export interface Sheet {
  readonly context: CanvasRenderingContext2D;
  readonly ink: Ink;
  readonly view: View;
  readonly box: Box;
  x(t: Micros): number;
  y(value: number): number;
}

export interface Lane {
  readonly id: string;
  readonly name: string;
  /** What is measured in what, over what window: told beside the name where there is room, and on hover. */
  readonly unit: string;
  readonly about: string;
  /** In CSS pixels, until a person drags it. */
  readonly height: number;
  /** Takes the room that the others leave. */
  readonly grows?: boolean;
  /** Is there, but not shown until it is asked for. */
  readonly isExtra?: boolean;
  readonly scale: ValueScale;
  paint(sheet: Sheet): void;
  /** What it reads at an instant, in words; empty where nothing was read. `pixelUs` is what one pixel spans. */
  readAt(t: Micros, pixelUs: Micros): string;
}

/** What a person changed of a lane. */
export interface LaneSetting {
  readonly height?: number;
  readonly isFolded?: boolean;
  readonly isHidden?: boolean;
}
export type LaneSettings = Readonly<Record<string, LaneSetting>>;

export const isShown = (lane: Lane, settings: LaneSettings): boolean =>
  !(settings[lane.id]?.isHidden ?? lane.isExtra ?? false);

export const changeLane = (
  settings: LaneSettings,
  id: string,
  change: LaneSetting,
): LaneSettings => ({ ...settings, [id]: { ...settings[id], ...change } });

export const timeToX = (t: Micros, view: View, { left, width }: Pick<Box, 'left' | 'width'>) =>
  left + ((t - view.t0) / (view.t1 - view.t0)) * width;
export const xToTime = (x: number, view: View, { left, width }: Pick<Box, 'left' | 'width'>) =>
  view.t0 + ((x - left) / width) * (view.t1 - view.t0);
