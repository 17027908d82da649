/** What no named cause accounts for: the largest flagged residual less the findings that explain a part of it. */

import { formatBytes, formatPercent, formatSignedBytes } from '../../base/format';
import type { Bytes, Micros } from '../../base/units';
import type { Confidence } from '../../base/vocabulary';
import { EVER } from '../../trace/series';
import { FRAMEWORK_ALLOCATED, TREE_RSS } from '../../trace/series-ids';
import { quoteSeries } from '../../trace/series-names';
import type { Candidate } from '../fit/candidates';
import type { Growth } from '../fit/observations';
import { describeChange } from '../fit/setting-words';
import { flagLimit, isHeldBeyond } from '../overlay/flags';
import { type FlaggedPhase, isFlagged, worstPhase } from '../overlay/phase-rows';
import { showsRun } from '../overlay/shows-run';
import type { DiagnosisInput, Finding } from '../overlay/types';
import type { Leak } from './leak';

/** Findings that explain a part of what was measured. */
export interface Explained {
  readonly setting: Finding | null;
  readonly pool: Finding | null;
  readonly leak: Leak | null;
  /** What a line does by itself: growth, plateaus, spikes, what stays between phases. */
  readonly shapes: readonly Finding[];
  readonly context: readonly Finding[];
  readonly allocator: readonly Finding[];
  /** Settings that would account for it, where the trace cannot tell which. */
  readonly rivals: readonly Candidate[];
}

interface Gap {
  readonly residual: Bytes;
  readonly measured: Bytes;
  readonly predicted: Bytes;
  readonly span: readonly [Micros, Micros];
  /** Of the run as a whole null. */
  readonly step: number | null;
}

export function findUnexplained(input: DiagnosisInput, known: Explained): Finding | null {
  const { overlay, mustMatchExactly } = input;
  const worst = worstPhase(overlay.phases);
  const gap = worst === null ? findGapOfRun(input) : toGap(worst);
  if (gap === null) return null;
  const explained = sumExplained(gap, known, overlay.series);
  const rest = gap.residual - explained;
  const isExact = mustMatchExactly && overlay.series === FRAMEWORK_ALLOCATED;
  if (rest === 0 || (!isExact && Math.abs(rest) <= flagLimit(gap.predicted, overlay))) return null;
  return {
    kind: 'unexplained',
    title:
      rest > 0
        ? `${formatBytes(rest)} measured that no cause accounts for`
        : `${formatBytes(-rest)} predicted that was not measured`,
    bytes: rest,
    phase: worst === null || worst.inferred ? null : worst.phase,
    span: gap.span,
    confidence: isExact ? 'medium' : rateConfidence(rest, gap, input),
    evidence: describeEvidence(gap, explained, known.rivals, input),
  };
}

function toGap({ residualBytes, measured, predicted, span, step }: FlaggedPhase): Gap {
  return { residual: residualBytes, measured, predicted: predicted.refined, span, step };
}

/** The run as a whole, where no phase is known: beyond the limit for as many samples as the limits ask. */
function findGapOfRun({ overlay, lines, durationUs, live }: DiagnosisInput): Gap | null {
  const { residualBytes: residual, measuredPeak, predictedPeak } = overlay;
  const predicted = predictedPeak.refined;
  if (overlay.phases.length > 0 || residual === null || !measuredPeak || predicted === null)
    return null;
  // Where nothing rose no run was seen, and there is nothing to explain.
  if (!showsRun(overlay)) return null;
  const limit = flagLimit(predicted, overlay);
  // The highest moment may be yet to come.
  if (Math.abs(residual) <= limit || (live === true && residual < 0)) return null;
  const line = lines.find(({ info }) => info.id === overlay.series);
  const expected = overlay.baselineBytes + predicted;
  if (line && !isHeldBeyond(line, EVER, expected, residual > 0 ? limit : -limit, overlay))
    return null;
  return { residual, measured: measuredPeak.bytes, predicted, span: [0, durationUs], step: null };
}

/**
 * How much of the gap findings explain: another setting what its budget differs by, and of what is measured beyond that
 * each further finding as much as it holds, never more than is left. What is measured below it only a context smaller
 * than the predicted one explains.
 */
function sumExplained(gap: Gap, known: Explained, line: string | null): Bytes {
  const ofSetting = known.setting?.bytes ?? 0;
  // The framework counts no context.
  const contexts = line === FRAMEWORK_ALLOCATED ? [] : known.context.map(({ bytes }) => bytes ?? 0);
  let left = gap.residual - ofSetting;
  if (left <= 0) {
    for (const part of contexts) left -= Math.max(left, Math.min(0, part));
    return gap.residual - left;
  }
  const parts = [
    known.pool?.bytes ?? 0,
    known.leak === null ? 0 : leakedBytes(known.leak.growth, gap.step),
    ...known.shapes.filter(({ span }) => meets(span, gap.span)).map(({ bytes }) => bytes ?? 0),
    ...contexts,
    ...known.allocator.map(({ bytes }) => bytes ?? 0),
  ];
  for (const part of parts) left -= Math.min(left, part);
  return gap.residual - left;
}

const meets = (one: Gap['span'], other: Gap['span']): boolean =>
  one[0] <= other[1] && one[1] >= other[0];

/**
 * The most that a leak can have added by the end of a step, or by the end of the run. Within a step it may or may not
 * have happened yet, so all that it can have added counts.
 */
export function leakedBytes(growth: Growth | null, step: number | null): Bytes {
  if (growth === null) return 0;
  return growth.bytes * (growth.per === 'step' && step !== null ? step : growth.count + 2);
}

function rateConfidence(rest: Bytes, { predicted }: Gap, { overlay }: DiagnosisInput): Confidence {
  // Where no phase was announced the highest moment may not have been recorded.
  const isUnseen = rest < 0 && !overlay.phases.some(({ inferred }) => !inferred);
  // Near the limit it may be the context, which differs from machine to machine.
  const isNear = Math.abs(rest) <= 1.5 * flagLimit(predicted, overlay);
  return overlay.series === TREE_RSS || isUnseen || isNear ? 'low' : 'medium';
}

function describeEvidence(
  { residual, measured, predicted }: Gap,
  explained: Bytes,
  rivals: readonly Candidate[],
  { overlay }: DiagnosisInput,
): string[] {
  const share = formatPercent((100 * Math.abs(residual)) / Math.max(1, predicted));
  const evidence = [
    `${quoteSeries(overlay.series)} reached ${formatBytes(measured)} where ${formatBytes(predicted)} were predicted: ${formatSignedBytes(residual)}, ${share} of the prediction.`,
  ];
  if (explained !== 0)
    evidence.push(`${formatBytes(Math.abs(explained))} of it are named by other findings.`);
  const flagged = overlay.phases.filter(isFlagged).length;
  if (flagged > 1) evidence.push(`${flagged} phases of the run are flagged; this is the largest.`);
  const words = rivals.slice(0, 4).map(describeChange);
  if (words.length === 1) evidence.push(`It would be accounted for by ${words[0]}.`);
  if (words.length > 1)
    evidence.push(
      `The trace cannot tell these apart, each of which would account for it: ${words.join('; ')}.`,
    );
  if (overlay.series === TREE_RSS)
    evidence.push(
      'Resident memory of the process tree also holds the runtime, its libraries and its code.',
    );
  return evidence;
}
