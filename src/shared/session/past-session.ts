/**
 * A session as it was known at a moment of it: the data a recorder would have held then, out of data that goes on.
 * Replay is the live path fed with this: whoever plays a session forward is given lists that grow, as one who follows a
 * recording is, so that each moment costs what is new in it.
 *
 * Guarantees that nothing is read that came later: two sessions alike up to `t` are the same at `t`, whatever follows.
 * What came is known in its order of arrival, nothing before what had arrived ahead of it. A framework's samples come
 * with the memory marker that tells of them, its high-water mark at an earlier moment included, so between two markers
 * they are not known. A warning is known from its line in the log on.
 */
import { upperBound } from '../base/search';
import type { Micros } from '../base/units';
import { type Book, carriedOn, type MarkerOf, markersOf } from '../trace/carried-on';
import { ClippedSource } from '../trace/clipped';
import { EVER } from '../trace/series';
import { isFrameworkSeries, rankIn } from '../trace/series-ids';
import { figuresFrom } from '../trace/summary';
import type { LogLine, Marker, SeriesData } from '../trace/types';
import type { SessionData } from './types';

/** One session at one moment after another. What was given of a later moment belongs to no earlier one. */
export class PastSession {
  readonly #markers = new Arrived<Marker>();
  readonly #logs = new Arrived<LogLine>();

  /**
   * The session at `t`, which lies before its end. As `t` moves on, markers and logs are the same lists with more in
   * them; as it moves back they are others. Rows are taken when they are asked for.
   */
  at(data: SessionData, t: Micros): SessionData {
    const at = Math.max(0, t);
    const { id, name, startedAt, workload, simulated, baselines, marks, limits, allocations } =
      data;
    const markers = () => this.#markers.by(data.markers, at);
    const logs = () => this.#logs.by(data.logs, at);
    const announced = once(() => announcedBy(data, markers()));
    const series = once(() => data.series.flatMap((one) => cutSeries(one, at, data, markers)));
    const warnings = once(() => warnedIn(data, logs()));
    return {
      ...{ id, name, startedAt, workload, simulated, baselines },
      ...{ status: 'recording', exitCode: null, signal: null, durationUs: at },
      ...(marks && { marks }),
      ...(limits && { limits }),
      ...(allocations && { allocations }),
      get model() {
        return announced().model;
      },
      get run() {
        return announced().run;
      },
      get environment() {
        return announced().environment;
      },
      get series() {
        return series();
      },
      get markers() {
        return markers();
      },
      get logs() {
        return logs();
      },
      get warnings() {
        return warnings();
      },
    };
  }
}

/** What of a list in order of arrival had come by a moment: its beginning, up to the first row of a later time. */
class Arrived<Row extends { readonly t: Micros }> {
  #known: Row[] = [];
  #at: Micros = Number.NEGATIVE_INFINITY;

  by(all: readonly Row[], t: Micros): readonly Row[] {
    if (t < this.#at) this.#known = [];
    this.#at = t;
    const known = this.#known;
    for (let next = all[known.length]; next !== undefined && next.t <= t; next = all[known.length])
      known.push(next);
    return known;
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function warnedIn({ warnings }: SessionData, logs: readonly LogLine[]): readonly string[] {
  if (warnings.length === 0) return warnings;
  const said = new Set(logs.flatMap(({ stream, text }) => (stream === 'plumbline' ? [text] : [])));
  return warnings.filter((text) => said.has(text));
}

/** By rank the newest memory marker. */
class ToldUntil implements Book<MarkerOf<'memory'>> {
  readonly byRank = new Map<number, Micros>();

  take({ rank, t }: MarkerOf<'memory'>): void {
    this.byRank.set(rank, Math.max(t, this.byRank.get(rank) ?? Number.NEGATIVE_INFINITY));
  }
}
const toldUntil = carriedOn<MarkerOf<'memory'>, ToldUntil>(() => new ToldUntil());

/** Up to when samples of a framework's series are known, where markers tell of them: `all`, and `known` by then. */
function knownUntil(
  seriesId: string,
  t: Micros,
  { markers: all }: SessionData,
  known: () => readonly Marker[],
): Micros {
  const rank = rankIn(seriesId) ?? 0;
  if (!toldUntil(markersOf(all, 'memory')).byRank.has(rank)) return t;
  const last = toldUntil(markersOf(known(), 'memory')).byRank.get(rank);
  return last ?? Number.NEGATIVE_INFINITY;
}

/** Nothing of a series without a reading so far. Figures of the whole are not those of the part. */
function cutSeries(
  data: SeriesData,
  t: Micros,
  session: SessionData,
  known: () => readonly Marker[],
): readonly SeriesData[] {
  const { info } = data;
  const until = isFrameworkSeries(info.id) ? knownUntil(info.id, t, session, known) : t;
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
    markersOf(markers, type).length > 0 && markersOf(known, type).length === 0;
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
  const [announced] = markersOf(markers, 'run');
  if (run?.mode !== 'generate' || announced === undefined) return run;
  let tokens = Number(announced.fields.tokens ?? 1);
  if (!Number.isSafeInteger(tokens) || tokens < 1) tokens = 1;
  for (const { rank, index } of markersOf(known, 'token'))
    if (rank === announced.rank) tokens = Math.max(tokens, index);
  return { ...run, tokens: Math.min(run.tokens, tokens) };
}
