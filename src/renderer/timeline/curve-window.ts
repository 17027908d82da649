/**
 * The predicted curves of the phases in sight, as the engine told them last: those of the whole run, and those of the
 * part that is looked at, as finely as it shows them. Painters and pointers ask here; nothing of it enters a page's state.
 */

import { formatBytes, formatSignedBytes } from '../../shared/base/format';
import { upperBound } from '../../shared/base/search';
import type { Bytes, Micros } from '../../shared/base/units';
import {
  namePoint,
  type PlacedCurve,
  type PredictedCurves,
} from '../../shared/picture/placed-curves';
import { indexAt } from '../../shared/picture/predicted-spans';
import type { View } from '../chart/view';

/** What is predicted at a point whose moment is known, and what was measured there. */
export interface CurveReading {
  /** "Operation 212 of 540, block 3", "Block 17, layers.17". */
  readonly where: string;
  readonly predicted: Bytes;
  readonly measured: Bytes | null;
}

interface Answer {
  readonly span: View;
  readonly curves: readonly PlacedCurve[];
}

export class CurveWindow {
  #whole: Answer | null = null;
  #near: Answer | null = null;
  #blocks: readonly string[] = [];

  /** What was answered of `span`, of the rank that is drawn; null where there is none. */
  take(span: View, end: Micros, told: PredictedCurves | null, rank: number): void {
    const answer = told && { span, curves: told.curves.filter((curve) => curve.rank === rank) };
    if (span.t0 <= 0 && span.t1 >= end) this.#whole = answer;
    else this.#near = answer;
    if (told && told.blocks.length > 0) this.#blocks = told.blocks;
  }

  /** Of the phase in progress at `t`, the finest there is. */
  at(t: Micros): PlacedCurve | null {
    return pick(this.#near, t) ?? pick(this.#whole, t);
  }

  /** At the last point before `t` whose moment is known; null where none is. */
  readAt(t: Micros): CurveReading | null {
    const curve = this.at(t);
    if (curve === null) return null;
    const { points } = curve;
    const i = upperBound(points.times, t) - 1;
    if (i < 0) return null;
    const measured = points.measured[i]!;
    return {
      where: namePoint(curve, i, this.#blocks),
      predicted: points.predicted[i]!,
      measured: Number.isNaN(measured) ? null : measured,
    };
  }
}

function pick(answer: Answer | null, t: Micros): PlacedCurve | null {
  if (answer === null) return null;
  const found = answer.curves[indexAt(answer.curves, t, ({ t0 }) => t0)];
  return found && t <= found.t1 ? found : null;
}

/** Beside the name of a lane. */
export const shortReading = ({ predicted, measured }: CurveReading): string =>
  measured === null
    ? `not measured, ${formatBytes(predicted)} predicted`
    : `${formatBytes(measured)}, predicted ${formatBytes(predicted)}`;

/** In a line: what was measured, what was predicted, and how far apart they are. */
export function describeReading({ predicted, measured }: CurveReading): string {
  const told = `predicted ${formatBytes(predicted)}`;
  if (measured === null) return told;
  const apart = measured - predicted;
  return `${formatBytes(measured)} measured, ${told}${apart === 0 ? ', equal' : `, ${formatSignedBytes(apart)}`}`;
}
