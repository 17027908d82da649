/**
 * A KV cache of another size than declared, by the workload's own split into components: at the end of every phase the
 * same multiple of what was predicted. Looked for where no setting accounts for the run as a whole.
 */
import { formatBytes, formatExactBytes } from '../../base/format';
import { WORDS } from '../fit/setting-words';
import type { DiagnosisInput, Finding } from '../overlay/types';

export function findKvCacheMismatch({ overlay }: DiagnosisInput): Finding | null {
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

function multiple(times: number): string {
  if (times === 2) return 'twice';
  return times === 0.5 ? 'half' : `${times.toFixed(2)} times`;
}
