/** What the chart shows, before it is known how it is drawn. */
import type { Bytes, Micros } from '../../shared/base/units';
import type { Polygon } from './bands';
import type { Ink } from './palette';
import type { PhaseBlock, StepBlock } from './phase-blocks';
import type { PictureFrame } from './picture-frame';
import type { View } from './view';

export interface Line {
  readonly name: string;
  /** Flat t, v pairs; NaN breaks the line. */
  readonly pairs: Float64Array;
  readonly color: string;
  readonly width: number;
  readonly opacity?: number;
}

export interface Picture {
  readonly view: View;
  readonly frame: PictureFrame;
  readonly ink: Ink;
  readonly top: Bytes;
  readonly bands: readonly Polygon[];
  readonly ceiling: Float64Array | null;
  readonly lines: readonly Line[];
  readonly peak: { readonly t: Micros; readonly bytes: Bytes } | null;
  readonly blocks: readonly PhaseBlock[];
  readonly residuals: readonly PhaseBlock[];
  /** Edge of the residual lane, the same at every zoom. */
  readonly residualBound: Bytes;
  readonly steps: readonly StepBlock[];
  readonly utilization: { readonly pairs: Float64Array; readonly max: number } | null;
}
