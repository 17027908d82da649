/**
 * What the framework's allocator adds: blocks it rounds up, segments it keeps, and segments that no moment of the run
 * ever needed. Told where the workload counts requested, allocated and reserved bytes and a line beyond its prediction
 * holds them; without a budget only where a quarter of what is reserved was never in use.
 */

import { formatBytes, formatDuration, formatPercent } from '../../base/format';
import { greatest } from '../../base/statistics';
import type { Bytes, Micros } from '../../base/units';
import type { Budget } from '../../budget/types';
import type { TimedSample } from '../../trace/sample-source';
import { firstSample, lastSample, maxIn, valueAt } from '../../trace/series';
import {
  FRAMEWORK_ALLOCATED,
  FRAMEWORK_REQUESTED,
  FRAMEWORK_RESERVED,
  TREE_RSS,
} from '../../trace/series-ids';
import { AllocatorCounters } from '../overlay/allocator-counters';
import { FLAG_LIMITS, flagLimit } from '../overlay/flags';
import { type Lines, seriesById } from '../overlay/lines';
import { worstPhase } from '../overlay/phase-rows';
import type { AllocatorLevel, DiagnosisInput, Finding, Overlay } from '../overlay/types';

type OverheadKind = 'allocator_rounding' | 'fragmentation' | 'allocator_reserve';

const WORDS: Readonly<
  Record<
    OverheadKind,
    { readonly title: string; readonly formula: string; readonly remedy: string }
  >
> = {
  fragmentation: {
    title: 'The allocator holds segments that nothing ever filled:',
    formula: 'reserved − the most that was ever allocated at once',
    remedy:
      'Allow segments to grow: PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True; fix the shapes of batches, or warm up with the longest.',
  },
  allocator_reserve: {
    title: 'The allocator keeps free blocks:',
    formula: 'the most ever allocated, as far as it is reserved, less the most that a phase needed',
    remedy:
      'Cached blocks are reused by the next step. torch.cuda.empty_cache() gives them back, at the cost of taking them again.',
  },
  allocator_rounding: {
    title: 'Rounding of blocks adds',
    formula: 'allocated − requested',
    remedy: 'Fewer and larger tensors; flat parameter buffers.',
  },
};

interface Overhead {
  readonly kind: OverheadKind;
  readonly bytes: Bytes;
  /** Whether it is large enough to be told, given that the line shows bytes it may account for. */
  readonly matters: boolean;
  readonly evidence: string;
}

/** The level of the allocator, and the fullest report on the way to it. */
interface Counters {
  readonly level: AllocatorLevel & { readonly at: Micros };
  readonly fullest: TimedSample;
  readonly span: readonly [Micros, Micros];
}

/** `running`: the budget of the run that the trace shows, whose reserve is the one to expect. */
export function findAllocatorOverhead(
  input: DiagnosisInput,
  framework: Overlay | null,
  running: Budget | null,
): Finding[] {
  const { overlay, lines, budget } = input;
  const counters = overlay.series === TREE_RSS ? null : readCounters(input);
  if (counters === null) return [];
  const isFramework = overlay.series === FRAMEWORK_ALLOCATED;
  const limit = flagLimit(budget === null ? 0 : (overlay.predictedPeak.refined ?? 0), overlay);
  const expected = running?.tiers.refined.components.reserve ?? 0;
  const parts = [
    measureRounding(counters, lines, limit),
    measureFragmentation(counters, expected, limit),
    measureReserve(counters, framework, limit),
  ];
  // What a line of the device shows beyond its prediction, and earlier parts leave.
  let room = isFramework ? 0 : (worstPhase(overlay.phases)?.residualBytes ?? 0);
  const found: Finding[] = [];
  for (const part of parts) {
    if (part === null) continue;
    // Where no prediction can be exceeded, only segments that served nothing are told.
    const isMeasuredAlone = part.kind === 'fragmentation' && (budget === null || isFramework);
    const isFound = isMeasuredAlone
      ? isLargelyUnused(counters, overlay)
      : budget !== null && room > 0 && part.matters;
    if (!isFound) continue;
    found.push(buildFinding(part, counters.span));
    room -= part.bytes;
  }
  return found;
}

function readCounters({ lines, markers }: DiagnosisInput): Counters | null {
  const reserved = seriesById(lines, FRAMEWORK_RESERVED);
  const allocated = seriesById(lines, FRAMEWORK_ALLOCATED);
  if (!reserved || !allocated) return null;
  const [from, end] = [firstSample(allocated)?.t, lastSample(reserved)?.t];
  if (from === undefined || end === undefined) return null;
  const { level } = new AllocatorCounters(lines, markers);
  const fullest = maxIn(allocated, from, end);
  return level === null || fullest === null ? null : { level, fullest, span: [from, end] };
}

function measureRounding(
  { level: { allocated }, fullest }: Counters,
  lines: Lines,
  limit: Bytes,
): Overhead | null {
  const data = seriesById(lines, FRAMEWORK_REQUESTED);
  const requested = data ? valueAt(data, fullest.t) : null;
  if (requested === null || fullest.value === 0) return null;
  // At a high-water mark between reports the share is that of the fullest report.
  const bytes = Math.round(allocated * (1 - requested / fullest.value));
  return {
    kind: 'allocator_rounding',
    bytes,
    matters: bytes > limit,
    evidence: `Of ${formatBytes(fullest.value)} allocated at ${formatDuration(fullest.t)} only ${formatBytes(requested)} were requested; of the ${formatBytes(allocated)} at most that is ${formatBytes(bytes)}.`,
  };
}

function measureFragmentation(
  { level: { allocated, reserved, at } }: Counters,
  expected: Bytes,
  limit: Bytes,
): Overhead {
  const unused = reserved - allocated;
  const bytes = unused - expected;
  const share = formatPercent((100 * unused) / reserved);
  return {
    kind: 'fragmentation',
    bytes,
    matters: bytes > limit,
    evidence: `At ${formatDuration(at)} ${formatBytes(reserved)} were reserved; live bytes never passed ${formatBytes(allocated)}, so ${share} of it served nothing${expected > 0 ? `; ${formatBytes(expected)} were predicted for whole segments` : ''}.`,
  };
}

function isLargelyUnused(
  { level: { allocated, reserved } }: Counters,
  { limits = FLAG_LIMITS }: DiagnosisInput['overlay'],
): boolean {
  const unused = reserved - allocated;
  return unused > 0.25 * reserved && unused > limits.bytes;
}

function measureReserve(
  { level: { allocated, reserved } }: Counters,
  framework: Overlay | null,
  limit: Bytes,
): Overhead | null {
  const held = (framework?.phases ?? []).flatMap(({ measured, phase }) =>
    measured === null || phase === 'idle' ? [] : [measured],
  );
  if (held.length === 0) return null;
  const needed = greatest(held);
  const bytes = Math.min(reserved, allocated) - needed;
  return {
    kind: 'allocator_reserve',
    bytes,
    matters: bytes > limit,
    evidence: `Live bytes once reached ${formatBytes(allocated)}, outside of all phases; no phase needed more than ${formatBytes(needed)}, and the allocator kept the difference.`,
  };
}

function buildFinding({ kind, bytes, evidence }: Overhead, span: Counters['span']): Finding {
  const { title, formula, remedy } = WORDS[kind];
  return {
    kind,
    title: `${title} ${formatBytes(bytes)}`,
    bytes,
    phase: null,
    span,
    confidence: 'high',
    evidence: [evidence],
    formula,
    remedy,
  };
}
