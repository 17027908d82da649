/** The workload ran out of memory: it said so in its log, or the system killed it without a word. */

import { formatBytes, formatDuration } from '../../base/format';
import type { Micros } from '../../base/units';
import type { Phase } from '../../base/vocabulary';
import { firstSample, valueAt } from '../../trace/series';
import { deviceIn, usedMemory } from '../../trace/series-ids';
import { quoteSeries } from '../../trace/series-names';
import type { LogLine } from '../../trace/types';
import { seriesById } from '../overlay/lines';
import type { DiagnosisInput, Finding, MemoryError } from '../overlay/types';
import { isPerhapsMissing, memoryMissing, parseMemoryError } from './memory-error';
import { describeMemoryError } from './memory-error-words';
import { KILLED_REMEDY, remedyFor } from './memory-remedy';
import { wouldHaveFitted } from './would-fit';

/** Lines behind the first that may belong to the same message: what an allocator tells of itself. */
const MESSAGE_LINES = 40;
/** Of the line that is quoted; its figures stand beside it whole. */
const QUOTED_CHARACTERS = 240;

export function findOutOfMemory(input: DiagnosisInput): Finding | null {
  const said = input.logs.filter(({ stream }) => stream !== 'plumbline');
  const missing = said.flatMap((line, index) => (memoryMissing(line.text) === null ? [] : [index]));
  if (missing.length === 0)
    return input.signal === 'SIGKILL' || input.exitCode === 137 ? killed(input) : null;
  const messages = missing.map((index) => {
    const line = said[index]!;
    const behind = said
      .slice(index + 1, index + MESSAGE_LINES)
      .flatMap(({ stream, text }) => (stream === line.stream ? [text] : []));
    return { line, error: parseMemoryError(line.text, behind) };
  });
  // One want of memory is often told twice, first without its figures, or by who only saw a process gone.
  const told =
    messages.find(({ error }) => error.asked !== null) ??
    messages.find(({ line }) => !isPerhapsMissing(line.text)) ??
    messages[0]!;
  return announced(input, told.line, told.error);
}

function announced(input: DiagnosisInput, line: LogLine, error: MemoryError): Finding {
  const { asked, what } = error;
  const died = input.signal !== null || (input.exitCode !== null && input.exitCode !== 0);
  const fitting = wouldHaveFitted(input, error);
  const isPerhaps = isPerhapsMissing(line.text);
  return {
    kind: 'out_of_memory',
    title: isPerhaps
      ? `A process of the workload was killed, perhaps for want of ${what}`
      : `The workload ran out of ${what}${asked === null ? '' : `, asking for ${formatBytes(asked)} more`}`,
    bytes: asked,
    phase: phaseAt(input, line.t),
    span: [line.t, line.t],
    confidence: died && !isPerhaps ? 'high' : 'medium',
    evidence: [
      `At ${formatDuration(line.t)} it wrote: ${quote(line.text)}.`,
      ...describeMemoryError(error),
      died ? `It then ended with ${ending(input)}.` : 'It went on after that.',
      ...peakSentence(input),
      ...headroomSentence(input, line.t),
      ...(fitting === null ? [] : [fitting.sentence]),
    ],
    formula: 'asked for > memory of the device − held by the workload − held by others',
    ...workedOut(error),
    remedy: remedyFor(error, fitting, line.text),
    ...(fitting && { command: fitting.command }),
    memoryError: error,
  };
}

function quote(text: string): string {
  const trimmed = text.trim();
  return JSON.stringify(
    trimmed.length > QUOTED_CHARACTERS ? `${trimmed.slice(0, QUOTED_CHARACTERS)}…` : trimmed,
  );
}

/** The formula's numbers, where the message tells all of them. */
function workedOut({ asked, capacity, inUse, others, free }: MemoryError): { worked?: string } {
  if (asked === null || capacity === null || inUse === null) return {};
  const rest =
    others.length > 0
      ? others.reduce((sum, { bytes }) => sum + bytes, 0)
      : Math.max(0, capacity - inUse - (free ?? 0));
  return {
    worked: `${formatBytes(asked)} > ${formatBytes(capacity)} − ${formatBytes(inUse)} − ${formatBytes(rest)} = ${formatBytes(free ?? Math.max(0, capacity - inUse - rest))}`,
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
      ...headroomSentence(input, durationUs),
    ],
    remedy: KILLED_REMEDY,
  };
}

function ending({ signal, exitCode }: DiagnosisInput): string {
  return signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
}

function peakSentence({ overlay }: DiagnosisInput): string[] {
  const { measuredPeak, series } = overlay;
  return measuredPeak
    ? [
        `The highest value of ${quoteSeries(series)} was ${formatBytes(measuredPeak.bytes)} at ${formatDuration(measuredPeak.at)}.`,
      ]
    : [];
}

function phaseAt({ spans }: DiagnosisInput, t: number): Phase | null {
  return spans.findLast((span) => span.t0 <= t && t <= span.t1)?.phase ?? null;
}
