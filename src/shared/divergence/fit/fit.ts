/** How well a prediction fits what was observed: the misfit of every observation in units of its tolerance. */
import type { TierBudget } from '../../budget/types';
import type { Bytes } from '../../units';
import { MiB } from '../../units';
import { predictedRow } from '../predicted';
import { median, type Observation, tolerance } from './observations';

export interface FitContext {
  readonly line: string | null;
  /** Equal to the byte or not at all. */
  readonly exact: boolean;
  /** Context measured on this machine, put in the place of the assumed one; null where it is not known. */
  readonly contextBytes: Bytes | null;
  /** Whether a constant may be added for a context that was not measured. */
  readonly freeOffset: boolean;
}

export interface Fit {
  /** Root mean square of misfit over tolerance; 0 is exact. */
  readonly score: number;
  /** Greatest misfit over tolerance. */
  readonly worst: number;
  /** Constant added to every prediction. */
  readonly offset: Bytes;
  readonly observations: number;
}

/** What a context can be besides the one assumed: published ones lie between 250 MiB and 1.4 GiB. */
const LEAST_OFFSET = -220 * MiB;
const MOST_OFFSET = 1000 * MiB;

export type Extra = (observation: Observation) => Bytes;

/** Null where the prediction has a row for none of the observations. */
export function fitOf(observations: readonly Observation[], tier: TierBudget, context: FitContext, extra: Extra = () => 0): Fit | null {
  const misfits: { error: number; tolerance: number; slack: number }[] = [];
  for (const observation of observations) {
    const row = predictedRow(tier, observation, context.line);
    if (row === null) continue;
    const assumed = (observation.at === 'peak' ? row.components : row.endComponents).context ?? 0;
    const known = context.contextBytes === null ? 0 : context.contextBytes - assumed;
    const predicted = (observation.at === 'peak' ? row.total : row.end) + known + extra(observation);
    misfits.push({ error: observation.bytes - predicted, tolerance: tolerance(predicted, context.line), slack: observation.slack });
  }
  if (misfits.length === 0) return null;
  if (context.exact) {
    const wrong = misfits.filter(({ error, slack }) => !isLeaked(error, slack)).length;
    return { score: wrong === 0 ? 0 : 1 + wrong, worst: wrong === 0 ? 0 : 1 + wrong, offset: 0, observations: misfits.length };
  }
  const middle = median(misfits.map(({ error }) => error));
  const offset = context.freeOffset ? Math.min(MOST_OFFSET, Math.max(LEAST_OFFSET, middle)) : 0;
  let sum = 0;
  let worst = 0;
  for (const { error, tolerance: width, slack } of misfits) {
    const rest = error - offset;
    const size = Math.max(0, rest > 0 ? rest - slack : -rest) / width;
    sum += size * size;
    worst = Math.max(worst, size);
  }
  // An offset is believed, but less than none: it costs a tenth of a tolerance for each 200 MiB.
  const cost = Math.abs(offset) / (2000 * MiB);
  return { score: Math.sqrt(sum / misfits.length) + cost, worst, offset, observations: misfits.length };
}

/** A few leaks more or fewer than were taken off, the count at a boundary being uncertain. */
function isLeaked(error: number, slack: number): boolean {
  if (error === 0) return true;
  if (slack === 0) return false;
  const times = error / slack;
  return Number.isInteger(times) && times >= -2 && times <= 2;
}
