/** What the pointer stands on, shared by the chart, its card and its legend. */
import type { Micros } from '../../shared/base/units';

export interface Hover {
  readonly t: Micros;
  readonly x: number;
  readonly y: number;
  readonly measured: {
    readonly value: number;
    readonly at: Micros;
    readonly min: number;
    readonly max: number;
  } | null;
}
