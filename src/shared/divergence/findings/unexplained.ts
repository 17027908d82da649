/** What no named cause accounts for: the largest flagged residual less the findings that explain a part of it. */

import { formatBytes, formatPercent, formatSignedBytes } from '../../base/format';
import type { Bytes } from '../../base/units';
import type { Confidence } from '../../base/vocabulary';
import { FRAMEWORK_ALLOCATED, TREE_RSS } from '../../trace/series-ids';
import { quoteSeries } from '../../trace/series-names';
import type { Candidate } from '../fit/candidates';
import type { Growth } from '../fit/observations';
import { describeChange } from '../fit/setting-words';
import { flagLimit } from '../overlay/flags';
import { findWidestGap, type Gap } from '../overlay/gap';
import { isFlagged } from '../overlay/phase-rows';
import { asBudgetCounts, stepOffset } from '../overlay/step-numbers';
import type { DiagnosisInput, Finding, Overlay } from '../overlay/types';
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

export function findUnexplained(input: DiagnosisInput, known: Explained): Finding | null {
  const { overlay, mustMatchExactly } = input;
  const gap = findWidestGap(input, overlay);
  if (gap === null) return null;
  const explained = sumExplained(gap, known, overlay);
  const rest = gap.residualBytes - explained;
  const isExact = mustMatchExactly && overlay.series === FRAMEWORK_ALLOCATED;
  if (rest === 0 || (!isExact && Math.abs(rest) <= flagLimit(gap.predicted.refined, overlay)))
    return null;
  return {
    kind: 'unexplained',
    title:
      rest > 0
        ? `${formatBytes(rest)} measured that no cause accounts for`
        : `${formatBytes(-rest)} predicted that was not measured`,
    bytes: rest,
    phase: gap.of === 'announced' ? gap.phase : null,
    span: gap.span,
    confidence: isExact ? 'medium' : rateConfidence(rest, gap, input),
    evidence: describeEvidence(gap, explained, known.rivals, input),
  };
}

/**
 * How much of the gap findings explain: another setting what its budget differs by, and of what is measured beyond that
 * each further finding as much as it holds, never more than is left. What is measured below it only a context smaller
 * than the predicted one explains.
 */
function sumExplained(gap: Gap, known: Explained, { series: line, phases }: Overlay): Bytes {
  const ofSetting = known.setting?.bytes ?? 0;
  // The framework counts no context.
  const contexts = line === FRAMEWORK_ALLOCATED ? [] : known.context.map(({ bytes }) => bytes ?? 0);
  let left = gap.residualBytes - ofSetting;
  if (left <= 0) {
    for (const part of contexts) left -= Math.max(left, Math.min(0, part));
    return gap.residualBytes - left;
  }
  const parts = [
    known.pool?.bytes ?? 0,
    known.leak === null
      ? 0
      : leakedBytes(known.leak.growth, asBudgetCounts(gap, stepOffset(phases)).step),
    ...known.shapes.filter(({ span }) => meets(span, gap.span)).map(({ bytes }) => bytes ?? 0),
    ...contexts,
    ...known.allocator.map(({ bytes }) => bytes ?? 0),
  ];
  for (const part of parts) left -= Math.min(left, part);
  return gap.residualBytes - left;
}

const meets = (one: Gap['span'], other: Gap['span']): boolean =>
  one[0] <= other[1] && one[1] >= other[0];

/**
 * The most that a leak can have added by the end of a step as budgets count them, or by the end of the run. Within a step it may or may not
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
  const isNear = Math.abs(rest) <= 1.5 * flagLimit(predicted.refined, overlay);
  return overlay.series === TREE_RSS || isUnseen || isNear ? 'low' : 'medium';
}

function describeEvidence(
  { residualBytes, measured, predicted }: Gap,
  explained: Bytes,
  rivals: readonly Candidate[],
  { overlay }: DiagnosisInput,
): string[] {
  const share = formatPercent((100 * Math.abs(residualBytes)) / Math.max(1, predicted.refined));
  const evidence = [
    `${quoteSeries(overlay.series)} reached ${formatBytes(measured)} where ${formatBytes(predicted.refined)} were predicted: ${formatSignedBytes(residualBytes)}, ${share} of the prediction.`,
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
