/**
 * Memory that grows with every step or token beyond what the budget predicts. For framework bytes the slope is exact:
 * every step adds the same. For a sampled line it is a least-squares slope with its interval. Fewer than three steps
 * after the first (in which optimizer states come into being) prove nothing.
 */

import { fitDrift, halves } from '../../base/drift';
import { formatBytes, formatExactBytes, formatInteger } from '../../base/format';
import { findOnset } from '../../base/onset';
import { fitTrend } from '../../base/trend';
import { type Bytes, MiB, type Micros } from '../../base/units';
import { COMPONENTS, type Confidence, type Phase } from '../../base/vocabulary';
import type { ComponentBytes } from '../../budget/types';
import { FRAMEWORK_ALLOCATED, TREE_RSS } from '../../trace/series-ids';
import { TimedLists } from '../../trace/timed-lists';
import type { Marker } from '../../trace/types';
import type { Growth } from '../fit/observations';
import type { DiagnosisInput, Finding, Overlay, OverlayPhase } from '../overlay/types';

const MIN_POINTS = 3;
/** Of a leak that begins within the run: exact, and fitted to so many points in all. */
const MIN_LATE_POINTS = 4;
const MIN_LATE_FITTED = 6;
const MIN_FITTED = 10;
/** A sampled line must grow by this much over the run before a slope is spoken of. */
const MIN_GROWTH = 16 * MiB;

interface Point {
  /** Step or token. */
  readonly x: number;
  /** Bytes above the prediction, or above the first point where nothing is predicted. */
  readonly y: Bytes;
  readonly t: Micros;
  readonly components: ComponentBytes | null;
}
interface Track {
  readonly unit: 'step' | 'token';
  readonly phase: Phase;
  readonly framework: boolean;
  readonly predicted: boolean;
  readonly points: readonly Point[];
  /** The first that is told, whether or not it is among the points. */
  readonly first: number;
  /** What stood before the first point, where that is known to the byte. */
  readonly before: Point | null;
}

/** Where in a track a rise begins. */
interface Rise {
  /** The last point before it, and those of it. */
  readonly points: readonly Point[];
  /** The first step or token that adds; what else it may be, where that is not known. */
  readonly since: number;
  readonly sinceRange?: readonly [number, number];
  /** Share of the variance that a level and the rise after it explain; null of one that goes on all along. */
  readonly lateR2: number | null;
}

export interface Leak {
  readonly finding: Finding;
  /** What is taken off before a leaking run is held against budgets; null where it is less than a byte. */
  readonly growth: Growth | null;
}

/** The greatest leak of the framework's bytes, or of the line that is shown where those show none. */
export function findLeak(input: DiagnosisInput, framework: Overlay | null): Leak | null {
  for (const overlay of new Set([framework, input.overlay])) {
    const found = overlay === null ? [] : buildTracks(overlay, input).flatMap(findLeakIn);
    if (found.length > 0)
      return found.reduce((best, one) =>
        (one.finding.bytes ?? 0) >= (best.finding.bytes ?? 0) ? one : best,
      );
  }
  return null;
}

function buildTracks(overlay: Overlay, input: DiagnosisInput): Track[] {
  if (overlay.series === null || overlay.series === TREE_RSS) return [];
  const framework = overlay.series === FRAMEWORK_ALLOCATED;
  const isExact = framework && input.mustMatchExactly;
  const rows = overlay.phases.filter(({ step, end }) => step !== null && end !== null);
  const bySteps = [...Map.groupBy(rows, ({ rank, phase }) => `${rank}:${phase}`).values()].map(
    (list) => buildStepTrack(list, framework, isExact),
  );
  return framework ? [...bySteps, ...buildTokenTracks(input)] : bySteps;
}

/** `rows`: one phase of one rank, step by step. */
function buildStepTrack(
  rows: readonly OverlayPhase[],
  framework: boolean,
  isExact: boolean,
): Track {
  const predicted = rows.every((row) => row.residualEndBytes !== null);
  // Without a prediction the first step is left out: optimizer states arrive in it.
  const points = (predicted ? rows : rows.slice(1)).flatMap((row): Point[] => {
    const y = predicted ? row.residualEndBytes : row.end;
    if (row.step === null || y === null) return [];
    const due = predicted ? row.predictedEndComponents : null;
    return [{ x: row.step, y, t: row.span[1], components: excess(row.measuredEndComponents, due) }];
  });
  const [{ phase, step, span }] = rows as [OverlayPhase];
  const first = step ?? 0;
  const before = predicted && isExact ? { x: first - 1, y: 0, t: span[0], components: null } : null;
  return { unit: 'step', phase, framework, predicted, points, first, before };
}

/** Components less what is predicted of each, so that states which are due to arrive do not look like growth. */
function excess(
  measured: ComponentBytes | null,
  predicted: ComponentBytes | null,
): ComponentBytes | null {
  if (!measured || !predicted) return measured;
  return Object.fromEntries(
    COMPONENTS.map((name) => [name, (measured[name] ?? 0) - (predicted[name] ?? 0)]),
  );
}

/** Bytes after each token of a decode phase, above the growth that the budget predicts from prefill's end to decode's. */
function buildTokenTracks({ budget, markers, spans, mustMatchExactly }: DiagnosisInput): Track[] {
  const rows = budget?.tiers.refined.phases ?? [];
  const decode = rows.find(({ phase }) => phase === 'decode');
  const prefill = rows.find(({ phase }) => phase === 'prefill');
  const steps = (budget?.run.tokens ?? 0) - 1;
  if (!decode || !prefill || steps < MIN_POINTS) return [];
  const perToken = (decode.end - prefill.end) / steps;
  const due = (token: number): ComponentBytes =>
    Object.fromEntries(
      COMPONENTS.map((name) => {
        const [from, to] = [prefill.endComponents[name] ?? 0, decode.endComponents[name] ?? 0];
        return [name, from + ((to - from) * (token - 1)) / steps];
      }),
    );
  const passes = spans.filter(({ phase, step }) => phase === 'decode' && step === null);
  const told = new TimedLists(
    passes.length === 0 ? [] : markers.filter((one) => one.type === 'token' || isDecodeMemory(one)),
    ({ rank }) => String(rank),
  );
  return passes.map(({ rank, t0, t1 }): Track => {
    const points = new Map<number, Point>();
    let token: number | null = null;
    for (const marker of told.within(String(rank), t0, t1)) {
      if (marker.type === 'token') token = marker.index;
      else if (isDecodeMemory(marker) && token !== null && !points.has(token)) {
        const components = excess(marker.memory.components ?? null, due(token));
        // What the cache holds beyond its prediction is told by its own finding: keys and values are due with every token.
        const y = marker.memory.allocated - perToken * token - (components?.kv_cache ?? 0);
        points.set(token, {
          x: token,
          y,
          t: marker.t,
          components: components && { ...components, kv_cache: 0 },
        });
      }
    }
    const level = prefill.end - perToken;
    return {
      unit: 'token',
      phase: 'decode',
      framework: true,
      predicted: true,
      points: [...points.values()],
      first: points.keys().next().value ?? 0,
      before: mustMatchExactly ? { x: 1, y: level, t: t0, components: null } : null,
    };
  });
}

function isDecodeMemory(marker: Marker): marker is Extract<Marker, { type: 'memory' }> {
  return marker.type === 'memory' && marker.phase === 'decode';
}

interface Slope {
  /** Bytes that each step or token adds. */
  readonly each: Bytes;
  /** Its 95% interval, where it was fitted. */
  readonly interval?: { readonly low: Bytes; readonly high: Bytes };
  readonly confidence: Confidence;
  readonly evidence: string;
}

/** A level and a rise from it; all of a track that may have risen from its first point on. */
function locateRise({ points, first, before }: Track): Rise {
  const all = before === null ? points : [before, ...points];
  const { at, earliest, latest, r2 } = findOnset(all, MIN_LATE_POINTS) ?? ALL_ALONG;
  const start = earliest === 0 ? 0 : at;
  // Whether what came before the first point added as well is not seen.
  const firstAfter = (i: number) => (i === 0 && before === null ? first : all[i]!.x + 1);
  // Between two that are told some may not be.
  const range = [firstAfter(earliest), all[latest + 1]?.x ?? first] as const;
  return {
    points: all.slice(start),
    since: firstAfter(start),
    ...(range[0] < range[1] && { sinceRange: range }),
    lateR2: start === 0 ? null : r2,
  };
}

const ALL_ALONG = { at: 0, earliest: 0, latest: 0, r2: 1 };

/** The same bytes added every time, to the byte. */
function findExactSlope({ unit, predicted }: Track, { points, lateR2 }: Rise): Slope | null {
  const [first, second] = points;
  if (lateR2 !== null && points.length < MIN_LATE_POINTS) return null;
  if (first === undefined || second === undefined || points.length < MIN_POINTS) return null;
  const slope = (second.y - first.y) / (second.x - first.x);
  const isConstant =
    slope > 0 &&
    points.every((point, i) => {
      const before = points[i - 1] ?? point;
      return Math.abs(point.y - before.y - slope * (point.x - before.x)) < 0.5;
    });
  if (!isConstant) return null;
  const each = Math.round(slope);
  return {
    each,
    confidence: 'high',
    evidence: `Each of the ${points.length - 1} ${unit}s from ${unit} ${formatInteger(second.x)} on ends with exactly ${formatExactBytes(each)} more than the one before${predicted ? ', above the prediction' : ''}.`,
  };
}

/** Share of the variance that a straight line explains. */
const MIN_R2 = 0.8;
/** A framework's allocator counts in these. */
const ALLOCATOR_BLOCK = 512;

function findFittedSlope({ unit, framework, ...track }: Track, rise: Rise): Slope | null {
  const isLate =
    rise.lateR2 !== null &&
    rise.lateR2 >= MIN_R2 &&
    rise.points.length >= MIN_LATE_FITTED &&
    track.points.length >= MIN_FITTED;
  const points = isLate ? rise.points : track.points;
  const trend = fitDrift(points, framework ? ALLOCATOR_BLOCK : undefined);
  const [first, last] = [points[0], points.at(-1)];
  if (!trend || !first || !last || points.length < MIN_POINTS + 1) return null;
  const { slope, halfWidth, r2 } = trend;
  if (slope * (last.x - first.x) < MIN_GROWTH || slope - halfWidth <= 0 || r2 < MIN_R2) return null;
  if (!isSteady(points, last.y - first.y, slope)) return null;
  const each = Math.round(slope);
  const [low, high] = [Math.round(slope - halfWidth), Math.round(slope + halfWidth)];
  return {
    each,
    interval: { low, high },
    confidence: 'medium',
    evidence: `A straight line through the ends of ${points.length} ${unit}s rises by ${formatBytes(each)} a ${unit} (95% interval ${formatBytes(low)} to ${formatBytes(high)}, r² ${r2.toFixed(2)}).`,
  };
}

/**
 * A leak goes on as it began; a drift, a cache that fills or a single step up does not: no step may bring half of all
 * growth by itself, and both halves of a longer run must rise alike.
 */
function isSteady(points: readonly Point[], growth: Bytes, slope: number): boolean {
  if (points.some(({ y }, i) => i > 0 && y - points[i - 1]!.y > 0.5 * growth)) return false;
  if (points.length < 8) return true;
  return halves(points).every((half) => {
    const halfSlope = fitTrend(half)?.slope ?? 0;
    return halfSlope > 0.4 * slope && halfSlope < 1.8 * slope;
  });
}

/**
 * The rise of a track and its slope. What is predicted to stand before the first point stood there only where nothing else is
 * off: a cache of twice the bytes lifts every point by as much, and the first of them would seem to add it.
 */
function findSlope(track: Track): { readonly rise: Rise; readonly slope: Slope | null } {
  const rise = locateRise(track);
  const alone = track.before === null ? [] : [locateRise({ ...track, before: null })];
  for (const each of track.framework ? [rise, ...alone] : []) {
    const slope = findExactSlope(track, each);
    if (slope !== null) return { rise: each, slope };
  }
  return { rise, slope: findFittedSlope(track, rise) };
}

function findLeakIn(track: Track): Leak[] {
  if (track.points.length < MIN_POINTS) return [];
  const { rise, slope } = findSlope(track);
  const { unit, phase, predicted } = track;
  const { since, sinceRange } = rise;
  const [from, to] = [rise.points[0], rise.points.at(-1)];
  if (slope === null || !from || !to) return [];
  const { each } = slope;
  const count = to.x - from.x;
  const finding: Finding = {
    kind: 'leak',
    title: `Memory grows by ${formatBytes(each)} every ${unit}${predicted ? ' beyond the prediction' : ''}`,
    bytes: each * count,
    phase,
    span: [from.t, to.t],
    confidence: slope.confidence,
    slope: { bytes: each, per: unit, since, ...(sinceRange && { sinceRange }), ...slope.interval },
    formula: `bytes of a ${unit} = slope of memory at the ends of ${unit}s, less what the budget adds`,
    worked: `${formatInteger(count)} ${unit}s × ${formatBytes(each)} = ${formatBytes(each * count)}`,
    remedy:
      'Look for tensors kept across iterations: losses accumulated with their graph, lists of outputs, caches without a bound.',
    evidence: [
      slope.evidence,
      `Over ${formatInteger(count)} ${unit}s, to ${unit} ${formatInteger(to.x)}, that is ${formatBytes(each * count)}.`,
      ...describeOnset(rise, track),
      ...describeGrowingComponents(rise.points, track),
    ],
  };
  return [{ finding, growth: each === 0 ? null : { bytes: each, per: unit, count, since } }];
}

function describeOnset({ since, sinceRange, lateR2 }: Rise, { unit }: Track): string[] {
  if (lateR2 === null) return [];
  const range = sinceRange ? ` (95% interval ${sinceRange.map(formatInteger).join(' to ')})` : '';
  return [
    `Before, it rests: a level and a straight rise from it fit best where ${unit} ${formatInteger(since)} is the first that adds${range}.`,
  ];
}

function describeGrowingComponents(points: readonly Point[], { unit, predicted }: Track): string[] {
  const [from, to] = [points.find(({ components }) => components !== null), points.at(-1)];
  const [before, after] = [from?.components, to?.components];
  if (!from || !to || !before || !after) return [];
  const grown = COMPONENTS.flatMap((name) => {
    const growth = (after[name] ?? 0) - (before[name] ?? 0);
    return growth >= 0.5 ? [`${name} by ${formatBytes(growth / (to.x - from.x))} a ${unit}`] : [];
  });
  return grown.length === 0
    ? []
    : [
        `By the workload's own count these components grow${predicted ? ' beyond their prediction' : ''}: ${grown.join(', ')}.`,
      ];
}
