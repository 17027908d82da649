/**
 * A session of several ranks (torchrun, accelerate, mpirun) is laid over its budget one rank at a time: the budget is
 * that of one device, and so is each rank's line. Unless another is asked for it is the fullest rank, since it is the one
 * that has to fit. What belongs to a rank takes the names a single process has, so that the overlay and the findings need
 * to know nothing of ranks. Processes that belong to no process group are told apart in the same way, by their pid.
 */

import type { Bytes, Percent } from '../../base/units';
import type { Budget } from '../../budget/types';
import { markersOf, markersOfRank, ranksAmong } from '../../trace/carried-on';
import { highestSample, sampleCount } from '../../trace/series';
import {
  FIRST_PROCESS_RSS,
  FRAMEWORK_ALLOCATED,
  frameworkSeries,
  isMigDevice,
  processIn,
  rankIn,
  rankMemory,
  TREE_RSS,
  usedMemory,
} from '../../trace/series-ids';
import type { Marker, PhaseSpan, SeriesData } from '../../trace/types';
import { baselineFor, listDevices, seriesById } from './lines';
import { MeasuredLine } from './measured-line';
import { predictedPeak, predictsLine } from './predicted';
import type { Overlay } from './types';

/** One rank of a session, its peak beside what theory predicts for the fullest. */
export interface RankRow {
  readonly rank: number;
  /** The pid of one that belongs to no process group and runs beside the first. */
  readonly process?: number;
  /** The line the peak is of: the framework's bytes where they are announced, else resident memory. */
  readonly series: string | null;
  readonly measuredPeak: Bytes | null;
  readonly predictedPeak: Bytes | null;
  readonly residualBytes: Bytes | null;
  readonly residualPercent: Percent | null;
  /** Greatest resident memory of its processes; null where it was not read. */
  readonly residentPeak: Bytes | null;
  readonly phases: number;
}

interface Trace {
  readonly series: readonly SeriesData[];
  readonly markers: readonly Marker[];
  readonly spans: readonly PhaseSpan[];
}

/** Ranks that announced a phase or memory, and those whose processes were read, in order. */
function listRanks({ series, markers }: Pick<Trace, 'series' | 'markers'>): number[] {
  const ranks = new Set<number>();
  for (const type of ['phase', 'memory'] as const)
    for (const rank of ranksAmong(markersOf(markers, type))) ranks.add(rank);
  for (const { info } of series) {
    const rank = info.id.startsWith('framework.') ? null : rankIn(info.id);
    if (rank !== null) ranks.add(rank);
  }
  return [...ranks].sort((a, b) => a - b);
}

/** Null where there is nothing to choose: no rank is told, or the only one is rank 0. */
export function chooseRank(trace: Trace, use: string | undefined): number | null {
  const ranks = listRanks(trace);
  if (ranks.length === 0 || (ranks.length === 1 && ranks[0] === 0)) return null;
  const asked = use === undefined ? null : rankIn(use);
  if (asked !== null && ranks.includes(asked)) return asked;
  return ranks
    .map((rank) => ({ rank, peak: findRankPeak(trace, rank)?.bytes ?? 0 }))
    .reduce((best, one) => (one.peak > best.peak ? one : best)).rank;
}

/** The trace as the process of one rank alone would have left it. `use` keeps the whole tree's resident memory where that was asked for. */
export function selectRank(
  { series, markers, spans }: Trace,
  rank: number,
  use: string | undefined,
): Trace {
  const resident = use === TREE_RSS ? undefined : residentSeries(series, rank);
  const own = series.flatMap((data): SeriesData[] => {
    const { id } = data.info;
    if (resident !== undefined && id === TREE_RSS) return [renamed(resident, TREE_RSS)];
    const of = rankIn(id);
    if (of === null) return [data];
    return of === rank && id.includes('framework.')
      ? [renamed(data, id.slice(id.indexOf('framework.')))]
      : [];
  });
  return {
    series: own,
    markers: markersOfRank(markers, rank),
    spans: spans.filter((span) => span.rank === rank),
  };
}

/** The name within `selectRank` of a line of the session, and back. */
export function nameWithin(id: string | undefined): string | undefined {
  if (id === undefined || rankIn(id) === null) return id;
  return id.endsWith('.rss') ? TREE_RSS : id.slice(id.indexOf('framework.'));
}

/** The overlay of one rank with the names its lines have in the session, and every line of the other ranks to switch to. */
export function restoreNames(
  overlay: Overlay,
  { series }: Trace,
  rank: number,
  use: string | undefined,
): Overlay {
  const there = new Set(series.filter((data) => sampleCount(data) > 0).map(({ info }) => info.id));
  const resident = use === TREE_RSS ? undefined : residentSeries(series, rank)?.info.id;
  const named = (id: string): string => {
    if (id === FRAMEWORK_ALLOCATED) return frameworkSeries('allocated', rank);
    return id === TREE_RSS && resident !== undefined && there.has(resident) ? resident : id;
  };
  const shown = overlay.series === null ? null : named(overlay.series);
  const ranked = [...there]
    .filter((id) => rankIn(id) !== null && (id.endsWith('.allocated') || id.endsWith('.rss')))
    .sort(byLine);
  const alternatives = new Set([
    ...overlay.alternatives.map(named),
    ...ranked,
    ...(there.has(TREE_RSS) ? [TREE_RSS] : []),
  ]);
  const others = [...alternatives].filter((id) => id !== shown);
  return overlay.series === null
    ? { ...overlay, rank, alternatives: others }
    : { ...overlay, rank, series: named(overlay.series), alternatives: others };
}

export function rankRows(trace: Trace, budget: Budget | null): RankRow[] {
  return listRanks(trace).map((rank) => {
    const peak = findRankPeak(trace, rank);
    const resident = residentSeries(trace.series, rank);
    const line = peak?.series === resident?.info.id ? TREE_RSS : FRAMEWORK_ALLOCATED;
    const predicted = peak && budget ? predictedPeak(budget.tiers.refined, line).total : null;
    const isLike = budget === null || predictsLine(budget, line);
    const pid = processIn(rank);
    return {
      rank,
      ...(pid !== null && { process: pid }),
      series: peak?.series ?? null,
      ...compareBytes(peak?.bytes ?? null, predicted),
      ...(!isLike && { residualBytes: null, residualPercent: null }),
      residentPeak: resident ? highest(resident) : null,
      phases: trace.spans.filter((span) => span.rank === rank).length,
    };
  });
}

/**
 * Each GPU beside the others, the one that holds most first: of what was read of a whole machine or cluster, where no rank
 * says who it is. Null where there is but one. A row's rank is the number of its GPU.
 */
export function deviceRows(
  series: readonly SeriesData[],
  baselines: Readonly<Record<string, Bytes>>,
  budget: Budget | null,
): RankRow[] | null {
  const rows = listDevices(series).flatMap((device): RankRow[] => {
    const id = usedMemory(device);
    const data = seriesById(series, id);
    const top = data && highestSample(data);
    const rank = Number(/\d+/.exec(device)?.[0]);
    if (!top || isMigDevice(device)) return [];
    const measured = top.value - baselineFor(id, baselines);
    const predicted = budget && predictedPeak(budget.tiers.refined, id).total;
    return [
      { ...compareBytes(measured, predicted), rank, series: id, residentPeak: null, phases: 0 },
    ];
  });
  if (rows.length < 2) return null;
  return rows.sort((a, b) => (b.measuredPeak ?? 0) - (a.measuredPeak ?? 0) || a.rank - b.rank);
}

const compareBytes = (measured: Bytes | null, predicted: Bytes | null) => {
  const residual = measured === null || predicted === null ? null : measured - predicted;
  return {
    measuredPeak: measured,
    predictedPeak: predicted,
    residualBytes: residual,
    residualPercent: residual === null || !predicted ? null : (100 * residual) / predicted,
  };
};

/** What the framework announced comes before resident memory, which also holds the runtime. */
function findRankPeak(
  trace: Trace,
  rank: number,
): { readonly bytes: Bytes; readonly series: string } | null {
  const id = frameworkSeries('allocated', rank);
  const framework = seriesById(trace.series, id);
  const announced =
    framework &&
    new MeasuredLine(
      renamed(framework, FRAMEWORK_ALLOCATED),
      0,
      markersOfRank(trace.markers, rank),
    ).peak();
  if (announced) return { bytes: announced.bytes, series: id };
  const resident = residentSeries(trace.series, rank);
  const bytes = resident ? highest(resident) : null;
  return resident === undefined || bytes === null ? null : { bytes, series: resident.info.id };
}

/** Resident memory of a rank's processes; undefined where it was not read. */
function residentSeries(series: readonly SeriesData[], rank: number): SeriesData | undefined {
  return (
    seriesById(series, rankMemory(rank)) ??
    (rank === 0 ? seriesById(series, FIRST_PROCESS_RSS) : undefined)
  );
}

function highest(data: SeriesData): Bytes | null {
  return highestSample(data)?.value ?? null;
}

const renamed = (data: SeriesData, id: string): SeriesData => ({
  ...data,
  info: { ...data.info, id },
});

/** The framework's bytes before resident memory, and ranks in order. */
function byLine(a: string, b: string): number {
  return (
    Number(a.endsWith('.rss')) - Number(b.endsWith('.rss')) || (rankIn(a) ?? 0) - (rankIn(b) ?? 0)
  );
}
