/**
 * A KV cache of another size than declared, by the workload's own split into components: at the end of every phase the
 * same multiple of what was predicted. Looked for where no setting accounts for the run as a whole. What an engine's log
 * tells is a pool that was set aside before any request, so its size says nothing of a type.
 */
import { formatBytes, formatExactBytes } from '../../base/format';
import type { Bytes } from '../../base/units';
import { ENGINE_LOG } from '../../base/vocabulary';
import { WORDS } from '../fit/setting-words';
import { seriesById } from '../overlay/lines';
import type { DiagnosisInput, Finding, OverlayPhase } from '../overlay/types';

export function findKvCacheMismatch({ overlay, lines }: DiagnosisInput): Finding | null {
  const rows = overlay.phases.flatMap((row) => {
    const [measured, predicted] = [
      row.measuredEndComponents?.kv_cache ?? 0,
      row.predictedEndComponents?.kv_cache ?? 0,
    ];
    return measured > 0 && predicted > 0 ? [{ row, measured, predicted }] : [];
  });
  const top = rows.reduce<(typeof rows)[number] | null>(
    (best, one) => (best === null || one.measured > best.measured ? one : best),
    null,
  );
  if (top === null) return null;
  const source =
    overlay.series === null ? undefined : seriesById(lines, overlay.series)?.info.source;
  if (source === ENGINE_LOG) return describeReserved(top.row, top.measured, top.predicted);
  const times = top.measured / top.predicted;
  if (times === 1 || rows.some(({ measured, predicted }) => measured !== times * predicted))
    return null;
  return {
    kind: 'dtype_mismatch',
    title: `The KV cache holds ${multiple(times)} what was declared`,
    bytes: top.measured - top.predicted,
    phase: top.row.phase,
    span: top.row.span,
    confidence: 'high',
    evidence: [
      `At the end of ${top.row.phase} the workload counts ${formatExactBytes(top.measured)} of keys and values where ${formatBytes(top.predicted)} were predicted; the factor is the same at the end of all ${rows.length} phases that hold any.`,
    ],
    formula: WORDS.cacheCopies.formula,
    remedy: WORDS.cacheCopies.remedy,
    setting: { field: 'cacheCopies', declared: 1, fits: times },
  };
}

function describeReserved({ phase, span }: OverlayPhase, pool: Bytes, needed: Bytes): Finding {
  const isEnough = pool >= needed;
  return {
    kind: 'preallocated_pool',
    title: isEnough
      ? `${formatBytes(pool)} were set aside for keys and values, ${(pool / needed).toFixed(1)} times what the run declared needs`
      : `${formatBytes(pool)} were set aside for keys and values, ${formatBytes(needed - pool)} less than the run declared needs`,
    bytes: pool - needed,
    phase,
    span,
    confidence: 'high',
    evidence: [
      `The engine's log tells a cache of ${formatExactBytes(pool)}; the requests declared fill ${formatExactBytes(needed)} of it.`,
    ],
    formula: 'pool = told by the engine − keys and values predicted',
    remedy: isEnough
      ? 'Declare the requests the engine is to hold with --batch and --lengths, or give it less: --gpu-memory-utilization (vLLM), --mem-fraction-static (SGLang), --ctx-size (llama.cpp).'
      : 'Requests will wait or be preempted: declare fewer or shorter ones, or give the engine more memory.',
  };
}

function multiple(times: number): string {
  if (times === 2) return 'twice';
  return times === 0.5 ? 'half' : `${times.toFixed(2)} times`;
}
