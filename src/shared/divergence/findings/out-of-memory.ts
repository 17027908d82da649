/** The workload ran out of memory: it said so in its log, or the system killed it without a word. */

import { formatBytes, formatDuration } from '../../base/format';
import { GiB, KiB, MiB, type Micros } from '../../base/units';
import type { Phase } from '../../base/vocabulary';
import { computeBudget } from '../../budget/budget';
import { firstSample, valueAt } from '../../trace/series';
import { deviceIn, TREE_RSS, usedMemory } from '../../trace/series-ids';
import type { LogLine } from '../../trace/types';
import { seriesById } from '../overlay/lines';
import type { DiagnosisInput, Finding } from '../overlay/types';

const PATTERNS: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  {
    pattern:
      /CUDA out of memory|CUDA error: out of memory|CUDA_ERROR_OUT_OF_MEMORY|cudaErrorMemoryAllocation|OutOfMemoryError/,
    what: 'GPU memory',
  },
  { pattern: /RESOURCE_EXHAUSTED/, what: 'device memory' },
  { pattern: /JavaScript heap out of memory/, what: 'the JavaScript heap' },
  { pattern: /std::bad_alloc/, what: 'host memory' },
  { pattern: /(^|[\s.])MemoryError\b/, what: 'host memory' },
  {
    pattern: /Array buffer allocation failed|Cannot allocate memory|cannot enlarge memory/i,
    what: 'host memory',
  },
];

const UNITS: Readonly<Record<string, number>> = { b: 1, bytes: 1, kib: KiB, mib: MiB, gib: GiB };

export function findOutOfMemory(input: DiagnosisInput): Finding | null {
  for (const line of input.logs) {
    if (line.stream === 'plumbline') continue;
    const hit = PATTERNS.find(({ pattern }) => pattern.test(line.text));
    if (hit) return announced(input, line, hit.what);
  }
  return input.signal === 'SIGKILL' || input.exitCode === 137 ? killed(input) : null;
}

function announced(input: DiagnosisInput, line: LogLine, what: string): Finding {
  const asked = /tried to allocate ([\d.]+) ?([KMG]iB|bytes|B)\b/i.exec(line.text);
  const bytes = asked ? Math.round(Number(asked[1]) * (UNITS[asked[2]!.toLowerCase()] ?? 1)) : null;
  const died = input.signal !== null || (input.exitCode !== null && input.exitCode !== 0);
  return {
    kind: 'out_of_memory',
    title: `The workload ran out of ${what}${bytes === null ? '' : `, asking for ${formatBytes(bytes)} more`}`,
    bytes,
    phase: phaseAt(input, line.t),
    span: [line.t, line.t],
    confidence: died ? 'high' : 'medium',
    evidence: [
      `At ${formatDuration(line.t)} it wrote: ${JSON.stringify(line.text.trim().slice(0, 240))}.`,
      died ? `It then ended with ${ending(input)}.` : 'It went on after that.',
      ...peakSentence(input),
      ...headroomSentence(input, line.t),
      ...fittingSentence(input),
    ],
    formula: 'asked for > memory of the device − held by the workload − held by others',
    remedy:
      'Take a smaller batch or sequence, switch on checkpointing, or a lower precision; see "plumbline plan".',
  };
}

/** Free memory of the device over the run, where its size is known. */
function headroomSentence({ overlay, lines }: DiagnosisInput, until: Micros): string[] {
  const { deviceBytes } = overlay;
  const gpu = deviceIn(overlay.series ?? '');
  const device = gpu === undefined ? undefined : seriesById(lines, usedMemory(gpu));
  const from = device && firstSample(device)?.t;
  if (deviceBytes === undefined || !device || from === undefined) return [];
  const free = [0, 0.5, 1].flatMap((part) => {
    const t = from + part * Math.max(0, until - from);
    const used = valueAt(device, t);
    return used === null
      ? []
      : [`${formatBytes(Math.max(0, deviceBytes - used))} at ${formatDuration(t)}`];
  });
  return [`Free on the device of ${formatBytes(deviceBytes)}: ${free.join(', ')}.`];
}

/** The largest batch whose predicted peak stays below what was to be had: the device, or the most that was ever held. */
function fittingSentence({ budget, overlay }: DiagnosisInput): string[] {
  const limit =
    overlay.deviceBytes === undefined
      ? overlay.measuredPeak?.bytes
      : overlay.deviceBytes - overlay.baselineBytes;
  if (
    budget === null ||
    limit === undefined ||
    overlay.series === TREE_RSS ||
    budget.run.batch < 2 ||
    budget.run.lengths !== undefined
  )
    return [];
  const { batch } = budget.run;
  const peakAt = (size: number) =>
    computeBudget(budget.spec, { ...budget.run, batch: size }).tiers.refined.total;
  const declared = budget.tiers.refined.total;
  const one = peakAt(1);
  if (declared <= limit || declared <= one) return [];
  let best = Math.min(
    batch - 1,
    Math.max(0, Math.floor(1 + ((limit - one) * (batch - 1)) / (declared - one))),
  );
  // A peak is not quite a straight line in the batch.
  for (let tries = 0; best > 0 && tries < 4 && peakAt(best) > limit; tries++) best--;
  if (best > 0 && peakAt(best) > limit) return [];
  const had =
    overlay.deviceBytes === undefined ? 'the workload ever held' : 'the device had to give';
  return [
    best === 0
      ? `By the budget not even one sequence fits in the ${formatBytes(limit)} that ${had}.`
      : `By the budget a batch of ${best} would have fitted in the ${formatBytes(limit)} that ${had}; ${batch} take ${formatBytes(declared)}.`,
  ];
}

function killed(input: DiagnosisInput): Finding {
  const { durationUs } = input;
  return {
    kind: 'out_of_memory',
    title: 'The workload was killed, perhaps for want of memory',
    bytes: null,
    phase: phaseAt(input, durationUs),
    span: [durationUs, durationUs],
    confidence: 'low',
    evidence: [
      `It ended with ${ending(input)} and wrote no reason; the system's out-of-memory killer ends processes so, and so does a person.`,
      ...peakSentence(input),
    ],
  };
}

function ending({ signal, exitCode }: DiagnosisInput): string {
  return signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
}

function peakSentence({ overlay }: DiagnosisInput): string[] {
  const { measuredPeak, series } = overlay;
  return measuredPeak
    ? [
        `The highest value of ${series} was ${formatBytes(measuredPeak.bytes)} at ${formatDuration(measuredPeak.at)}.`,
      ]
    : [];
}

function phaseAt({ spans }: DiagnosisInput, t: number): Phase | null {
  return spans.findLast((span) => span.t0 <= t && t <= span.t1)?.phase ?? null;
}
