/**
 * A KV cache of another size than declared, by the workload's own split into components: at the end of every phase the
 * same multiple of what was predicted. Looks only where no setting as a whole accounts for the run.
 */
import { formatBytes, formatExactBytes } from '../../base/format';
import { WORDS } from '../fit/setting-words';
import type { Detector } from './protocol';

export const kvCache: Detector = {
  kind: 'dtype_mismatch',
  find({ overlay }, known) {
    if (known.some(({ setting }) => setting !== undefined)) return [];
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
    if (top === null) return [];
    const times = top.measured / top.predicted;
    if (times === 1 || rows.some(({ measured, predicted }) => measured !== times * predicted))
      return [];
    const factor = times === 2 ? 'twice' : times === 0.5 ? 'half' : `${times.toFixed(2)} times`;
    return [
      {
        kind: 'dtype_mismatch',
        title: `The KV cache holds ${factor} what was declared`,
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
      },
    ];
  },
};
