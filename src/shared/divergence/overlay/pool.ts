/**
 * Preallocated pools: a large share of the device taken at once and held without change, whatever the workload does in
 * it (vLLM's KV cache, JAX's and TensorFlow's allocators). Not a leak, and not the workload's need.
 */
import { upperBound } from '../../base/search';
import { type Bytes, GiB, type Micros } from '../../base/units';
import { maxIn, minIn } from '../../trace/series';
import { FRAMEWORK_ALLOCATED, TREE_RSS } from '../../trace/series-ids';
import type { SeriesData } from '../../trace/types';
import type { Overlay } from './types';

export interface Pool {
  readonly bytes: Bytes;
  /** When it was taken. */
  readonly from: Micros;
  readonly to: Micros;
  /** Of the device's memory, 0..1; null where its size was not read. */
  readonly share: number | null;
  /** Lowest and highest value of the line since. */
  readonly low: Bytes;
  readonly high: Bytes;
  readonly samples: number;
}

const LEAST_SAMPLES = 20;
/** Without the device's size only a pool that is this large, and four times the prediction, is spoken of. */
const LEAST_BYTES = 4 * GiB;
const LEAST_SHARE = 0.7;

/** The pool in a device's line, or null: the line must jump in the first half and stay within 1% from there on. */
export function findPool(overlay: Overlay, line: SeriesData, durationUs: Micros): Pool | null {
  const { measuredPeak, predictedPeak, baselineBytes } = overlay;
  const { times, values } = line;
  if (
    !measuredPeak ||
    line.info.id === FRAMEWORK_ALLOCATED ||
    line.info.id === TREE_RSS ||
    times.length < LEAST_SAMPLES
  )
    return null;
  const share = overlay.deviceBytes == null ? null : measuredPeak.bytes / overlay.deviceBytes;
  const predicted = predictedPeak.refined;
  if (predicted !== null && measuredPeak.bytes < 1.5 * predicted) return null;
  // A line that rose with the phases that were announced is the workload's own need.
  if (
    overlay.phases.some(
      (row) =>
        row.phase === 'load' &&
        !row.inferred &&
        row.end !== null &&
        row.end < 0.9 * measuredPeak.bytes,
    )
  )
    return null;
  if (
    share === null
      ? measuredPeak.bytes < LEAST_BYTES || predicted === null || measuredPeak.bytes < 4 * predicted
      : share < LEAST_SHARE
  )
    return null;
  const floor = baselineBytes + 0.98 * measuredPeak.bytes;
  const from = firstAtLeast(values, floor);
  const start = times[from]!;
  // The end of a process gives everything back: what falls in the last tenth is not counted.
  const stop = Math.min(durationUs - durationUs / 10, times.at(-1)!);
  // What comes before the workload holds anything is not its time.
  const born = times[firstAtLeast(values, baselineBytes + 0.002 * measuredPeak.bytes)]!;
  if (start - born > (stop - born) / 2 || upperBound(times, stop) - from < LEAST_SAMPLES)
    return null;
  const low = minIn(line, start, stop);
  const high = maxIn(line, start, stop);
  if (!low || !high || low.value < floor) return null;
  // Taken at once: between a quarter and nine tenths of it there is hardly a sample.
  const quarter = firstAtLeast(values, baselineBytes + 0.25 * measuredPeak.bytes);
  const nearly = firstAtLeast(values, baselineBytes + 0.9 * measuredPeak.bytes);
  if (nearly - quarter > Math.max(3, (times.length - from) / 10)) return null;
  return {
    bytes: high.value - baselineBytes,
    from: start,
    to: stop,
    share,
    low: low.value - baselineBytes,
    high: high.value - baselineBytes,
    samples: upperBound(times, stop) - from,
  };
}

function firstAtLeast(values: Float64Array, floor: Bytes): number {
  for (let i = 0; i < values.length; i++) if (values[i]! >= floor) return i;
  return values.length - 1;
}
