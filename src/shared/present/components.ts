/** Bytes by component: textbook, refined and measured beside each other, as rows that every format lays out. */
import { formatBytes, formatSignedBytes } from '../base/format';
import type { Bytes } from '../base/units';
import { COMPONENTS, type Component, type Phase } from '../base/vocabulary';
import type { Budget, ComponentBytes } from '../budget/types';
import { highestPhase } from '../divergence/overlay/phase-rows';
import type { SessionDocument } from '../session/session-document';

export interface ComponentRow {
  readonly component: Component;
  readonly textbook: Bytes | null;
  readonly refined: Bytes | null;
  readonly measured: Bytes | null;
  readonly residual: Bytes | null;
}

export interface ComponentTable {
  /** The phase all columns tell of; null where no phase is known and each prediction is at its own peak. */
  readonly phase: Phase | null;
  readonly rows: readonly ComponentRow[];
  readonly total: Omit<ComponentRow, 'component'>;
}

/**
 * Bytes by component in the phase in which memory peaked: prediction and measurement of the same phase, so that they can
 * be compared line by line. Where a split is known at all, a component it leaves out holds nothing.
 */
export function componentTable(doc: SessionDocument, budget: Budget | null): ComponentTable {
  const top = highestPhase(
    doc.overlay.phases.filter(({ predictedComponents }) => predictedComponents !== null),
  );
  const textbook =
    budget &&
    (budget.tiers.textbook.phases.find(({ phase }) => phase === top?.phase) ??
      (top ? null : budget.tiers.textbook));
  const refined = top?.predictedComponents ?? budget?.tiers.refined.components ?? null;
  const measured = top?.measuredComponents ?? null;
  const rows = COMPONENTS.filter(
    (name) => textbook?.components[name] || refined?.[name] || measured?.[name],
  ).map((component) => {
    const bytesIn = (split: ComponentBytes | null | undefined) =>
      split ? (split[component] ?? 0) : null;
    const [predicted, seen] = [bytesIn(refined), bytesIn(measured)];
    return {
      component,
      textbook: bytesIn(textbook?.components),
      refined: predicted,
      measured: seen,
      residual: predicted === null || seen === null ? null : seen - predicted,
    };
  });
  const { predictedPeak, measuredPeak, residualBytes } = doc.overlay;
  return {
    phase: top?.phase ?? null,
    rows,
    total: top
      ? {
          textbook: top.predicted.textbook,
          refined: top.predicted.refined,
          measured: top.measured,
          residual: top.residualBytes,
        }
      : { ...predictedPeak, measured: measuredPeak?.bytes ?? null, residual: residualBytes },
  };
}

export function componentTitle({ phase }: ComponentTable): string {
  return phase === null
    ? 'By component, at the peak'
    : `By component, in ${phase}, where memory peaked`;
}

export const COMPONENT_HEAD = ['component', 'textbook', 'refined', 'measured', 'residual'] as const;

/** The figures of a row or of the total, as they stand beneath `COMPONENT_HEAD` after the name. */
export function formatComponentFigures(row: Omit<ComponentRow, 'component'>): string[] {
  return [
    formatBytes(row.textbook),
    formatBytes(row.refined),
    formatBytes(row.measured),
    formatSignedBytes(row.residual),
  ];
}
