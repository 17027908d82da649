/** When a residual counts as a divergence: how far measured may lie from predicted before it is flagged. */

import { lowerBound } from '../../base/search';
import { type Bytes, MiB, type Percent } from '../../base/units';
import { COMPONENTS } from '../../base/vocabulary';
import type { ComponentBytes, PhaseBudget } from '../../budget/types';
import type { PhaseSpan } from '../../trace/types';
import type { Measured, MeasuredLine } from './measured-line';

export const FLAG_LIMITS: {
  readonly percent: Percent;
  readonly bytes: Bytes;
  readonly samples: number;
} = { percent: 5, bytes: 64 * MiB, samples: 3 };

/** The bytes a residual must pass to be flagged: the greater of a share of the prediction and a fixed amount. */
export function flagLimit(predicted: Bytes): Bytes {
  return Math.max((predicted * FLAG_LIMITS.percent) / 100, FLAG_LIMITS.bytes);
}

/**
 * Whether a phase diverges from what was predicted of it. A residual must pass the limit; where the prediction must be
 * matched exactly any difference counts, at the highest moment, at the end and in the split of either by component.
 */
export function mustFlag(
  span: PhaseSpan,
  line: MeasuredLine,
  measured: Measured,
  predicted: PhaseBudget,
  mustMatchExactly: boolean,
): boolean {
  const residual = measured.highest === null ? null : measured.highest - predicted.total;
  // A phase that was cut short may have had its highest moment before it: below its prediction says nothing.
  if (span.isOpen === true && (residual ?? 0) < 0) return false;
  if (mustMatchExactly && line.isFramework)
    return (
      (residual ?? 0) !== 0 ||
      (measured.end !== null && measured.end !== predicted.end) ||
      differ(measured.components, predicted.components) ||
      differ(measured.endComponents, predicted.endComponents)
    );
  return residual !== null && isBeyondLimit(line, span, residual, predicted.total, measured);
}

/**
 * Whether the residual of a span counts: beyond the limit, and so for as many samples as the limits ask. Where the
 * highest value lies below the prediction all samples do. A high-water mark that the framework kept is a fact by itself
 * and needs no further samples to confirm it.
 */
function isBeyondLimit(
  line: MeasuredLine,
  { t0, t1 }: PhaseSpan,
  residual: Bytes,
  predicted: Bytes,
  { highWater }: Measured,
): boolean {
  const limit = flagLimit(predicted);
  if (Math.abs(residual) <= limit) return false;
  if (highWater) return true;
  const { times, values } = line.data;
  let beyond = 0;
  for (let i = lowerBound(times, t0); i < times.length && times[i]! <= t1; i++) {
    const excess = values[i]! - line.baseline - predicted;
    if (residual > 0 ? excess > limit : excess < -limit) beyond++;
    if (beyond >= FLAG_LIMITS.samples) return true;
  }
  return false;
}

/** Two splits of the same total that put their bytes in different places. Only where both are known. */
function differ(measured: ComponentBytes | null, predicted: ComponentBytes): boolean {
  return (
    measured !== null && COMPONENTS.some((name) => (measured[name] ?? 0) !== (predicted[name] ?? 0))
  );
}
