/** When a residual counts as a divergence: how far measured may lie from predicted before it is flagged. */

import { type Bytes, MiB, type Micros, type Percent } from '../../base/units';
import { COMPONENTS } from '../../base/vocabulary';
import type { ComponentBytes, PhaseBudget } from '../../budget/types';
import { countBeyond } from '../../trace/series';
import type { PhaseSpan, SeriesData } from '../../trace/types';
import type { Measured, MeasuredLine } from './measured-line';

export interface FlagLimits {
  readonly percent: Percent;
  readonly bytes: Bytes;
  readonly samples: number;
}

/** Until a person sets others. */
export const FLAG_LIMITS: FlagLimits = { percent: 5, bytes: 64 * MiB, samples: 3 };

/** What an overlay was flagged by. */
export interface Flagging {
  /** Left out where they are the usual ones. */
  readonly limits?: FlagLimits;
}

/** The bytes a residual must pass to be flagged: the greater of a share of the prediction and a fixed amount. */
export function flagLimit(predicted: Bytes, { limits = FLAG_LIMITS }: Flagging): Bytes {
  return Math.max((predicted * limits.percent) / 100, limits.bytes);
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
  { mustMatchExactly, ...flagging }: Flagging & { readonly mustMatchExactly: boolean },
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
  return (
    residual !== null && isBeyondLimit(line, span, residual, predicted.total, measured, flagging)
  );
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
  flagging: Flagging,
): boolean {
  const limit = flagLimit(predicted, flagging);
  if (Math.abs(residual) <= limit) return false;
  if (highWater) return true;
  return isHeldBeyond(
    line.near({ t0, t1 }),
    { t0, t1 },
    line.baseline + predicted,
    residual > 0 ? limit : -limit,
    flagging,
  );
}

/** Whether as many samples as the limits ask for lie further from `expected` than `limit`, on the side of its sign. */
export function isHeldBeyond(
  data: SeriesData,
  span: { readonly t0: Micros; readonly t1: Micros },
  expected: Bytes,
  limit: Bytes,
  { limits = FLAG_LIMITS }: Flagging,
): boolean {
  const side = limit > 0 ? 'above' : 'below';
  const { samples } = limits;
  return countBeyond(data, span, expected + limit, side, samples) >= samples;
}

/** Two splits of the same total that put their bytes in different places. Only where both are known. */
function differ(measured: ComponentBytes | null, predicted: ComponentBytes): boolean {
  return (
    measured !== null && COMPONENTS.some((name) => (measured[name] ?? 0) !== (predicted[name] ?? 0))
  );
}
