/**
 * What the framework's allocator adds: blocks it rounds up, segments it keeps, and segments that no moment of the run
 * ever needed. Told where the workload counts requested, allocated and reserved bytes and a line beyond its prediction
 * holds them; without a budget only where a quarter of what is reserved was never in use.
 */
import { formatBytes, formatDuration, formatPercent } from '../../format';
import { maxIn, valueAt } from '../../trace/series';
import type { Bytes } from '../../units';
import type { FindingKind } from '../../vocabulary';
import { FRAMEWORK_LINE, HOST_LINE, seriesById } from '../lines';
import { frameworkPeak } from '../overlay';
import { flagLimit } from '../measure';
import { DEFAULT_FLAG_LIMITS, type Finding } from '../types';
import type { Detector } from './protocol';
import { worstRow } from './settings';

const REMEDIES = {
  fragmentation: 'Allow segments to grow: PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True; fix the shapes of batches, or warm up with the longest.',
  allocator_reserve: 'Cached blocks are reused by the next step. torch.cuda.empty_cache() gives them back, at the cost of taking them again.',
  allocator_rounding: 'Fewer and larger tensors; flat parameter buffers.',
} as const;
const FORMULAS = {
  fragmentation: 'reserved − the most that was ever allocated at once',
  allocator_reserve: 'the lesser of reserved and the most ever allocated, less allocated now',
  allocator_rounding: 'allocated − requested',
} as const;

export const allocator: Detector = {
  kind: 'allocator_reserve',
  find({ overlay, series, markers, budget, limits = DEFAULT_FLAG_LIMITS }) {
    const reserved = seriesById(series, 'framework.reserved');
    const allocated = seriesById(series, FRAMEWORK_LINE);
    if (!reserved?.times.length || !allocated?.times.length || overlay.series === HOST_LINE) return [];
    const top = maxIn(reserved, reserved.times[0]!, reserved.times.at(-1)!)!;
    const at = reserved.times.at(-1)!;
    const live = valueAt(allocated, at);
    const most = frameworkPeak({ series, markers });
    if (live === null) return [];
    const requestedSeries = seriesById(series, 'framework.requested');
    const peak = maxIn(allocated, allocated.times[0]!, at)!;
    const requested = requestedSeries?.times.length ? valueAt(requestedSeries, peak.t) : null;
    const worst = worstRow(overlay.phases);
    const predicted = budget ? (overlay.predictedPeak.refined ?? 0) : null;
    const expected = budget?.tiers.refined.components.reserve ?? 0;
    const room = worst && worst.residualBytes! > 0 && overlay.series !== FRAMEWORK_LINE ? worst.residualBytes! : 0;
    const found: Finding[] = [];
    const add = (kind: keyof typeof REMEDIES & FindingKind, bytes: Bytes, evidence: string) => {
      found.push({ kind, title: `${TITLES[kind]} ${formatBytes(bytes)}`, bytes, phase: null, span: [allocated.times[0]!, at], confidence: 'high', evidence: [evidence], formula: FORMULAS[kind], remedy: REMEDIES[kind] });
    };
    const unused = top.value - Math.max(most, 0);
    const beyond = budget ? unused - expected : unused;
    const figures = `At ${formatDuration(top.t)} ${formatBytes(top.value)} were reserved; live bytes never passed ${formatBytes(most)}`;
    const matters = predicted === null || overlay.series === FRAMEWORK_LINE ? unused > 0.25 * top.value && unused > limits.bytes : room > 0 && beyond > flagLimit(predicted, limits);
    if (matters) add('fragmentation', beyond, `${figures}, so ${formatPercent((100 * unused) / top.value)} of it served nothing${expected > 0 ? `; ${formatBytes(expected)} were predicted for whole segments` : ''}.`);
    if (predicted !== null && room > 0) {
      const limit = flagLimit(predicted, limits);
      const cachedAtWorst = worst ? cached(reserved, allocated, worst.span[1]) : null;
      // A budget that has a reserve of its own already holds what the highest moment leaves behind.
      if (cachedAtWorst !== null && expected === 0 && cachedAtWorst > limit && !found.length) {
        add('allocator_reserve', Math.min(room, cachedAtWorst), `At the end of ${worst!.phase} the allocator kept ${formatBytes(cachedAtWorst)} of free blocks.`);
      }
      if (requested !== null && peak.value - requested > limit) add('allocator_rounding', peak.value - requested, `${formatBytes(requested)} were requested and ${formatBytes(peak.value)} allocated at ${formatDuration(peak.t)}.`);
    }
    return found;
  },
};

const TITLES = {
  fragmentation: 'The allocator holds segments that nothing ever filled:',
  allocator_reserve: 'The allocator keeps free blocks:',
  allocator_rounding: 'Rounding of blocks adds',
} as const;

function cached(reserved: Parameters<typeof valueAt>[0], allocated: Parameters<typeof valueAt>[0], t: number): Bytes | null {
  const [all, live] = [valueAt(reserved, t), valueAt(allocated, t)];
  return all === null || live === null ? null : all - live;
}
