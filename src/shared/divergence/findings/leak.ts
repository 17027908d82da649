/**
 * Memory that grows with every step or token beyond what the budget predicts. For framework bytes the slope is exact:
 * every step adds the same. For a sampled line it is a least-squares slope with its interval. Fewer than three steps
 * after the first (in which optimizer states come into being) prove nothing.
 */

import { formatBytes, formatExactBytes, formatInteger } from '../../base/format';
import { fitTrend } from '../../base/trend';
import { type Bytes, MiB, type Micros } from '../../base/units';
import { COMPONENTS, type Phase } from '../../base/vocabulary';
import type { ComponentBytes } from '../../budget/types';
import { FRAMEWORK_ALLOCATED, TREE_RSS } from '../../trace/series-ids';
import type { Marker } from '../../trace/types';
import { frameworkOverlay } from '../overlay/overlay';
import type { Finding, FindingsInput, Overlay, OverlayPhase } from '../overlay/types';
import type { Detector } from './protocol';

const LEAST_POINTS = 3;
/** A sampled line must grow by this much over the run before a slope is spoken of. */
const LEAST_GROWTH = 16 * MiB;

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
  readonly rank: number;
  readonly framework: boolean;
  readonly predicted: boolean;
  readonly points: readonly Point[];
}

export const leak: Detector = {
  kind: 'leak',
  find(input, known) {
    if (
      known.some(
        ({ kind, setting }) =>
          kind === 'preallocated_pool' || (input.exact && setting !== undefined),
      )
    )
      return [];
    const framework = frameworkOverlay(input);
    const lines = [...new Set([framework, input.overlay])].filter(
      (one): one is Overlay => one !== null,
    );
    for (const overlay of lines) {
      const found = buildTracks(overlay, input).flatMap((track) => {
        const finding = track.framework
          ? (exactLeak(track) ?? fittedLeak(track))
          : fittedLeak(track);
        return finding ? [finding] : [];
      });
      if (found.length > 0)
        return [found.reduce((best, one) => ((one.bytes ?? 0) >= (best.bytes ?? 0) ? one : best))];
    }
    return [];
  },
};

function buildTracks(overlay: Overlay, input: FindingsInput): Track[] {
  if (overlay.series === null || overlay.series === TREE_RSS) return [];
  const framework = overlay.series === FRAMEWORK_ALLOCATED;
  const rows = new Map<string, OverlayPhase[]>();
  for (const row of overlay.phases) {
    if (row.step === null || row.end === null) continue;
    const key = `${row.rank}:${row.phase}`;
    const list = rows.get(key);
    if (list) list.push(row);
    else rows.set(key, [row]);
  }
  const bySteps = [...rows.values()].map((list): Track => {
    const predicted = list.every((row) => row.residualEndBytes !== null);
    // Without a prediction the first step is left out: optimizer states arrive in it.
    const points = (predicted ? list : list.slice(1)).map((row) => ({
      x: row.step!,
      y: predicted ? row.residualEndBytes! : row.end!,
      t: row.span[1],
      components: excess(row.measuredEndComponents, predicted ? row.predictedEndComponents : null),
    }));
    return {
      unit: 'step',
      phase: list[0]!.phase,
      rank: list[0]!.rank,
      framework,
      predicted,
      points,
    };
  });
  return framework ? [...bySteps, ...tokenTracks(input)] : bySteps;
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
function tokenTracks({ budget, markers, spans }: FindingsInput): Track[] {
  const rows = budget?.tiers.refined.phases ?? [];
  const decode = rows.find(({ phase }) => phase === 'decode');
  const prefill = rows.find(({ phase }) => phase === 'prefill');
  const steps = (budget?.run.tokens ?? 0) - 1;
  if (!decode || !prefill || steps < LEAST_POINTS) return [];
  const perToken = (decode.end - prefill.end) / steps;
  const due = (token: number): ComponentBytes =>
    Object.fromEntries(
      COMPONENTS.map((name) => {
        const [from, to] = [prefill.endComponents[name] ?? 0, decode.endComponents[name] ?? 0];
        return [name, from + ((to - from) * (token - 1)) / steps];
      }),
    );
  return spans
    .filter(({ phase, step }) => phase === 'decode' && step === null)
    .map(({ rank, t0, t1 }): Track => {
      const points = new Map<number, Point>();
      let token: number | null = null;
      for (const marker of markers) {
        if (marker.rank !== rank || marker.t < t0 || marker.t > t1) continue;
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
        rank,
        framework: true,
        predicted: true,
        points: [...points.values()],
      };
    });
}

function isDecodeMemory(marker: Marker): marker is Extract<Marker, { type: 'memory' }> {
  return marker.type === 'memory' && marker.phase === 'decode';
}

/** The same bytes added every time, to the byte. */
function exactLeak(track: Track): Finding | null {
  const { points, unit } = track;
  if (points.length < LEAST_POINTS) return null;
  const slope = (points[1]!.y - points[0]!.y) / (points[1]!.x - points[0]!.x);
  const constant =
    slope > 0 &&
    points.every(
      (point, i) =>
        i === 0 ||
        Math.abs(point.y - points[i - 1]!.y - slope * (point.x - points[i - 1]!.x)) < 0.5,
    );
  if (!constant) return null;
  const each = Math.round(slope);
  return finding(track, each, 'high', [
    `Each of the ${points.length - 1} ${unit}s after ${unit} ${formatInteger(points[0]!.x)} ends with exactly ${formatExactBytes(each)} more than the one before${track.predicted ? ', above the prediction' : ''}.`,
  ]);
}

function fittedLeak(track: Track): Finding | null {
  const { points, unit } = track;
  const trend = fitTrend(points);
  if (!trend || points.length < LEAST_POINTS + 1) return null;
  const growth = trend.slope * (points.at(-1)!.x - points[0]!.x);
  if (growth < LEAST_GROWTH || trend.slope - trend.halfWidth <= 0 || trend.r2 < 0.8) return null;
  if (!steady(points, trend.slope)) return null;
  const each = Math.round(trend.slope);
  return finding(track, each, 'medium', [
    `A straight line through the ends of ${points.length} ${unit}s rises by ${formatBytes(each)} a ${unit} (95% interval ${formatBytes(trend.slope - trend.halfWidth)} to ${formatBytes(trend.slope + trend.halfWidth)}, r² ${trend.r2.toFixed(2)}).`,
  ]);
}

/**
 * A leak goes on as it began; a drift, a cache that fills or a single step up does not: no one step may bring half of
 * all growth, and both halves of a longer run must rise alike.
 */
function steady(points: readonly Point[], slope: number): boolean {
  const growth = points.at(-1)!.y - points[0]!.y;
  if (points.some(({ y }, i) => i > 0 && y - points[i - 1]!.y > 0.5 * growth)) return false;
  if (points.length < 8) return true;
  const middle = points.length >> 1;
  return [points.slice(0, middle), points.slice(middle)].every((half) => {
    const own = fitTrend(half)?.slope ?? 0;
    return own > 0.4 * slope && own < 1.8 * slope;
  });
}

function finding(
  track: Track,
  each: Bytes,
  confidence: Finding['confidence'],
  first: string[],
): Finding {
  const { points, unit, phase, predicted } = track;
  const from = points[0]!;
  const to = points.at(-1)!;
  const count = to.x - from.x;
  return {
    kind: 'leak',
    title: `Memory grows by ${formatBytes(each)} every ${unit}${predicted ? ' beyond the prediction' : ''}`,
    bytes: each * count,
    phase,
    span: [from.t, to.t],
    confidence,
    slope: { bytes: each, per: unit },
    formula: `bytes of a ${unit} = slope of memory at the ends of ${unit}s, less what the budget adds`,
    remedy:
      'Look for tensors kept across iterations: losses accumulated with their graph, lists of outputs, caches without a bound.',
    evidence: [
      ...first,
      `From ${unit} ${formatInteger(from.x)} to ${unit} ${formatInteger(to.x)} that is ${formatBytes(each * count)}.`,
      ...growingComponents(from, to, track),
    ],
  };
}

function growingComponents(from: Point, to: Point, { unit, predicted }: Track): string[] {
  if (!from.components || !to.components) return [];
  const grown = COMPONENTS.flatMap((name) => {
    const growth = (to.components![name] ?? 0) - (from.components![name] ?? 0);
    return growth >= 0.5 ? [`${name} by ${formatBytes(growth / (to.x - from.x))} a ${unit}`] : [];
  });
  return grown.length === 0
    ? []
    : [
        `By the workload's own count these components grow${predicted ? ' beyond their prediction' : ''}: ${grown.join(', ')}.`,
      ];
}
