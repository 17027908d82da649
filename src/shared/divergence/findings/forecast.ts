/**
 * Running out of memory before it happens: only while a session is being recorded, on a device whose size is known.
 * Either the budget's highest moment is still to come and there is no room for it, or what grows with every step will
 * have filled the room at a step that can be told.
 */

import { formatBytes, formatDuration, formatInteger } from '../../base/format';
import { median } from '../../base/statistics';
import type { Micros } from '../../base/units';
import { valueAt } from '../../trace/series';
import { deviceIn, usedMemory } from '../../trace/series-ids';
import { findGrowth, worstRow } from '../fit/verdict';
import { seriesById } from '../overlay/lines';
import { flagLimit } from '../overlay/measured-line';
import { DEFAULT_FLAG_LIMITS, type Finding, type FindingsInput } from '../overlay/types';
import type { Detector } from './protocol';

interface Room {
  readonly free: number;
  readonly used: number;
  readonly device: number;
}

export const forecast: Detector = {
  kind: 'out_of_memory',
  find(input, known) {
    if (
      input.live !== true ||
      known.some(({ kind }) => kind === 'out_of_memory' || kind === 'preallocated_pool')
    )
      return [];
    const room = measureRoom(input);
    if (room === null) return [];
    const found = ofBudget(input, room) ?? ofGrowth(input, known, room);
    return found === null ? [] : [found];
  },
};

function measureRoom({ overlay, lines, durationUs }: FindingsInput): Room | null {
  const { deviceBytes, series: line } = overlay;
  const gpu = deviceIn(line ?? '') ?? '';
  const device = seriesById(lines, usedMemory(gpu));
  const used = device ? valueAt(device, durationUs) : null;
  return deviceBytes === undefined || used === null
    ? null
    : { free: deviceBytes - used, used, device: deviceBytes };
}

/** A moment that was predicted and has not come yet, higher than there is room for. */
function ofBudget(
  { budget, overlay, durationUs, limits = DEFAULT_FLAG_LIMITS }: FindingsInput,
  { free, device }: Room,
): Finding | null {
  if (budget === null || overlay.measuredPeak === null) return null;
  const { peak, timeline } = budget.tiers.refined;
  // What phases so far held beyond their prediction, later ones will too.
  const above = Math.max(0, worstRow(overlay.phases)?.residualBytes ?? 0);
  const toCome = peak.bytes + above - overlay.measuredPeak.bytes;
  if (toCome <= free) return null;
  const moment = timeline.find((row) => row.total + above - overlay.measuredPeak!.bytes > free);
  const isBorneOut =
    overlay.phases.some(({ residualBytes }) => residualBytes !== null) &&
    above <= flagLimit(peak.bytes, limits);
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
function ofGrowth(
  { spans, budget, durationUs }: FindingsInput,
  known: readonly Finding[],
  { free, device }: Room,
): Finding | null {
  const growth = findGrowth(known);
  if (growth === null || growth.per !== 'step' || growth.bytes <= 0) return null;
  const steps = findStepStarts(spans);
  const current = Math.max(...steps.keys());
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
function findStepStarts(spans: FindingsInput['spans']): Map<number, Micros> {
  const starts = new Map<number, Micros>();
  for (const { step, rank, t0 } of spans)
    if (step !== null && rank === spans[0]!.rank && !starts.has(step)) starts.set(step, t0);
  return starts;
}
