/**
 * Phases that went beyond what the run's own first steps let one expect, where no formula predicts it: a few alone are
 * spikes, ones that need more and more a drift, ones that stay higher from some step on a plateau. What a line shows by
 * itself, a leak or a changed batch is told there and not once more here.
 */

import { fitDrift } from '../../base/drift';
import { formatBytes, formatInteger } from '../../base/format';
import { median } from '../../base/statistics';
import { type Bytes, MiB } from '../../base/units';
import { FRAMEWORK_ALLOCATED, TREE_RSS } from '../../trace/series-ids';
import { quoteSeries } from '../../trace/series-names';
import type { DiagnosisInput, Finding, ObservedPhase, OverlayPhase } from '../overlay/types';

type Held = OverlayPhase & { readonly residualObservedBytes: Bytes; readonly measured: Bytes };
interface Track {
  readonly series: string;
  readonly expected: ObservedPhase;
  readonly rows: readonly Held[];
  /** Less than this is what such a phase may differ by. */
  readonly least: Bytes;
}

const MIN_ROWS = 6;
const FEW = 3;

/** The furthest of all phases' kinds; null where they kept to what was expected, or the line is the host's. */
export function findBeyondObserved({ overlay, live }: DiagnosisInput): Finding | null {
  if (live === true || overlay.series === null || overlay.series === TREE_RSS) return null;
  const { series, observed = [], phases } = overlay;
  const found = observed.flatMap((expected) => {
    const rows = phases.flatMap((row): Held[] => {
      const { residualObservedBytes, measured } = row;
      const isOwn = row.phase === expected.phase && row.rank === expected.rank;
      return isOwn && measured !== null && residualObservedBytes !== undefined
        ? [{ ...row, residualObservedBytes, measured }]
        : [];
    });
    const grain = series === FRAMEWORK_ALLOCATED ? 16 * MiB : 64 * MiB;
    const usual = expected.certain + expected.rest;
    const least = Math.max(grain, 0.05 * usual, 3 * expected.spread);
    return rows.length < MIN_ROWS ? [] : (lookAt({ series, expected, rows, least }) ?? []);
  });
  return found.reduce<Finding | null>(
    (most, one) => (most === null || (one.bytes ?? 0) > (most.bytes ?? 0) ? one : most),
    null,
  );
}

function lookAt(track: Track): Finding | null {
  const { rows, least } = track;
  const beyond = rows.filter(({ residualObservedBytes }) => residualObservedBytes > least);
  if (beyond.length === 0) return null;
  const isSpike = beyond.length <= Math.min(FEW, rows.length / 4) && !beyond.includes(rows.at(-1)!);
  if (isSpike) return describeSpike(track, beyond);
  const drift = describeDrift(track);
  if (drift !== null) return drift;
  const from = rows.indexOf(beyond[0]!);
  const stays = rows.slice(from).every((row) => row.residualObservedBytes > 0.5 * least);
  return stays && rows.length - from >= FEW ? describeStep(track, rows.slice(from)) : null;
}

const common = ({ expected, rows }: Track, bytes: Bytes, first: Held) => ({
  bytes,
  phase: expected.phase,
  span: [first.span[0], rows.at(-1)?.span[1] ?? first.span[1]] as const,
});

/** "backward, which by its steps 1 to 3 needs 4.00 GiB". */
function usual({ expected }: Track): string {
  const { phase, steps, certain, rest } = expected;
  const by =
    steps === null
      ? 'its first occurrences'
      : `steps ${formatInteger(steps[0])} to ${formatInteger(steps[1])}`;
  return `By ${by} ${phase} needs ${formatBytes(certain + rest)}, of which ${formatBytes(certain)} are certain from the script's objects`;
}

const inStep = ({ step }: Held): string => (step === null ? '' : ` in step ${formatInteger(step)}`);

function describeSpike(track: Track, beyond: readonly Held[]): Finding {
  const tallest = beyond.reduce((a, b) =>
    b.residualObservedBytes > a.residualObservedBytes ? b : a,
  );
  const bytes = tallest.residualObservedBytes;
  return {
    kind: 'spike',
    title: `${formatBytes(bytes)} more than expected from its first steps${inStep(tallest)}, in ${track.expected.phase}`,
    ...common(track, bytes, tallest),
    span: tallest.span,
    ...(beyond.length > 1 && { spans: beyond.map(({ span }) => span) }),
    confidence: 'medium',
    evidence: [
      `${usual(track)}; ${formatInteger(beyond.length)} of ${formatInteger(track.rows.length)} later ones went beyond, ${quoteSeries(track.series)} to ${formatBytes(tallest.measured)}.`,
    ],
    remedy:
      'Look at what that step got or did that the others did not: a longer batch, an evaluation, a checkpoint.',
  };
}

/** Null where they do not rise in a straight line. */
function describeDrift(track: Track): Finding | null {
  const { rows, least, series } = track;
  const points = rows.map(({ residualObservedBytes }, i) => ({ x: i, y: residualObservedBytes }));
  const trend = fitDrift(points);
  if (trend === null || trend.r2 < 0.9 || trend.slope - trend.halfWidth <= 0) return null;
  const bytes = Math.round(trend.slope * (rows.length - 1));
  const [first] = rows;
  if (first === undefined || bytes < least) return null;
  const [each, low, high] = [
    trend.slope,
    trend.slope - trend.halfWidth,
    trend.slope + trend.halfWidth,
  ].map(Math.round) as [Bytes, Bytes, Bytes];
  return {
    kind: 'growth',
    title: `Each ${track.expected.phase} needs ${formatBytes(each)} more than the one before`,
    ...common(track, bytes, first),
    confidence: 'medium',
    slope: { bytes: each, per: 'step', since: first.step ?? 0, low, high },
    evidence: [
      `${usual(track)}; ${quoteSeries(series)} at its highest rises by ${formatBytes(each)} from one to the next (95% interval ${formatBytes(low)} to ${formatBytes(high)}, r² ${trend.r2.toFixed(2)}).`,
    ],
    remedy:
      'Look for inputs that become longer from step to step, and for what is kept and used again in each.',
  };
}

function describeStep(track: Track, beyond: readonly Held[]): Finding | null {
  const [first] = beyond;
  if (first === undefined) return null;
  const bytes = median(beyond.map(({ residualObservedBytes }) => residualObservedBytes));
  return {
    kind: 'plateau',
    title: `${formatBytes(bytes)} more than expected from its first steps in every ${track.expected.phase}${first.step === null ? '' : ` from step ${formatInteger(first.step)} on`}`,
    ...common(track, bytes, first),
    confidence: 'medium',
    evidence: [
      `${usual(track)}; the last ${formatInteger(beyond.length)} of ${formatInteger(track.rows.length)} later ones need ${formatBytes(bytes)} more.`,
    ],
    remedy:
      'Look at what changed then: a longer input, another part of the model that trains, a second model.',
  };
}
