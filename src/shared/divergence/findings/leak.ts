/**
 * Memory that grows with every step or token beyond what the budget predicts. For framework bytes the slope is exact:
 * every step adds the same. For a sampled line it is a least-squares slope with its interval. Fewer than three steps
 * after the first (in which optimizer states come into being) prove nothing.
 */

import { fitDrift, halves } from '../../base/drift';
import { formatBytes, formatExactBytes, formatInteger } from '../../base/format';
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
  const rows = overlay.phases.filter(({ step, end }) => step !== null && end !== null);
  const bySteps = [...Map.groupBy(rows, ({ rank, phase }) => `${rank}:${phase}`).values()].map(
    (list) => buildStepTrack(list, framework),
  );
  return framework ? [...bySteps, ...buildTokenTracks(input)] : bySteps;
}

/** `rows`: one phase of one rank, step by step. */
function buildStepTrack(rows: readonly OverlayPhase[], framework: boolean): Track {
  const predicted = rows.every((row) => row.residualEndBytes !== null);
  // Without a prediction the first step is left out: optimizer states arrive in it.
  const points = (predicted ? rows : rows.slice(1)).flatMap((row): Point[] => {
    const y = predicted ? row.residualEndBytes : row.end;
    if (row.step === null || y === null) return [];
    const due = predicted ? row.predictedEndComponents : null;
    return [{ x: row.step, y, t: row.span[1], components: excess(row.measuredEndComponents, due) }];
  });
  return { unit: 'step', phase: rows[0]!.phase, framework, predicted, points };
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
function buildTokenTracks({ budget, markers, spans }: DiagnosisInput): Track[] {
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
    return {
      unit: 'token',
      phase: 'decode',
      framework: true,
      predicted: true,
      points: [...points.values()],
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

/** The same bytes added every time, to the byte. */
function findExactSlope({ points, unit, predicted }: Track): Slope | null {
  const [first, second] = points;
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
    evidence: `Each of the ${points.length - 1} ${unit}s after ${unit} ${formatInteger(first.x)} ends with exactly ${formatExactBytes(each)} more than the one before${predicted ? ', above the prediction' : ''}.`,
  };
}

/** A framework's allocator counts in these. */
const ALLOCATOR_BLOCK = 512;

function findFittedSlope({ points, unit, framework }: Track): Slope | null {
  const trend = fitDrift(points, framework ? ALLOCATOR_BLOCK : undefined);
  const [first, last] = [points[0], points.at(-1)];
  if (!trend || !first || !last || points.length < MIN_POINTS + 1) return null;
  const { slope, halfWidth, r2 } = trend;
  if (slope * (last.x - first.x) < MIN_GROWTH || slope - halfWidth <= 0 || r2 < 0.8) return null;
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

function findLeakIn(track: Track): Leak[] {
  const slope = (track.framework ? findExactSlope(track) : null) ?? findFittedSlope(track);
  const { points, unit, phase, predicted } = track;
  const [from, to] = [points[0], points.at(-1)];
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
    slope: { bytes: each, per: unit, since: from.x + 1, ...slope.interval },
    formula: `bytes of a ${unit} = slope of memory at the ends of ${unit}s, less what the budget adds`,
    worked: `${formatInteger(count)} ${unit}s × ${formatBytes(each)} = ${formatBytes(each * count)}`,
    remedy:
      'Look for tensors kept across iterations: losses accumulated with their graph, lists of outputs, caches without a bound.',
    evidence: [
      slope.evidence,
      `From ${unit} ${formatInteger(from.x)} to ${unit} ${formatInteger(to.x)} that is ${formatBytes(each * count)}.`,
      ...describeGrowingComponents(from, to, track),
    ],
  };
  return [{ finding, growth: each === 0 ? null : { bytes: each, per: unit, count } }];
}

function describeGrowingComponents(from: Point, to: Point, { unit, predicted }: Track): string[] {
  const [before, after] = [from.components, to.components];
  if (!before || !after) return [];
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
