/** A share of the device taken at once and kept: a serving engine's cache or an allocator's pool, and no leak. */
import { formatBytes, formatDuration, formatInteger, formatPercent } from '../../base/format';
import { seriesById } from '../overlay/lines';
import { findPool } from '../overlay/pool';
import type { DiagnosisInput, Finding } from '../overlay/types';

export function findPreallocatedPool({
  overlay,
  lines,
  durationUs,
  budget,
}: DiagnosisInput): Finding | null {
  const line = overlay.series === null ? undefined : seriesById(lines, overlay.series);
  const pool = line && findPool(overlay, line, durationUs);
  if (!pool) return null;
  const predicted = overlay.predictedPeak.refined;
  const share = pool.share === null ? '' : `, ${formatPercent(100 * pool.share)} of the device`;
  return {
    kind: 'preallocated_pool',
    title: `A pool of ${formatBytes(pool.bytes)}${share} was taken at once and kept`,
    bytes: predicted === null ? pool.bytes : pool.bytes - predicted,
    phase: null,
    span: [pool.from, pool.to],
    confidence: pool.share === null ? 'medium' : 'high',
    evidence: [
      `From ${formatDuration(pool.from)} to ${formatDuration(pool.to)} all ${formatInteger(pool.samples)} samples lie between ${formatBytes(pool.low)} and ${formatBytes(pool.high)}.`,
      ...(predicted === null
        ? []
        : [
            `${formatBytes(predicted)} of it were predicted to be needed; the rest is room that was reserved.`,
          ]),
    ],
    formula: budget === null ? 'pool = measured' : 'pool = measured − predicted',
    remedy:
      'Set the share the engine takes: gpu_memory_utilization (vLLM), XLA_PYTHON_CLIENT_MEM_FRACTION or XLA_PYTHON_CLIENT_PREALLOCATE=false (JAX), TF_FORCE_GPU_ALLOW_GROWTH=true (TensorFlow).',
  };
}
