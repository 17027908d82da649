/** The workload ran out of memory: it said so in its log, or the system killed it without a word. */
import { GiB, KiB, MiB } from '../../units';
import { formatBytes, formatDuration } from '../../format';
import type { LogLine } from '../../trace/types';
import type { Phase } from '../../vocabulary';
import type { Finding } from '../types';
import type { Detector, FindingsInput } from './protocol';

const PATTERNS: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /CUDA out of memory|CUDA error: out of memory|CUDA_ERROR_OUT_OF_MEMORY|cudaErrorMemoryAllocation|OutOfMemoryError/, what: 'GPU memory' },
  { pattern: /RESOURCE_EXHAUSTED/, what: 'device memory' },
  { pattern: /JavaScript heap out of memory/, what: 'the JavaScript heap' },
  { pattern: /std::bad_alloc/, what: 'host memory' },
  { pattern: /(^|[\s.])MemoryError\b/, what: 'host memory' },
  { pattern: /Array buffer allocation failed|Cannot allocate memory|cannot enlarge memory/i, what: 'host memory' },
];

const UNITS: Readonly<Record<string, number>> = { b: 1, bytes: 1, kib: KiB, mib: MiB, gib: GiB };

export const outOfMemory: Detector = {
  kind: 'out_of_memory',
  find(input) {
    for (const line of input.logs) {
      if (line.stream === 'plumbline') continue;
      const hit = PATTERNS.find(({ pattern }) => pattern.test(line.text));
      if (hit) return [announced(input, line, hit.what)];
    }
    return input.signal === 'SIGKILL' || input.exitCode === 137 ? [killed(input)] : [];
  },
};

function announced(input: FindingsInput, line: LogLine, what: string): Finding {
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
    ],
  };
}

function killed(input: FindingsInput): Finding {
  const { durationUs } = input;
  return {
    kind: 'out_of_memory',
    title: 'The workload was killed, perhaps for want of memory',
    bytes: null,
    phase: phaseAt(input, durationUs),
    span: [durationUs, durationUs],
    confidence: 'low',
    evidence: [`It ended with ${ending(input)} and wrote no reason; the system's out-of-memory killer ends processes so, and so does a person.`, ...peakSentence(input)],
  };
}

function ending({ signal, exitCode }: FindingsInput): string {
  return signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
}

function peakSentence({ overlay }: FindingsInput): string[] {
  const { measuredPeak, series } = overlay;
  return measuredPeak ? [`The highest value of ${series} was ${formatBytes(measuredPeak.bytes)} at ${formatDuration(measuredPeak.at)}.`] : [];
}

function phaseAt({ spans }: FindingsInput, t: number): Phase | null {
  return spans.findLast((span) => span.t0 <= t && t <= span.t1)?.phase ?? null;
}
