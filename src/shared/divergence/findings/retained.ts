/**
 * Memory that stays between phases: from one step on every phase of a kind ends with more than it did before, once and
 * for all. Growth with every step is a leak and is told there.
 */

import { formatBytes, formatInteger } from '../../base/format';
import { median } from '../../base/statistics';
import { type Bytes, MiB } from '../../base/units';
import type { Confidence } from '../../base/vocabulary';
import { FRAMEWORK_ALLOCATED, TREE_RSS } from '../../trace/series-ids';
import { quoteSeries } from '../../trace/series-names';
import type { DiagnosisInput, Finding, Overlay, OverlayPhase } from '../overlay/types';

/** Ends on either side of the step up. */
const MIN_ENDS = 3;

export function findRetained(input: DiagnosisInput, framework: Overlay | null): Finding | null {
  if (input.live === true) return null;
  for (const overlay of new Set([framework, input.overlay])) {
    const found = overlay === null ? null : findKept(overlay);
    if (found !== null) return found;
  }
  return null;
}

interface Kept {
  readonly bytes: Bytes;
  readonly before: OverlayPhase;
  readonly after: OverlayPhase;
  readonly last: OverlayPhase;
  readonly levels: readonly [before: Bytes, after: Bytes];
  readonly counts: readonly [before: number, after: number];
}

function findKept(overlay: Overlay): Finding | null {
  const rows = overlay.phases.filter(
    ({ end, inferred, isOpen }) => end !== null && !inferred && !isOpen,
  );
  const tracks = [...Map.groupBy(rows, ({ rank, phase }) => `${rank}:${phase}`).values()];
  const isFramework = overlay.series === FRAMEWORK_ALLOCATED;
  const kept = tracks.flatMap((track) => stepUp(track, isFramework) ?? []);
  const first = kept.sort((a, b) => a.after.span[0] - b.after.span[0])[0];
  return first === undefined ? null : describeKept(overlay, rows, first);
}

/** The one step up between the ends of a phase, flat on either side. */
function stepUp(track: readonly OverlayPhase[], isFramework: boolean): Kept | null {
  const ends = track.flatMap(({ end, residualEndBytes }) => residualEndBytes ?? end ?? []);
  if (ends.length < 2 * MIN_ENDS) return null;
  let at = MIN_ENDS;
  for (let i = MIN_ENDS; i <= ends.length - MIN_ENDS; i++)
    if (ends[i]! - ends[i - 1]! > ends[at]! - ends[at - 1]!) at = i;
  // The first end is of the step in which optimizer states come into being.
  const [early, late] = [ends.slice(1, at), ends.slice(at)];
  const levels = [median(early), median(late)] as const;
  const bytes = levels[1] - levels[0];
  const least = isFramework
    ? Math.max(16 * MiB, 0.01 * levels[1])
    : Math.max(64 * MiB, 0.05 * levels[1]);
  const isFlat = (some: readonly number[], level: Bytes) =>
    some.every((one) => Math.abs(one - level) <= 0.2 * bytes);
  if (bytes < least || !isFlat(early, levels[0]) || !isFlat(late, levels[1])) return null;
  return {
    bytes,
    before: track[at - 1]!,
    after: track[at]!,
    last: track[track.length - 1]!,
    levels,
    counts: [early.length, late.length],
  };
}

function describeKept({ series }: Overlay, rows: readonly OverlayPhase[], kept: Kept): Finding {
  const { bytes, before, after, last, levels, counts } = kept;
  // Of what ran between the two ends, what runs seldom is told first.
  const between = rows.filter(({ span }) => span[0] >= before.span[1] && span[1] <= after.span[1]);
  const often = Map.groupBy(rows, ({ phase }) => phase);
  const origin =
    [...between].sort(
      (a, b) => (often.get(a.phase)?.length ?? 0) - (often.get(b.phase)?.length ?? 0),
    )[0] ?? after;
  const place = `${origin.phase}${origin.step === null ? '' : ` of step ${formatInteger(origin.step)}`}`;
  return {
    kind: 'retained',
    title: `${formatBytes(bytes)} stay from ${place} on, between phases`,
    bytes,
    phase: origin.phase,
    span: [origin.span[0], last.span[1]],
    confidence: rateKept(series, counts),
    evidence: [
      `${quoteSeries(series)} was at ${formatBytes(levels[0])} at the end of ${counts[0]} ${after.phase} phases before it, and at ${formatBytes(levels[1])} at the end of all ${counts[1]} after it.`,
    ],
    formula: 'kept = middle end of a phase after the step up − middle end before it',
    remedy:
      series === TREE_RSS
        ? `Look for what ${place} made and something still refers to, and for processes that were started then: workers of a data loader count with all that they share with the script.`
        : `Look for what ${place} made and something still refers to: outputs in a list, a loss with its graph, a second copy of the model.`,
  };
}

/** Of a process tree pages that are shared count once a process, so a worker alone may be the step. */
function rateKept(series: string | null, counts: Kept['counts']): Confidence {
  if (series === TREE_RSS) return 'low';
  return Math.min(...counts) >= 4 ? 'high' : 'medium';
}
