/** From a complete document to its brief form and back to counts: what of a session does not grow with its length. */
import type { LedgerRow, MeasuredOverlay, Overlay } from '../divergence/overlay/types';
import { type PhaseKind, summarizePhases } from './phase-kinds';
import type { BriefDocument, BriefOverlay, SessionDocument } from './session-document';

/** The document with what is told of its rows together. */
export function addSummaries(
  rows: Omit<SessionDocument, 'phaseKinds' | 'counts'>,
): SessionDocument {
  const { overlay, markers, gaps, logs } = rows;
  return {
    ...rows,
    phaseKinds: summarizePhases(overlay.phases),
    counts: {
      phases: overlay.phases.length,
      markers: markers.length,
      gaps: gaps.length,
      logs: logs.length,
    },
  };
}

/** Warnings of a brief document; a recording gives each kind of trouble once, so that more are not a person's to read. */
const MAX_WARNINGS = 100;

export function shortenDocument(document: SessionDocument): BriefDocument {
  const { markers: _markers, gaps: _gaps, logs: _logs, overlay, warnings, ...kept } = document;
  return {
    ...kept,
    overlay: shortenOverlay(overlay, kept.phaseKinds),
    warnings:
      warnings.length <= MAX_WARNINGS
        ? warnings
        : [
            ...warnings.slice(0, MAX_WARNINGS),
            `${warnings.length - MAX_WARNINGS} more warnings are in the complete document.`,
          ],
  };
}

function shortenOverlay(overlay: Overlay, kinds: readonly PhaseKind[]): BriefOverlay {
  if (overlay.series === null) {
    const { phases: _phases, ...kept } = overlay;
    return kept;
  }
  const { phases: _phases, ledger, ...kept } = overlay;
  return ledger === undefined ? kept : { ...kept, ledger: shortenLedger(ledger, kinds) };
}

function shortenLedger(
  { phases, peak }: NonNullable<MeasuredOverlay['ledger']>,
  kinds: readonly PhaseKind[],
): MeasuredOverlay['ledger'] {
  const shown = new Set(kinds.flatMap(({ highest }) => (highest ? rowKey(highest) : [])));
  return { phases: phases.filter((row) => shown.has(rowKey(row))), peak };
}

const rowKey = ({
  rank,
  phase,
  step,
  stage,
  measured,
}: Pick<LedgerRow, 'rank' | 'phase' | 'step' | 'stage'> & {
  readonly measured: number | null;
}): string => [rank, phase, step, stage, measured].join(':');
