/**
 * Running out of memory before it happens: only while a session is being recorded, on a device whose size is known.
 * Either the budget's highest moment is still to come and there is no room for it, or what grows with every step will
 * have filled the room at a step that can be told.
 */

import { formatBytes, formatDuration, formatInteger } from '../../base/format';
import { greatest, median } from '../../base/statistics';
import type { Bytes, Micros } from '../../base/units';
import { valueAt } from '../../trace/series';
import { deviceIn, usedMemory } from '../../trace/series-ids';
import type { Growth } from '../fit/observations';
import { flagLimit } from '../overlay/flags';
import { seriesById } from '../overlay/lines';
import { worstPhase } from '../overlay/phase-rows';
import type { DiagnosisInput, Finding } from '../overlay/types';

interface Room {
  readonly free: Bytes;
  readonly used: Bytes;
  readonly device: Bytes;
}

/** Null of a session that has ended. */
export function forecastOutOfMemory(input: DiagnosisInput, growth: Growth | null): Finding | null {
  const room = input.live === true ? measureRoom(input) : null;
  if (room === null) return null;
  return forecastFromBudget(input, room) ?? forecastFromGrowth(input, growth, room);
}

function measureRoom({ overlay, lines, durationUs }: DiagnosisInput): Room | null {
  const { deviceBytes, series: line } = overlay;
  const gpu = deviceIn(line ?? '') ?? '';
  const device = seriesById(lines, usedMemory(gpu));
  const used = device ? valueAt(device, durationUs) : null;
  return deviceBytes === undefined || used === null
    ? null
    : { free: deviceBytes - used, used, device: deviceBytes };
}

/** A moment that was predicted and has not come yet, higher than there is room for. */
function forecastFromBudget(
  { budget, overlay, durationUs }: DiagnosisInput,
  { free, device }: Room,
): Finding | null {
  const { measuredPeak } = overlay;
  if (budget === null || measuredPeak === null) return null;
  const { peak, timeline } = budget.tiers.refined;
  // What phases so far held beyond their prediction, later ones will too.
  const above = Math.max(0, worstPhase(overlay.phases)?.residualBytes ?? 0);
  const toCome = peak.bytes + above - measuredPeak.bytes;
  if (toCome <= free) return null;
  const moment = timeline.find((row) => row.total + above - measuredPeak.bytes > free);
  const isBorneOut =
    overlay.phases.some(({ residualBytes }) => residualBytes !== null) &&
    above <= flagLimit(peak.bytes, overlay);
  const phase = moment?.phase ?? peak.phase;
  return {
    kind: 'out_of_memory',
    title: `Memory will run out in ${phase}${moment?.step == null ? '' : ` of step ${moment.step}`}: ${formatBytes(toCome - free)} too little`,
    bytes: toCome - free,
    phase,
    span: [durationUs, durationUs],
    confidence: isBorneOut ? 'medium' : 'low',
    evidence: [
      `${formatBytes(free)} of ${formatBytes(device)} are free; ${formatBytes(toCome)} more than so far are predicted at the highest, ${formatBytes(peak.bytes)} in ${peak.phase}.`,
      ...(above > 0
        ? [
            `Phases so far held up to ${formatBytes(above)} above their prediction, which is counted in.`,
          ]
        : []),
    ],
    formula: 'predicted peak − measured so far > free on the device',
    remedy:
      'Stop it now and take a smaller batch or sequence, checkpointing or a lower precision; see "plumbline plan".',
  };
}

/** What every step adds, until nothing is left. */
function forecastFromGrowth(
  { spans, budget, durationUs }: DiagnosisInput,
  growth: Growth | null,
  { free, device }: Room,
): Finding | null {
  if (growth === null || growth.per !== 'step' || growth.bytes <= 0) return null;
  const steps = findStepStarts(spans);
  const current = greatest(steps.keys());
  const starts = [...steps.values()];
  const paces = starts.slice(1).map((t, i) => t - starts[i]!);
  if (paces.length === 0) return null;
  const left = Math.floor(free / growth.bytes);
  // The declared steps are a plan; a run that has passed them follows another.
  const planned = budget?.run.steps ?? 0;
  if (planned > current && current + left >= planned) return null;
  const inUs: Micros = left * median(paces);
  return {
    kind: 'out_of_memory',
    title: `Memory will run out after ${left < 1 ? 'this step' : `${formatInteger(left)} more step${left === 1 ? '' : 's'}`}, in about ${formatDuration(inUs)}`,
    bytes: null,
    phase: null,
    span: [durationUs, durationUs + inUs],
    confidence: 'medium',
    evidence: [
      `${formatBytes(free)} of ${formatBytes(device)} are free, and every step takes ${formatBytes(growth.bytes)} of it for good.`,
      `Steps took ${formatDuration(median(paces))} each, the last of them step ${formatInteger(current)}.`,
    ],
    formula: 'steps left = free on the device / bytes a step leaks',
    remedy: 'Save a checkpoint before then; the leak is told beside this.',
  };
}

/** When each step of the first rank began. */
function findStepStarts(spans: DiagnosisInput['spans']): Map<number, Micros> {
  const starts = new Map<number, Micros>();
  for (const { step, rank, t0 } of spans)
    if (step !== null && rank === spans[0]!.rank && !starts.has(step)) starts.set(step, t0);
  return starts;
}
