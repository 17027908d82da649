/** Which phases the table lists: all of a short run; of a long one the first step, and the worst of the steady state. */
import type { OverlayPhase } from '../../../shared/divergence/overlay/types';

export interface PhaseRow {
  readonly index: number;
  readonly phase: OverlayPhase;
}
export interface PhaseGroup {
  readonly title: string;
  readonly rows: readonly PhaseRow[];
  readonly total: number;
}

/** With more steps than these a list of all would be read by nobody: the worst of each phase stands for the steady state. */
const MANY = 24;

export function groupPhases(phases: readonly OverlayPhase[]): readonly PhaseGroup[] {
  const rows = phases.map((phase, index) => ({ index, phase }));
  if (rows.length <= MANY) return [{ title: '', rows, total: rows.length }];
  const steps = rows.map(({ phase }) => phase.step).filter((step) => step !== null);
  const first = steps.length > 0 ? Math.min(...steps) : null;
  const outside = rows.filter(({ phase }) => phase.step === null);
  const begin = rows.filter(({ phase }) => phase.step !== null && phase.step === first);
  const steady = rows.filter(({ phase }) => phase.step !== null && phase.step !== first);
  const groups = [
    ['Outside steps', outside],
    ['First step', begin],
    ['Steady state: the widest residual of each phase', steady],
  ] as const;
  return groups
    .filter(([, own]) => own.length > 0)
    .map(([title, own]) => ({ title, rows: own === begin ? own : worst(own), total: own.length }));
}

function worst(rows: readonly PhaseRow[]): readonly PhaseRow[] {
  const by = new Map<string, PhaseRow>();
  for (const row of rows) {
    const held = by.get(row.phase.phase);
    if (!held || Math.abs(row.phase.residualBytes ?? 0) > Math.abs(held.phase.residualBytes ?? 0))
      by.set(row.phase.phase, row);
  }
  return [...by.values()];
}
