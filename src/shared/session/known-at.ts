/**
 * A session as it was known at a moment of it: the data a recorder would have held then, out of data that goes on.
 * Replay is the live path fed with this.
 *
 * Guarantees that nothing is read that came later: two sessions alike up to `t` are the same at `t`, whatever follows.
 * A framework's samples come with the memory marker that tells of them, its high-water mark at an earlier moment
 * included, so between two markers they are not known. A warning is known from its line in the log on.
 */
import { upperBound } from '../base/search';
import type { Micros } from '../base/units';
import { ClippedSource } from '../trace/clipped';
import { EVER } from '../trace/series';
import { isFrameworkSeries, rankIn } from '../trace/series-ids';
import { figuresFrom } from '../trace/summary';
import type { Marker, SeriesData } from '../trace/types';
import type { SessionData } from './types';

/** `data` itself where `t` is not before its end. */
export function knownAt(data: SessionData, t: Micros): SessionData {
  if (t >= data.durationUs) return data;
  const at = Math.max(0, t);
  const markers = data.markers.filter((marker) => marker.t <= at);
  const logs = data.logs.filter((line) => line.t <= at);
  const said = new Set(logs.flatMap(({ stream, text }) => (stream === 'plumbline' ? [text] : [])));
  return {
    ...data,
    ...announcedBy(data, markers),
    status: 'recording',
    exitCode: null,
    signal: null,
    durationUs: at,
    series: data.series.flatMap((series) =>
      cutSeries(series, at, knownUntil(data.markers, series.info.id, at)),
    ),
    markers,
    logs,
    warnings: data.warnings.filter((text) => said.has(text)),
  };
}

/** Up to when samples of a series are known at `t`. */
export function knownUntil(markers: readonly Marker[], seriesId: string, t: Micros): Micros {
  if (!isFrameworkSeries(seriesId)) return t;
  const rank = rankIn(seriesId);
  let last = Number.NEGATIVE_INFINITY;
  let isAnnounced = false;
  for (const marker of markers) {
    if (marker.type !== 'memory' || marker.rank !== rank) continue;
    isAnnounced = true;
    if (marker.t <= t) last = Math.max(last, marker.t);
  }
  return isAnnounced ? last : t;
}

/** Nothing of a series without a reading so far. Figures of the whole are not those of the part. */
function cutSeries(data: SeriesData, t: Micros, until: Micros): readonly SeriesData[] {
  const { info } = data;
  const gaps = data.gaps
    .filter((gap) => gap.t0 <= t)
    .map((gap) => (gap.t1 > t ? { ...gap, t1: t } : gap));
  if (data.source === undefined) {
    const { times, values } = data;
    const count = upperBound(times, until);
    if (count === 0 && gaps.length === 0) return [];
    return [{ info, times: times.subarray(0, count), values: values.subarray(0, count), gaps }];
  }
  const all = data.source.summarize(EVER.t0, until);
  if (all === null && gaps.length === 0) return [];
  return [{ info, gaps, source: new ClippedSource(data.source, until), figures: figuresFrom(all) }];
}

type Announced = Pick<SessionData, 'model' | 'run' | 'environment'>;

/** What a workload announces of its model, its run and its surroundings is known once it has. */
function announcedBy(data: SessionData, known: readonly Marker[]): Announced {
  const { model, run, environment, workload, markers } = data;
  if (workload.kind === 'bundled') return { model, run, environment };
  const isPending = (type: 'model' | 'run') =>
    markers.some((marker) => marker.type === type) && !known.some((marker) => marker.type === type);
  return {
    model: isPending('model') ? null : model,
    run: isPending('model') || isPending('run') ? null : tokensSoFar(run, markers, known),
    environment: isPending('run') ? { ...environment, workload: {} } : environment,
  };
}

/** How many tokens an announced run generates shows only as they come. */
function tokensSoFar(
  run: SessionData['run'],
  markers: readonly Marker[],
  known: readonly Marker[],
): SessionData['run'] {
  const announced = markers.find((marker) => marker.type === 'run');
  if (run?.mode !== 'generate' || announced?.type !== 'run') return run;
  let tokens = Number(announced.fields.tokens ?? 1);
  if (!Number.isSafeInteger(tokens) || tokens < 1) tokens = 1;
  for (const marker of known)
    if (marker.type === 'token' && marker.rank === announced.rank)
      tokens = Math.max(tokens, marker.index);
  return { ...run, tokens: Math.min(run.tokens, tokens) };
}
