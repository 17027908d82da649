/** Reading an envelope: its points are samples of the recording, unchanged, with their own times. */

import type { Micros } from '../../shared/base/units';
import type { TraceView } from '../../shared/contract/api';
import type { Envelope } from '../../shared/trace/envelope';
import type { View } from './view';

/** Flat t, v pairs for drawing; `less` is subtracted (the baseline), `scale` applied after it. */
export function toPairs(envelope: Envelope, less = 0, scale = 1): Float64Array {
  const out = new Float64Array(envelope.times.length * 2);
  for (let i = 0; i < envelope.times.length; i++) {
    out[2 * i] = envelope.times[i]!;
    out[2 * i + 1] = (envelope.values[i]! - less) * scale;
  }
  return out;
}

/** The same line with a corner at each sample: a value holds until the next one. A break stays a break. */
export function toSteps(pairs: Float64Array): Float64Array {
  const out = new Float64Array(Math.max(0, pairs.length * 2 - 2));
  for (let i = 0; i < pairs.length; i += 2) {
    if (i > 0) out.set([pairs[i]!, pairs[i - 1]!], 2 * i - 2);
    out.set([pairs[i]!, pairs[i + 1]!], 2 * i);
  }
  return out;
}

/** The line of a trace as it is drawn: counters that tell of changes hold their value until the next one. */
export function drawnPairs(trace: TraceView | null, less: number): Float64Array {
  if (!trace) return new Float64Array(0);
  const pairs = toPairs(trace.envelope, less);
  return trace.info.intervalUs === null ? toSteps(pairs) : pairs;
}

export interface PointerReading {
  /** The last sample at or before the instant. */
  readonly value: number;
  readonly at: Micros;
  /** Extremes of what falls into the same pixel. */
  readonly min: number;
  readonly max: number;
}

/** What was measured at `t`; null within a gap, before the first sample and after the last. */
export function readingAt(
  envelope: Envelope,
  t: Micros,
  view: View,
  columns: number,
): PointerReading | null {
  const { times, values } = envelope;
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! <= t) low = middle + 1;
    else high = middle;
  }
  const index = low - 1;
  if (index < 0 || Number.isNaN(values[index]!)) return null;
  const half = (view.t1 - view.t0) / Math.max(1, columns) / 2;
  if (
    index === times.length - 1 &&
    t - times[index]! > Math.max(half * 4, (times[index]! - (times[index - 1] ?? 0)) * 2)
  )
    return null;
  let min = values[index]!;
  let max = min;
  const widen = (i: number) => {
    if (Number.isNaN(values[i]!)) return;
    min = Math.min(min, values[i]!);
    max = Math.max(max, values[i]!);
  };
  for (let i = index; i >= 0 && times[i]! >= t - half; i--) widen(i);
  for (let i = low; i < times.length && times[i]! <= t + half; i++) widen(i);
  return { value: values[index]!, at: times[index]!, min, max };
}

/** The highest value drawn. */
export function highest(pairs: Float64Array): number {
  let max = 0;
  for (let i = 1; i < pairs.length; i += 2) if (pairs[i]! > max) max = pairs[i]!;
  return max;
}
