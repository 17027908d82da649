/**
 * Two files of one run on one axis of time: what nvidia-smi saw of it, and what an engine or a framework wrote.
 *
 * Guarantees: every sample keeps the time of day that its file gives it; a line that both tell is the first file's, and
 * that is said; files whose times do not meet are refused, since one of them is of another run or on another clock.
 */
import { Failure } from '../../shared/base/failure';
import type { Micros } from '../../shared/base/units';
import { ABSENT_REASONS } from '../../shared/base/vocabulary';
import type { AllocationLedger } from '../../shared/session/allocations';
import { ImportedSeries } from './imported-series';
import type { ImportedTrace } from './imported-trace';
import { parseInstant } from './stamps';

const DAY_US: Micros = 86_400_000_000;

export interface NamedTrace {
  readonly fileName: string;
  readonly trace: ImportedTrace;
}

/** The first with all that the other tells besides. Throws `bad_input` where their times cannot be laid together. */
export function mergeTraces(first: NamedTrace, other: NamedTrace): ImportedTrace {
  const start = findStart(first, other);
  const otherStart = findStart(other, first);
  const spans = [
    { t0: start, t1: start + first.trace.durationUs },
    { t0: otherStart, t1: otherStart + other.trace.durationUs },
  ];
  const begin = Math.min(start, otherStart);
  const end = Math.max(...spans.map(({ t1 }) => t1));
  const gap = Math.max(start, otherStart) - Math.min(...spans.map(({ t1 }) => t1));
  if (gap > 0)
    throw new Failure(
      'bad_input',
      `${first.fileName} and ${other.fileName} are not of one time: the first is of ${spans.map(describe).join(', the second of ')}.`,
      'Give files of one run; where one of them has the time of another zone, import them apart.',
    );
  const [a, b] = [
    moveTrace(first.trace, start - begin),
    moveTrace(other.trace, otherStart - begin),
  ];
  const known = new Set(a.series.map(({ info }) => info.id));
  const doubled = b.series.filter(({ info }) => known.has(info.id));
  const gpus = b.gpus.filter(({ index }) => !a.gpus.some((gpu) => gpu.index === index));
  return {
    ...a,
    driver: a.driver ?? b.driver,
    cuda: a.cuda ?? b.cuda,
    gpus: [...a.gpus, ...gpus],
    samples: a.samples + b.samples,
    series: [...a.series, ...b.series.filter(({ info }) => !known.has(info.id))],
    markers: [...a.markers, ...b.markers].sort((x, y) => x.t - y.t),
    allocations: a.allocations ?? b.allocations,
    gaps: ABSENT_REASONS.flatMap((reason) => {
      const both = [...a.gaps, ...b.gaps].filter((each) => each.reason === reason);
      const count = both.reduce((sum, each) => sum + each.count, 0);
      return count > 0 ? [{ reason, count }] : [];
    }),
    warnings: [
      ...a.warnings,
      ...b.warnings.map((text) => `${other.fileName}: ${text}`),
      ...(doubled.length > 0
        ? [
            `Both files tell ${doubled.map(({ info }) => info.id).join(', ')}: it is taken from ${first.fileName}.`,
          ]
        : []),
    ],
    startedAt: new Date(begin / 1000).toISOString(),
    durationUs: Math.round(end - begin),
    close() {
      a.close();
      b.close();
    },
  };
}

/** Microseconds since 1970. A year or a date that the file leaves out is the one that brings it nearest to the other. */
function findStart({ fileName, trace }: NamedTrace, other: NamedTrace): number {
  if (trace.startedAt !== null) return Date.parse(trace.startedAt) * 1000;
  const near = other.trace.startedAt;
  if (trace.undatedUs !== null && near !== null)
    return placeNear(trace.undatedUs, Date.parse(near) * 1000);
  throw new Failure(
    'bad_input',
    `${fileName} does not say when it was recorded, so it cannot be laid beside another file.`,
    'Record with times (nvidia-smi --query-gpu=timestamp,…; a log with its date), or import it by itself.',
  );
}

/** The moment nearest to `near` at which a clock on the wall says so. Without a year it is of 1972, without a date of 1970. */
function placeNear(wallUs: Micros, near: number): number {
  const wall = new Date(wallUs / 1000);
  const about = new Date(near / 1000);
  const hasDay = wall.getUTCFullYear() > 1970;
  const candidates = [-1, 0, 1].map((step) => {
    const day = hasDay ? new Date(wall) : new Date(about);
    if (hasDay) day.setUTCFullYear(about.getUTCFullYear() + step);
    else day.setUTCDate(day.getUTCDate() + step);
    day.setUTCHours(0, 0, 0, 0);
    const us = day.getTime() * 1000 + (wallUs % DAY_US);
    return parseInstant({ us, zoned: false }).getTime() * 1000;
  });
  return candidates.reduce((best, each) =>
    Math.abs(each - near) < Math.abs(best - near) ? each : best,
  );
}

const describe = ({ t0, t1 }: { readonly t0: number; readonly t1: number }): string =>
  [t0, t1].map((us) => new Date(us / 1000).toISOString()).join(' to ');

/** Everything later by so much. */
function moveTrace(trace: ImportedTrace, by: Micros): ImportedTrace {
  if (by === 0) return trace;
  return {
    ...trace,
    series: trace.series.map(
      ({ info, gaps, walk }) =>
        new ImportedSeries(
          info,
          gaps.map(({ t0, t1, reason }) => ({ t0: t0 + by, t1: t1 + by, reason })),
          (take) => walk((t, value) => take(t + by, value)),
        ),
    ),
    markers: trace.markers.map((marker) => ({ ...marker, t: marker.t + by })),
    allocations: trace.allocations && moveLedger(trace.allocations, by),
  };
}

const moveLedger = (ledger: AllocationLedger, by: Micros): AllocationLedger => ({
  ...ledger,
  at: ledger.at + by,
  blocks: ledger.blocks.map((block) => ({
    ...block,
    since: block.since === null ? null : block.since + by,
  })),
});
