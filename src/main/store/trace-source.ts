/**
 * Where the samples of a session come from, whatever the format of its file: chunks by level and time, and the tail of
 * what is in no chunk yet. `walk` is the one way through them.
 */
import { lowerBound, upperBound } from '../../shared/base/search';
import type { Micros } from '../../shared/base/units';
import type { Groups } from '../../shared/trace/levels';
import { EVER } from '../../shared/trace/series';
import { mergeSummaries, type Summary, summarize } from '../../shared/trace/summary';
import type { Gap } from '../../shared/trace/types';
import { ChunkError } from './bytes';
import type { GroupTimes, Samples } from './chunk';

/** A chunk as its row tells it; nothing of it is unpacked. */
export interface ChunkRef {
  readonly id: number;
  readonly series: number;
  readonly level: number;
  readonly t0: Micros;
  readonly t1: Micros;
  /** Place of its first sample in the series, and how many samples it covers. */
  readonly i0: number;
  readonly n: number;
  readonly entries: number;
  readonly times: number;
  /** Null where it does not match its checksum. */
  readonly summary: Summary | null;
}

export interface TraceSource {
  /** Samples of a run at `level`, which is 1 or higher. */
  groupSize(level: number): number;
  /** The highest level the series has a chunk of; 0 where there is none. */
  topLevel(series: number): number;
  /** Those that touch [t0, t1], in order. */
  chunks(series: number, level: number, t0: Micros, t1: Micros): readonly ChunkRef[];
  /** The last chunk of samples that begins at or before t. */
  chunkAt(series: number, t: Micros): ChunkRef | null;
  /** The first chunk of samples that begins after t. */
  chunkAfter(series: number, t: Micros): ChunkRef | null;
  /** Of each sample of a chunk. Throws a ChunkError where it is damaged, as all that look into a chunk do. */
  times(chunk: ChunkRef): Float64Array;
  /** The samples [from, to) of a chunk, which hold until it or another one is looked into again. */
  samples(chunk: ChunkRef, from: number, to: number): Samples;
  /** Of each run of a chunk of a level. */
  groupTimes(chunk: ChunkRef): GroupTimes;
  /** The runs [from, to) of a chunk of a level, which hold as long. */
  groups(chunk: ChunkRef, from: number, to: number): Groups;
  /** Throws a ChunkError where the samples of a chunk do not match their checksum; nothing is unpacked. */
  check(chunk: ChunkRef): void;
  /** In no chunk yet; all of it lies after the last chunk. */
  tail(series: number): Samples;
  /** Of every sample of the series; null where it has none. */
  whole(series: number): Summary | null;
}

/** What a walk meets, in order of time. Columns hold for the call: what is to stay of them is copied. */
export interface Visitor {
  /** A chunk of any level that lies in the span as a whole. True when that was enough. */
  chunk?(summary: Summary): boolean;
  /** The runs [from, to). Where it is left out, runs are not looked at. */
  groups?(groups: Groups, from: number, to: number): void;
  samples(samples: Samples, from: number, to: number): void;
  /** Samples from t0 to t1 that are there but cannot be read. */
  lost(t0: Micros, t1: Micros): void;
}

/** Higher than any level there is. */
export const TOP = 64;
/**
 * So many levels lower is told what of a run lies at the edge of a span: of runs of 2048 the samples themselves, which
 * costs less than to look into a chunk of each level between.
 */
const EDGE_LEVELS = 4;

/** Of the samples of a span, from summaries and from samples alike; null where it holds none. */
export function summarizeSpan(
  source: TraceSource,
  series: number,
  t0: Micros,
  t1: Micros,
  fromLevels = true,
): Summary | null {
  let all: Summary | null = null;
  const add = (part: Summary) => {
    all = all === null ? part : mergeSummaries(all, part);
    return true;
  };
  walk(source, series, fromLevels ? TOP : 0, t0, t1, {
    chunk: add,
    samples: ({ times, values }, from, to) => add(summarize(times, values, from, to)),
    lost() {},
  });
  return all;
}

/**
 * Through every sample of [t0, t1] once, from `level` down: runs and summaries where they lie in the span as a whole,
 * samples at its ends and where a level does not reach. A chunk of a level that is damaged is made up for by the level
 * below it.
 */
export function walk(
  source: TraceSource,
  series: number,
  level: number,
  t0: Micros,
  t1: Micros,
  visitor: Visitor,
): void {
  if (level > source.topLevel(series)) {
    walk(source, series, source.topLevel(series), t0, t1, visitor);
    return;
  }
  const below = (a: Micros, b: Micros) => {
    if (a <= b) walk(source, series, level - 1, a, b, visitor);
  };
  let from = t0;
  // Nothing comes before the first sample of the series.
  let expected = 0;
  for (const chunk of source.chunks(series, level, t0, t1)) {
    // What a level leaves out may be there below it; at the bottom it is simply no sample.
    if (level > 0 && chunk.i0 !== expected) below(from, chunk.t0 - 1);
    const [a, b] = [Math.max(from, chunk.t0), Math.min(t1, chunk.t1)];
    const whole = t0 <= chunk.t0 && chunk.t1 <= t1;
    const isDone = whole && chunk.summary !== null && visitor.chunk?.(chunk.summary) === true;
    if (!isDone) {
      if (level === 0) visitSamples(source, chunk, a, b, visitor);
      else if (visitor.groups === undefined) below(a, b);
      else visitGroups(source, chunk, a, b, visitor);
    }
    from = b + 1;
    expected = chunk.i0 + chunk.n;
  }
  if (from > t1) return;
  if (level > 0) below(from, t1);
  else visitClipped(source.tail(series), from, t1, visitor);
}

function visitSamples(
  source: TraceSource,
  chunk: ChunkRef,
  t0: Micros,
  t1: Micros,
  visitor: Visitor,
): void {
  const samples = unlessDamaged(() => {
    const times = source.times(chunk);
    const from = lowerBound(times, t0);
    return source.samples(chunk, from, upperBound(times, t1, from));
  });
  if (samples === null) visitor.lost(chunk.t0, chunk.t1);
  else if (samples.times.length > 0) visitor.samples(samples, 0, samples.times.length);
}

function visitClipped(samples: Samples, t0: Micros, t1: Micros, visitor: Visitor): void {
  const from = lowerBound(samples.times, t0);
  const to = upperBound(samples.times, t1, from);
  if (to > from) visitor.samples(samples, from, to);
}

/** Runs that lie in the span as a whole; of the others, what a level below has. */
function visitGroups(
  source: TraceSource,
  chunk: ChunkRef,
  t0: Micros,
  t1: Micros,
  visitor: Visitor,
): void {
  const { series, level } = chunk;
  const below = (a: Micros, b: Micros) => walk(source, series, level - 1, a, b, visitor);
  const edge = (a: Micros, b: Micros) =>
    walk(source, series, Math.max(0, level - EDGE_LEVELS), a, b, visitor);
  const times = unlessDamaged(() => source.groupTimes(chunk));
  if (times === null) {
    below(t0, t1);
    return;
  }
  const from = lowerBound(times.t0, t0);
  const to = upperBound(times.t1, t1);
  if (from >= to) {
    edge(t0, t1);
    return;
  }
  // Between two runs there is no sample, so a span that begins or ends there needs nothing from below.
  if (from > 0 && times.t1[from - 1]! >= t0) edge(t0, times.t1[from - 1]!);
  const groups = unlessDamaged(() => source.groups(chunk, from, to));
  if (groups === null) below(times.t0[from]!, times.t1[to - 1]!);
  else visitor.groups?.(groups, 0, to - from);
  if (to < times.t0.length && times.t0[to]! <= t1) edge(times.t0[to]!, t1);
}

/** Null where the bytes are damaged; everything else passes through. */
export function unlessDamaged<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof ChunkError) return null;
    throw error;
  }
}

/** Chunks of a series that are few enough to be checked whenever the session is opened: some 20 minutes at 100 Hz. */
const FEW_CHUNKS = 32;

/** Stretches of a short series that are damaged; of a longer one they are met where it is read. */
export function damagedIn(source: TraceSource, series: number): Gap[] {
  const chunks: ChunkRef[] = [];
  let next = source.chunkAfter(series, EVER.t0);
  for (; next !== null && chunks.length <= FEW_CHUNKS; next = source.chunkAfter(series, next.t0))
    chunks.push(next);
  return chunks.length > FEW_CHUNKS ? [] : chunks.flatMap((chunk) => findDamage(source, chunk));
}

function findDamage(source: TraceSource, chunk: ChunkRef): Gap[] {
  const isWhole = unlessDamaged(() => {
    source.check(chunk);
    return true;
  });
  return isWhole ? [] : [{ t0: chunk.t0, t1: chunk.t1, reason: 'damaged' }];
}
