/** The observed tier in words and as a table: what a run's first steps let one expect, and how the later ones kept to it. */
import { formatBytes, formatSignedBytes } from '../base/format';
import type { Bytes, Percent } from '../base/units';
import { findFurthest } from '../divergence/overlay/observed';
import type { MeasuredOverlay } from '../divergence/overlay/types';
import type { SessionDocument } from '../session/session-document';
import { phaseTitle } from './phase-name';
import type { WordTable } from './word-table';

export const OBSERVED_TITLE = "Expected from the run's own first steps";

/** A row a kind of phase; null where nothing was observed. */
export function observedTable({ overlay }: Pick<SessionDocument, 'overlay'>): WordTable | null {
  const rows = (overlay.observed ?? []).map(({ phase, rank, steps, certain, rest }) => {
    const own = overlay.phases.filter((row) => row.phase === phase && row.rank === rank);
    const worst = findFurthest(own);
    return [
      phase,
      describeSteps(steps),
      formatBytes(certain),
      formatBytes(rest),
      formatBytes(certain + rest),
      worst === null
        ? '–'
        : `${formatSignedBytes(worst.residualObservedBytes)}${worst.step === null ? '' : ` in step ${worst.step}`}`,
    ];
  });
  const head = ['phase', 'by steps', 'certain', 'the rest', 'expected', 'furthest'];
  return rows.length === 0 ? null : { head, rows, words: 1, notes: [] };
}

/** The measured peak less what its own first steps let one expect; null where a formula predicts, or nothing is expected. */
export function observedResidual({
  measuredPeak,
  predictedPeak: { refined, observed },
}: SessionDocument['overlay']): { readonly bytes: Bytes; readonly percent: Percent } | null {
  if (refined !== null || observed === undefined || measuredPeak === null) return null;
  const bytes = measuredPeak.bytes - observed;
  return { bytes, percent: (100 * bytes) / observed };
}

/** One sentence on how far the run went from its own first steps; null where nothing was observed. */
export function tellObserved(overlay: SessionDocument['overlay']): string | null {
  const [first] = overlay.observed ?? [];
  if (first === undefined) return null;
  const worst = findFurthest(overlay.phases);
  return `No formula predicts this run. Against what is expected from its own ${steps(first)}, ${
    worst === null
      ? 'no later phase could be held'
      : `the furthest later phase is ${phaseTitle(worst)}: ${formatSignedBytes(worst.residualObservedBytes)}`
  }.`;
}

/** "from steps 1 to 3"; empty where nothing was observed. */
export function observedFrom({ overlay }: Pick<SessionDocument, 'overlay'>): string {
  const [first] = overlay.observed ?? [];
  return first === undefined ? '' : `from its own ${steps(first)}`;
}

/** "steps 1 to 3", "step 1", or "first steps" where they have no numbers. */
function steps({ steps: range }: NonNullable<MeasuredOverlay['observed']>[number]): string {
  if (range === null) return 'first steps';
  return `${range[0] === range[1] ? 'step' : 'steps'} ${describeSteps(range)}`;
}

function describeSteps(range: readonly [number, number] | null): string {
  if (range === null) return 'the first';
  return range[0] === range[1] ? `${range[0]}` : `${range[0]} to ${range[1]}`;
}
