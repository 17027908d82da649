/**
 * Preallocated pools: a large share of the device taken at once and held without change, whatever the workload does in
 * it (vLLM's KV cache, JAX's and TensorFlow's allocators). Not a leak, and not the workload's need.
 */
import { type Bytes, GiB, type Micros } from '../../base/units';
import { firstAtLeast, lastSample, maxIn, minIn, sampleCount, sumIn } from '../../trace/series';
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

const MIN_SAMPLES = 20;
/** Without the device's size only a pool that is this large, and four times the prediction, is spoken of. */
const MIN_BYTES = 4 * GiB;
const MIN_SHARE = 0.7;

/** The pool in a device's line, or null: the line must jump in the first half and stay within 1% from there on. */
export function findPool(overlay: Overlay, line: SeriesData, durationUs: Micros): Pool | null {
  const { measuredPeak, predictedPeak, baselineBytes } = overlay;
  const end = lastSample(line)?.t;
  if (
    measuredPeak === null ||
    end === undefined ||
    line.info.id === FRAMEWORK_ALLOCATED ||
    line.info.id === TREE_RSS ||
    sampleCount(line) < MIN_SAMPLES
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
  const isLarge =
    share === null
      ? predicted !== null && measuredPeak.bytes >= Math.max(MIN_BYTES, 4 * predicted)
      : share >= MIN_SHARE;
  if (!isLarge) return null;
  const reach = (level: Bytes) => firstAtLeast(line, level)?.t ?? end;
  const floor = baselineBytes + 0.98 * measuredPeak.bytes;
  const start = reach(floor);
  // The end of a process gives everything back: what falls in the last tenth is not counted.
  const stop = Math.min(durationUs - durationUs / 10, end);
  // The first half is counted from where the workload begins to hold anything.
  const begin = reach(baselineBytes + 0.002 * measuredPeak.bytes);
  const samples = sumIn(line, start, stop).count;
  if (start - begin > (stop - begin) / 2 || samples < MIN_SAMPLES) return null;
  const low = minIn(line, start, stop);
  const high = maxIn(line, start, stop);
  if (!low || !high || low.value < floor) return null;
  // Taken at once: between a quarter and nine tenths of it there is hardly a sample.
  const quarter = reach(baselineBytes + 0.25 * measuredPeak.bytes);
  const nearly = reach(baselineBytes + 0.9 * measuredPeak.bytes);
  const between = sumIn(line, quarter, nearly).count - 1;
  if (between > Math.max(3, sumIn(line, start, end).count / 10)) return null;
  return {
    bytes: high.value - baselineBytes,
    from: start,
    to: stop,
    share,
    low: low.value - baselineBytes,
    high: high.value - baselineBytes,
    samples,
  };
}
