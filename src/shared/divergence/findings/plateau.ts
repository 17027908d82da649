/** A line that steps up once while the run is at work, and never falls back. */
import { formatBytes, formatDuration, formatPercent } from '../../base/format';
import { MiB, type Micros } from '../../base/units';
import type { Confidence } from '../../base/vocabulary';
import { spanStatistics } from '../../trace/held';
import { deviceIn, deviceUtilization } from '../../trace/series-ids';
import type { SeriesData } from '../../trace/types';
import { listDevices, seriesById } from '../overlay/lines';
import type { DiagnosisInput, Finding } from '../overlay/types';
import { findPlateau, type Plateau } from '../shapes/plateau';
import { runningAt } from './running-at';
import { firstShown, type LineFinding, type Watched, withoutEchoes } from './watched';

const BUSY = 20_000;

export function findPlateaus(input: DiagnosisInput, watched: readonly Watched[]): LineFinding[] {
  // What is being recorded may yet give it back.
  if (input.live === true) return [];
  return withoutEchoes(
    watched.flatMap((one) => {
      const plateau = firstShown(one, (floor) =>
        findPlateau(floor, (t0, t1) => wasAtWork(input, one, t0, t1)),
      );
      return plateau === null || !isTold(input, one, plateau)
        ? []
        : [{ of: one.of, finding: describePlateau(input, one, plateau) }];
    }),
  );
}

/** Where it can be told whether the run was at work, a step of one that was not is how it loaded. */
function isTold(
  { budget, spans, lines }: DiagnosisInput,
  { line }: Watched,
  { isAtWork }: Plateau,
) {
  return isAtWork || (budget === null && spans.length === 0 && !utilization(lines, line));
}

function utilization(lines: DiagnosisInput['lines'], line: SeriesData): SeriesData | undefined {
  const device = deviceIn(line.info.id) ?? listDevices(lines)[0];
  return device === undefined ? undefined : seriesById(lines, deviceUtilization(device));
}

const rateStep = (of: Watched['of'], hasSteps: boolean): Confidence =>
  of !== 'host' && hasSteps ? 'high' : 'medium';

function wasAtWork(
  { lines, spans }: DiagnosisInput,
  { line, floors, period }: Watched,
  t0: Micros,
  t1: Micros,
): boolean {
  const steps = spans.filter(({ step }) => step !== null);
  // The first step makes what all others use: states, and what an allocator keeps.
  if (steps.length > 0)
    return new Set(steps.filter((one) => one.t1 <= t1).map(({ step }) => step)).size >= 2;
  if (period !== null) return true;
  const inside = (floors[0]?.windows ?? []).filter((one) => one.t0 >= t0 && one.t1 <= t1);
  const swinging = inside.filter(({ low, high }) => high - low >= 48 * MiB).length;
  if (swinging > 0.6 * inside.length) return true;
  const busy = utilization(lines, line);
  return busy !== undefined && (spanStatistics(busy, t0, t1, null).mean ?? 0) >= BUSY;
}

function describePlateau(
  input: DiagnosisInput,
  { line, name, of, period, periods, tells }: Watched,
  { from, to, bytes, before, after, since, isAtWork }: Plateau,
): Finding {
  const running = runningAt(input, line.info.id, from, periods);
  const share = formatPercent((100 * bytes) / Math.max(1, tells(before)));
  return {
    kind: 'plateau',
    title: `${name} rose by ${formatBytes(bytes)} at ${formatDuration(from)} and never fell back`,
    bytes,
    phase: running.phase,
    span: [from, to],
    confidence: isAtWork ? rateStep(of, period !== null || input.spans.length > 0) : 'low',
    evidence: [
      `From ${formatDuration(since)} on ${line.info.id} rested at ${formatBytes(tells(before))}; from ${formatDuration(from)} to ${formatDuration(to)} it never falls below ${formatBytes(tells(after))}, ${share} more.`,
      ...(running.words === null ? [] : [`When it rose, ${running.words}.`]),
      ...(isAtWork ? [] : ['Nothing tells whether the run was at work before or still loading.']),
    ],
    formula:
      'plateau = lowest values after the step − lowest values before it, the middle one of each',
    remedy:
      of === 'host'
        ? 'Look for what was loaded or cached then and is still referred to.'
        : 'Look for what was made then and is still referred to: a second model, outputs of an evaluation, a larger batch. Where it is the allocator that keeps it, torch.cuda.empty_cache() after that moment gives it back.',
  };
}
