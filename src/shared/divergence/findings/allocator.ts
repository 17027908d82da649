/**
 * What the framework's allocator adds: blocks it rounds up, segments it keeps, and segments that no moment of the run
 * ever needed. Told where the workload counts requested, allocated and reserved bytes and a line beyond its prediction
 * holds them; without a budget only where a quarter of what is reserved was never in use.
 */
import { formatBytes, formatDuration, formatPercent } from '../../base/format';
import type { Bytes } from '../../base/units';
import type { FindingKind } from '../../base/vocabulary';
import { maxIn, valueAt } from '../../trace/series';
import { FRAMEWORK_ALLOCATED, TREE_RSS } from '../../trace/series-ids';
import { findClearWinner, worstRow } from '../fit/verdict';
import { type Lines, seriesById } from '../overlay/lines';
import { flagLimit } from '../overlay/measured-line';
import { frameworkOverlay, frameworkPeak } from '../overlay/overlay';
import { DEFAULT_FLAG_LIMITS, type Finding, type FindingsInput } from '../overlay/types';
import type { Detector } from './protocol';

const REMEDIES = {
  fragmentation:
    'Allow segments to grow: PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True; fix the shapes of batches, or warm up with the longest.',
  allocator_reserve:
    'Cached blocks are reused by the next step. torch.cuda.empty_cache() gives them back, at the cost of taking them again.',
  allocator_rounding: 'Fewer and larger tensors; flat parameter buffers.',
} as const;
const FORMULAS = {
  fragmentation: 'reserved − the most that was ever allocated at once',
  allocator_reserve:
    'the most ever allocated, as far as it is reserved, less the most that a phase needed',
  allocator_rounding: 'allocated − requested',
} as const;

export const allocator: Detector = {
  kind: 'allocator_reserve',
  find(input, known) {
    const { overlay, lines, markers, budget, limits = DEFAULT_FLAG_LIMITS } = input;
    const reserved = seriesById(lines, 'framework.reserved');
    const allocated = seriesById(lines, FRAMEWORK_ALLOCATED);
    if (!reserved?.times.length || !allocated?.times.length || overlay.series === TREE_RSS)
      return [];
    const end = reserved.times.at(-1)!;
    const top = maxIn(reserved, reserved.times[0]!, end);
    const fullest = maxIn(allocated, allocated.times[0]!, end);
    if (top === null || fullest === null) return [];
    const most = frameworkPeak({ lines, markers });
    const predicted = budget ? (overlay.predictedPeak.refined ?? 0) : null;
    // Where another setting stands out, its run's reserve is the one to expect.
    const fitting = known.some(({ setting }) => setting !== undefined)
      ? findClearWinner(input, known)?.best.budget
      : undefined;
    const expected = (fitting ?? budget)?.tiers.refined.components.reserve ?? 0;
    // What a line of the device shows beyond its prediction, and other findings leave.
    let room =
      overlay.series === FRAMEWORK_ALLOCATED ? 0 : (worstRow(overlay.phases)?.residualBytes ?? 0);
    const limit = flagLimit(predicted ?? 0, limits);
    const found: Finding[] = [];
    const add = (kind: keyof typeof REMEDIES & FindingKind, bytes: Bytes, evidence: string) => {
      found.push({
        kind,
        title: `${TITLES[kind]} ${formatBytes(bytes)}`,
        bytes,
        phase: null,
        span: [allocated.times[0]!, end],
        confidence: 'high',
        evidence: [evidence],
        formula: FORMULAS[kind],
        remedy: REMEDIES[kind],
      });
      room -= bytes;
    };
    const requested = valueIn(lines, 'framework.requested', fullest.t);
    // At a high-water mark between reports the share is that of the fullest report.
    const rounding =
      requested === null || fullest.value === 0
        ? 0
        : Math.round(most * (1 - requested / fullest.value));
    if (predicted !== null && room > 0 && rounding > limit) {
      add(
        'allocator_rounding',
        rounding,
        `Of ${formatBytes(fullest.value)} allocated at ${formatDuration(fullest.t)} only ${formatBytes(requested)} were requested; of the ${formatBytes(most)} at most that is ${formatBytes(rounding)}.`,
      );
    }
    const unused = top.value - most;
    const beyond = unused - expected;
    const figures = `At ${formatDuration(top.t)} ${formatBytes(top.value)} were reserved; live bytes never passed ${formatBytes(most)}`;
    const matters =
      predicted === null || overlay.series === FRAMEWORK_ALLOCATED
        ? unused > 0.25 * top.value && unused > limits.bytes
        : room > 0 && beyond > limit;
    if (matters)
      add(
        'fragmentation',
        beyond,
        `${figures}, so ${formatPercent((100 * unused) / top.value)} of it served nothing${expected > 0 ? `; ${formatBytes(expected)} were predicted for whole segments` : ''}.`,
      );
    const needed = neededByPhases(input);
    const kept = needed === null ? 0 : Math.min(top.value, most) - needed;
    if (predicted !== null && room > 0 && kept > limit) {
      add(
        'allocator_reserve',
        kept,
        `Live bytes once reached ${formatBytes(most)}, outside of all phases; no phase needed more than ${formatBytes(needed)}, and the allocator kept the difference.`,
      );
    }
    return found;
  },
};

/** The most that any announced phase held; null where none tells. */
function neededByPhases(input: FindingsInput): Bytes | null {
  const rows = frameworkOverlay(input)?.phases ?? [];
  const values = rows.flatMap(({ measured, phase }) =>
    measured === null || phase === 'idle' ? [] : [measured],
  );
  return values.length === 0 ? null : Math.max(...values);
}

function valueIn(lines: Lines, id: string, t: number): Bytes | null {
  const data = seriesById(lines, id);
  return data?.times.length ? valueAt(data, t) : null;
}

const TITLES = {
  fragmentation: 'The allocator holds segments that nothing ever filled:',
  allocator_reserve: 'The allocator keeps free blocks:',
  allocator_rounding: 'Rounding of blocks adds',
} as const;
