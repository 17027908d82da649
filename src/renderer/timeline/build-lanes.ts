/** The lanes of a session, from top to bottom; one that has nothing is not there. */
import type { Tier } from '../../shared/base/vocabulary';
import type { Budget } from '../../shared/budget/types';
import { type BudgetPicture, drawBudget, runEnd } from '../../shared/picture/budget-picture';
import { SpanLevels } from '../../shared/picture/span-levels';
import type { SessionDocument } from '../../shared/session/session-document';
import { isShown, type Lane, type LaneSettings } from '../chart/lane';
import { joinBlocks, listBlocks, RESIDUALS, residualBound } from '../chart/phase-blocks';
import { type CounterLane, counterLanes } from './counter-lanes';
import type { CurveWindow } from './curve-window';
import { foundLane } from './found-lane';
import { logLane } from './log-lane';
import { marksLane } from './marks-lane';
import { memoryLane } from './memory-lane';
import { phaseLane } from './phase-lane';
import { residualLane } from './residual-lane';
import type { TraceWindows } from './traces';

export interface SessionLanes {
  readonly lanes: readonly Lane[];
  readonly budget: BudgetPicture;
  readonly memory: Lane;
}

export function buildLanes(
  session: SessionDocument,
  predicted: Budget | null,
  tier: Tier,
  traces: TraceWindows,
  curves: CurveWindow,
): SessionLanes {
  const { overlay } = session;
  const budget = drawBudget(session, predicted, tier);
  const blocks = new SpanLevels(
    listBlocks(overlay, tier),
    runEnd(session),
    (items, view, columns) => joinBlocks(items, view, columns, RESIDUALS),
  );
  const hasPhases = overlay.phases.length > 0;
  const memory = memoryLane(session, budget, traces, curves);
  const hasResiduals = hasPhases && budget.ceiling > 0 && !budget.isWhole;
  return {
    budget,
    memory,
    lanes: [
      ...(session.marks ? [marksLane(session.marks)] : []),
      ...(hasPhases || session.counts.phases > 0 ? [phaseLane(session, blocks)] : []),
      ...(overlay.found ? [foundLane(overlay.found)] : []),
      ...(overlay.series !== null || budget.ceiling > 0 ? [memory] : []),
      ...(hasResiduals ? [residualLane(blocks, residualBound(overlay, tier))] : []),
      ...counterLanes(session, traces),
      ...(session.logs.length > 0 ? [logLane(session.logs)] : []),
    ],
  };
}

const isCounter = (lane: Lane): lane is CounterLane => 'series' in lane;

/** The series that the lanes in sight draw. */
export function seriesInSight(
  { lanes }: SessionLanes,
  settings: LaneSettings,
  session: SessionDocument,
): readonly string[] {
  const counters = lanes.filter((lane) => isShown(lane, settings)).filter(isCounter);
  const ids = counters.flatMap(({ series }) => series);
  return [...new Set([session.overlay.series, ...ids].filter((id) => id !== null))];
}
