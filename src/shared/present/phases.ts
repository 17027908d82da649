/** Phases as rows, all occurrences of one together, and which occurrence stands for them: the highest. */
import { formatBytes, formatDuration, formatSignedBytes } from '../base/format';
import type { Bytes, Micros } from '../base/units';
import { PHASES, type Phase } from '../base/vocabulary';
import { highestPhase } from '../divergence/overlay/phase-rows';
import type { SessionDocument } from '../session/session-document';
import { phaseName } from './phase-name';

/** All occurrences of a phase in one row; the figures are those of its highest occurrence. */
export interface PhaseRow {
  readonly phase: Phase;
  /** As people read it: a phase that was found in the trace is called by its stage. */
  readonly name: string;
  readonly count: number;
  readonly durationUs: Micros;
  readonly measured: Bytes | null;
  readonly textbook: Bytes | null;
  readonly refined: Bytes | null;
  readonly residual: Bytes | null;
  readonly flagged: number;
}

export function phaseRows(doc: SessionDocument): PhaseRow[] {
  const groups = PHASES.flatMap((phase) => {
    const alike = doc.overlay.phases.filter((row) => row.phase === phase);
    return [...new Set(alike.map(phaseName))].map((name) => ({
      phase,
      name,
      occurrences: alike.filter((row) => phaseName(row) === name),
    }));
  });
  return groups.map(({ phase, name, occurrences }) => {
    const top = highestPhase(occurrences) ?? occurrences[0]!;
    return {
      phase,
      name,
      count: occurrences.length,
      durationUs: occurrences.reduce((sum, { span: [t0, t1] }) => sum + t1 - t0, 0),
      measured: top.measured,
      textbook: top.predicted.textbook,
      refined: top.predicted.refined,
      residual: top.residualBytes,
      flagged: occurrences.filter((row) => row.flagged).length,
    };
  });
}

export const PHASE_HEAD = [
  'phase',
  'times',
  'duration',
  'textbook',
  'refined',
  'measured',
  'residual',
  'flagged',
] as const;

/** The cells of a row, as they stand beneath `PHASE_HEAD`. */
export function formatPhaseRow(row: PhaseRow): string[] {
  return [
    row.name,
    String(row.count),
    formatDuration(row.durationUs),
    formatBytes(row.textbook),
    formatBytes(row.refined),
    formatBytes(row.measured),
    formatSignedBytes(row.residual),
    row.flagged === 0 ? 'no' : `${row.flagged} of ${row.count}`,
  ];
}
