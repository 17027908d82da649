/**
 * A line that climbs while the run is at work, comes to its end and stays there: neither a leak, since it ended, nor
 * nothing, since the run needs from then on what it reached. Told where nothing else is.
 */
import { formatBytes, formatDuration, formatInteger, formatPercent } from '../../base/format';
import { MiB, type Micros } from '../../base/units';
import { spanStatistics } from '../../trace/held';
import { sampleRunsIn } from '../../trace/series';
import { deviceIn, deviceUtilization } from '../../trace/series-ids';
import type { SeriesData } from '../../trace/types';
import { flagLimit } from '../overlay/flags';
import { listDevices, seriesById } from '../overlay/lines';
import type { DiagnosisInput, Finding } from '../overlay/types';
import { type Fill, findFill } from '../shapes/fill';
import { findFinestFloor } from '../shapes/floor';
import { MIN_SECONDS } from './growth';
import { type LineFinding, stepStarts, type Watched, withoutEchoes } from './watched';

const BUSY = 20_000;
const MIN_SWING = 48 * MiB;
/** A first period may begin while the run still loads. */
const MIN_PERIODS = 3;
/** Of a window, in which work may have begun. */
const RUNS = 64;
/** A process that starts, imports and reads takes as much of the host's memory. */
const MIN_HOST = 256 * MiB;

/** One of the framework, the devices and the host each. */
export function findFilled(input: DiagnosisInput, watched: readonly Watched[]): LineFinding[] {
  // What is being recorded may yet go on, or give it back.
  if (input.live === true) return [];
  return withoutEchoes(
    watched.flatMap((one) => {
      const began = workBegan(input, one);
      const floor = findFinestFloor(one.line);
      const fill = floor && findFill(floor, began);
      if (fill === null || isDue(input, one, fill) || !isBorneOut(one, fill)) return [];
      const work = tellWork(input, one, fill);
      // What was at rest while it rose, where that can be told, was loading.
      if (work === 'none' || (work === null && fill.bytes > fill.before)) return [];
      return [{ of: one.of, finding: describe(one, fill, work) }];
    }),
  );
}

/** The first seconds of a process, the first steps of a run, and what is no more than was predicted. */
function isDue({ budget, overlay }: DiagnosisInput, { of, period }: Watched, fill: Fill): boolean {
  if (period !== null && fill.full - fill.from < MIN_PERIODS * period.us) return true;
  if ((fill.full - fill.from) / 1e6 < MIN_SECONDS[of]) return true;
  if (of === 'host') return fill.bytes < MIN_HOST;
  if (budget === null) return false;
  const { total } = budget.tiers.refined;
  return fill.after - overlay.baselineBytes <= total + flagLimit(total, overlay);
}

/** Whether the mean rose and was held as the lowest values were, which may lie where in a step the line was read. */
function isBorneOut({ line }: Watched, { from, full, to, bytes }: Fill): boolean {
  const half = (full + to) / 2;
  const begun = meanIn(line, from, from + (full - from) / 5);
  const [early, late] = [meanIn(line, full, half), meanIn(line, half, to)];
  return early - begun >= 0.5 * bytes && late - early <= 0.1 * bytes;
}

/** When the run was first at work: its first step, the card busy, the line repeating or falling; null where none is seen. */
function workBegan(input: DiagnosisInput, { line, floors, period }: Watched): Micros | null {
  if (input.spans.length > 0) return stepStarts(input.spans)[0]?.t ?? null;
  const windows = floors[0]?.windows ?? [];
  const busy = utilizationBeside(input.lines, line);
  if (busy !== undefined) {
    const first = windows.find(({ t0, t1 }) => meanIn(busy, t0, t1) >= BUSY);
    if (first === undefined) return null;
    const runs = sampleRunsIn(busy, first.t0, first.t1, RUNS);
    return runs.find(({ high }) => high >= BUSY)?.t0 ?? first.t0;
  }
  if (period !== null) return period.span[0];
  // Loading only rises.
  const falling = windows.find(({ high }, i) => (windows[i + 1]?.low ?? high) < high - MIN_SWING);
  return falling?.t1 ?? null;
}

const meanIn = (line: SeriesData, t0: Micros, t1: Micros): number =>
  spanStatistics(line, t0, t1, null).mean ?? 0;

function utilizationBeside(lines: DiagnosisInput['lines'], line: SeriesData) {
  const device = deviceIn(line.info.id) ?? listDevices(lines)[0];
  return device === undefined ? undefined : seriesById(lines, deviceUtilization(device));
}

/**
 * What shows that the run was at work while memory rose; `none` where something shows that it was not. Loading ends
 * in work, so of the climb that part counts in which most of it rose.
 */
function tellWork(
  { lines, spans }: DiagnosisInput,
  { line, floors, period }: Watched,
  { from, risen }: Fill,
): string | 'none' | null {
  const during = stepStarts(spans).filter(({ t }) => t >= from && t <= risen);
  const covered = (during.at(-1)?.t ?? 0) - (during[0]?.t ?? 0);
  const isMost = (length: Micros) => length >= 0.5 * (risen - from);
  if (spans.length > 0)
    return during.length >= 3 && isMost(covered)
      ? `${formatInteger(during.length)} steps began while most of it rose`
      : 'none';
  if (period !== null && isMost(Math.min(risen, period.span[1]) - period.span[0]))
    return 'the line repeated its steps meanwhile';
  const busy = utilizationBeside(lines, line);
  if (busy !== undefined) {
    const mean = meanIn(busy, from, risen);
    return mean >= BUSY ? `the card was ${formatPercent(mean / 1000)} busy meanwhile` : 'none';
  }
  const climb = (floors[0]?.windows ?? []).filter(({ t0, t1 }) => t0 >= from && t1 <= risen);
  const swinging = climb.slice(1).filter(({ low }, i) => climb[i]!.high - low >= MIN_SWING);
  return swinging.length > 0.25 * climb.length ? 'the line rose and fell meanwhile' : null;
}

function describe({ line, name, of, tells }: Watched, fill: Fill, work: string | null): Finding {
  const { from, full, to, bytes } = fill;
  const [before, after, lowest] = [tells(fill.before), tells(fill.after), tells(fill.lowest)];
  const isStart = from <= 0.1 * (to - from);
  const when = isStart
    ? `in the first ${formatDuration(full)}`
    : `from ${formatDuration(from)} to ${formatDuration(full)}`;
  return {
    kind: 'plateau',
    title: `${name} rose by ${formatBytes(bytes)} ${when} and was held to the end`,
    bytes,
    phase: null,
    span: [from, to],
    confidence: work === null || of === 'host' ? 'low' : 'medium',
    evidence: [
      `The lowest values of ${line.info.id} rise bit by bit from ${formatBytes(before)} at ${formatDuration(from)} to ${formatBytes(after)}, where they stay from ${formatDuration(full)} to ${formatDuration(to)}, never below ${formatBytes(lowest)}.`,
      work === null
        ? 'Nothing tells whether the run was at work meanwhile or still loading.'
        : `It was at work: ${work}.`,
      'It came to its end, so it is no leak: caches that fill to their bound rise so, and allocators that find the size of what they keep.',
    ],
    formula: 'held = middle of the lowest values at the end − lowest value where the rise began',
    remedy:
      of === 'host'
        ? 'What it reached decides whether the run fits, not what it began with. Where it is a cache (data read once, results kept), its bound lowers it.'
        : `${formatBytes(after)} decide whether the run fits, not what it began with. Where it is a cache, its bound lowers it; where it is what an allocator keeps, batches of one shape do, or PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True.`,
  };
}
