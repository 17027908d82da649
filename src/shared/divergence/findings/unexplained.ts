/** What no named cause accounts for: the largest flagged residual less the findings that explain a part of it. */
import { formatBytes, formatPercent, formatSignedBytes } from '../../base/format';
import type { Bytes, Micros } from '../../base/units';
import type { FindingKind } from '../../base/vocabulary';
import { FRAMEWORK_ALLOCATED, TREE_RSS } from '../../trace/series-ids';
import { describeChange } from '../fit/setting-words';
import { judgeDeclared, worstRow } from '../fit/verdict';
import { flagLimit } from '../overlay/measured-line';
import { showsRun } from '../overlay/shows-run';
import {
  DEFAULT_FLAG_LIMITS,
  type Finding,
  type FindingsInput,
  type OverlayPhase,
} from '../overlay/types';
import type { Detector } from './protocol';

/** Kinds that add to what is measured. */
const RISING: ReadonlySet<FindingKind> = new Set([
  'leak',
  'preallocated_pool',
  'allocator_reserve',
  'allocator_rounding',
  'fragmentation',
]);

export const unexplained: Detector = {
  kind: 'unexplained',
  find(input, known) {
    const { overlay, exact, limits = DEFAULT_FLAG_LIMITS } = input;
    const rows = overlay.phases.filter((row) => row.flagged && row.residualBytes !== null);
    const worst = worstRow(overlay.phases);
    const gap = worst
      ? {
          residual: worst.residualBytes!,
          measured: worst.measured!,
          predicted: worst.predicted.refined!,
          span: worst.span,
        }
      : overall(input);
    if (!gap) return [];
    const wrong = known.find(({ setting }) => setting !== undefined)?.bytes ?? 0;
    const left = gap.residual - wrong;
    const named = known.filter(
      ({ bytes, kind }) =>
        bytes !== null &&
        (RISING.has(kind) || (kind === 'context' && overlay.series !== FRAMEWORK_ALLOCATED)),
    );
    const explained =
      wrong +
      (left <= 0 ? 0 : named.reduce((sum, one) => sum + explainedShare(one, worst, left - sum), 0));
    const rest = gap.residual - explained;
    // Where no phase was announced the highest moment may not have been recorded.
    const isUnseen = rest < 0 && !overlay.phases.some(({ inferred }) => !inferred);
    const isExact = exact && overlay.series === FRAMEWORK_ALLOCATED;
    if (rest === 0 || (!isExact && Math.abs(rest) <= flagLimit(gap.predicted, limits))) return [];
    return [
      {
        kind: 'unexplained',
        title:
          rest > 0
            ? `${formatBytes(rest)} measured that no cause accounts for`
            : `${formatBytes(-rest)} predicted that was not measured`,
        bytes: rest,
        phase: worst?.inferred ? null : (worst?.phase ?? null),
        span: gap.span,
        // Near the limit it may be the context, which differs from machine to machine.
        confidence:
          !isExact &&
          (overlay.series === TREE_RSS ||
            isUnseen ||
            Math.abs(rest) <= 1.5 * flagLimit(gap.predicted, limits))
            ? 'low'
            : 'medium',
        evidence: [
          `${overlay.series} reached ${formatBytes(gap.measured)} where ${formatBytes(gap.predicted)} were predicted: ${formatSignedBytes(gap.residual)}, ${formatPercent((100 * Math.abs(gap.residual)) / Math.max(1, gap.predicted))} of the prediction.`,
          ...(explained === 0
            ? []
            : [`${formatBytes(explained)} of it are named by other findings.`]),
          ...(rows.length > 1
            ? [`${rows.length} phases of the run are flagged; this is the largest.`]
            : []),
          ...describeRivals(input, known),
          ...(overlay.series === TREE_RSS
            ? [
                'Resident memory of the process tree also holds the runtime, its libraries and its code.',
              ]
            : []),
        ],
      },
    ];
  },
};

/** Settings that would account for it, where more than one does and the trace cannot tell which. */
function describeRivals(input: FindingsInput, known: readonly Finding[]): string[] {
  const fitting = known.some(
    ({ setting, kind }) => setting !== undefined || kind === 'preallocated_pool',
  )
    ? []
    : (judgeDeclared(input, known)?.fitting ?? []);
  if (fitting.length === 0) return [];
  const words = fitting.slice(0, 4).map(describeChange);
  return [
    words.length === 1
      ? `It would be accounted for by ${words[0]}.`
      : `The trace cannot tell these apart, each of which would account for it: ${words.join('; ')}.`,
  ];
}

interface GapOfRun {
  readonly residual: Bytes;
  readonly measured: Bytes;
  readonly predicted: Bytes;
  readonly span: readonly [Micros, Micros];
}

/** The run as a whole, where no phase is known: beyond the limit for as many samples as the limits ask. */
function overall({
  overlay,
  lines,
  durationUs,
  live,
  limits = DEFAULT_FLAG_LIMITS,
}: FindingsInput): GapOfRun | null {
  const { residualBytes: residual, measuredPeak, predictedPeak } = overlay;
  if (
    overlay.phases.length > 0 ||
    residual === null ||
    !measuredPeak ||
    predictedPeak.refined === null
  )
    return null;
  const limit = flagLimit(predictedPeak.refined, limits);
  // Where nothing rose no run was seen, and there is nothing to explain.
  if (!showsRun(overlay)) return null;
  // The highest moment may be yet to come.
  if (Math.abs(residual) <= limit || (live === true && residual < 0)) return null;
  const values = lines.find(({ info }) => info.id === overlay.series)?.values;
  if (values) {
    let beyond = 0;
    for (const value of values) {
      const own = value - overlay.baselineBytes - predictedPeak.refined;
      if (residual > 0 ? own > limit : own < -limit) beyond++;
    }
    if (beyond < limits.samples) return null;
  }
  return {
    residual,
    measured: measuredPeak.bytes,
    predicted: predictedPeak.refined,
    span: [0, durationUs],
  };
}

/**
 * How much of a positive `residual` a finding explains: a context as much as it holds, a leak what its steps or tokens
 * have added by then. Within a step a leak may or may not have happened yet, so between the two all is explained.
 */
function explainedShare(finding: Finding, row: OverlayPhase | null, residual: Bytes): Bytes {
  return Math.min(
    residual,
    finding.slope ? leakedBy(finding, row?.step ?? null) : (finding.bytes ?? 0),
  );
}

/** The most that a leak can have added by the end of a step, or by the end of the run. */
export function leakedBy({ bytes, slope }: Finding, step: number | null): Bytes {
  if (!slope || slope.bytes === 0) return 0;
  return (
    slope.bytes *
    (slope.per === 'step' && step !== null ? step : Math.round((bytes ?? 0) / slope.bytes) + 2)
  );
}
