/**
 * The budget as it is drawn, in the window and in a report alike: spans at every resolution, what of each is certain, and
 * how high the axis goes.
 */
import type { Bytes, Micros } from '../base/units';
import type { Component, Tier } from '../base/vocabulary';
import type { Budget } from '../budget/types';
import type { SessionDocument } from '../session/session-document';
import { deviceIn, TREE_RSS } from '../trace/series-ids';
import {
  buildPredictedSpans,
  listComponents,
  type PredictedSpan,
  predictedSpanAt,
  visibleSpans,
} from './predicted-spans';
import { SpanLevels } from './span-levels';
import { predictWholeRun } from './whole-run';

/** A run shorter than this is drawn as if it were as long. */
export const MIN_END_US: Micros = 1000;

export const runEnd = ({ durationUs }: Pick<SessionDocument, 'durationUs'>): Micros =>
  Math.max(MIN_END_US, durationUs);

export interface BudgetPicture {
  readonly levels: SpanLevels<PredictedSpan>;
  readonly order: readonly Component[];
  /** No phase is known: one span stands for the run. */
  readonly isWhole: boolean;
  /** Of a whole run: what is held at rest. */
  readonly resting: Bytes | null;
  /** The span with the highest prediction, and that; null and 0 where nothing is predicted. */
  readonly highest: PredictedSpan | null;
  readonly ceiling: Bytes;
  /** What the ceiling is called; of a GPU's beside host memory it says whose it is. */
  readonly ceilingName: string;
  /** Where no formula and no later phase gives it a span: what the run's own first steps let one expect of it. */
  readonly expected: Bytes | null;
  /** What the device has for the workload, and whose memory it is. */
  readonly capacity: { readonly bytes: Bytes; readonly name: string } | null;
  at(t: Micros): PredictedSpan | null;
}

export function drawBudget(
  session: SessionDocument,
  budget: Budget | null,
  tier: Tier,
): BudgetPicture {
  const { overlay } = session;
  const end = runEnd(session);
  const byPhase = buildPredictedSpans(overlay, tier, budget);
  const whole =
    byPhase.length === 0 && budget !== null ? predictWholeRun(budget, overlay, tier, end) : null;
  const spans = whole ? [whole.span] : byPhase;
  const highest = spans.reduce<PredictedSpan | null>(
    (most, span) => (most === null || span.total > most.total ? span : most),
    null,
  );
  return {
    levels: new SpanLevels(spans, end, (items, view, columns) =>
      visibleSpans(items, view.t0, view.t1, columns),
    ),
    order: listComponents(spans),
    isWhole: whole !== null,
    resting: whole?.resting ?? null,
    highest,
    ceiling: highest?.total ?? 0,
    ceilingName: overlay.hostBesideGpu ? 'predicted for a GPU, at most' : 'predicted at most',
    expected: highest === null ? (overlay.predictedPeak.observed ?? null) : null,
    capacity: findCapacity(session),
    at: (t) => predictedSpanAt(spans, t),
  };
}

/** A capacity up to so many times what is drawn is on the axis; a higher one is told at its edge. */
const CAPACITY_REACH = 1.5;

/** How high the axis goes at least, in bytes above the baseline. */
export function reachOfAxis(
  { measuredPeak }: SessionDocument['overlay'],
  { ceiling, expected, capacity }: BudgetPicture,
): Bytes {
  const drawn = Math.max(ceiling, expected ?? 0, measuredPeak?.bytes ?? 0, 1);
  const limit = capacity?.bytes ?? 0;
  return limit > drawn && limit <= drawn * CAPACITY_REACH ? limit : drawn;
}

/**
 * Of the device the line belongs to, less what was in use before the run; of the host for a line of the host, but for one
 * that a GPU's budget is drawn beside, which need not fit in it.
 */
function findCapacity({ overlay, environment }: SessionDocument): BudgetPicture['capacity'] {
  if (overlay.series === null || overlay.hostBesideGpu) return null;
  if (overlay.series === TREE_RSS)
    return environment.memoryBytes > 0
      ? { bytes: environment.memoryBytes, name: 'memory of the machine' }
      : null;
  const device = deviceIn(overlay.series);
  const gpu = environment.gpus.find(({ index }) => device === `gpu${index}`);
  const bytes = overlay.deviceBytes ?? gpu?.memoryBytes ?? null;
  if (bytes === null) return null;
  return {
    bytes: bytes - overlay.baselineBytes,
    name: overlay.baselineBytes > 0 ? 'left on the card for this run' : 'capacity of the card',
  };
}
