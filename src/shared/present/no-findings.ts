/** What it means that a session has no findings: all is well, or there was nothing to look at. */
import { formatDuration, formatInteger } from '../base/format';
import type { Micros } from '../base/units';
import { MIN_SECONDS } from '../divergence/findings/growth';
import { flagLimit } from '../divergence/overlay/flags';
import { countFlagged } from '../session/phase-kinds';
import type { SessionDocument } from '../session/session-document';
import type { WorkloadInfo } from '../session/types';
import { tellObserved } from './observed';

/** A run that ended by then may have lain between two readings at the usual rate. */
const EARLY_US: Micros = 1.5e6;
/** As many steps would have been enough, had they been measured. */
const OBSERVED_STEPS = 4;

/** One sentence for a session without findings. */
export function noFindings({
  overlay,
  status,
  objects,
  phaseKinds,
  durationUs,
  workload,
}: Pick<
  SessionDocument,
  'overlay' | 'status' | 'objects' | 'phaseKinds' | 'durationUs' | 'workload'
>): string {
  if (overlay.predictedPeak.refined === null)
    return (
      tellObserved(overlay) ??
      (objects === undefined
        ? nothingPredicted(overlay.series, durationUs, workload)
        : `No formula predicts this run, and ${whyNotObserved(overlay)}.`)
    );
  if (overlay.hostBesideGpu)
    return tellAlone('No GPU memory was measured to compare the budget with', durationUs);
  if (status === 'recording')
    return `${tellSoFar({ overlay, phaseKinds })} Phases are looked at as they end.`;
  if (overlay.series === null) return 'Nothing to compare: no memory was measured.';
  if (overlay.phases.length === 0)
    return 'Only the peaks could be compared: no phase was announced, and none was found in the trace.';
  const flagged = overlay.phases.filter((phase) => phase.flagged).length;
  if (flagged === 0 && status === 'failed')
    return 'The phases that ended before the run failed are within bounds; nothing tells of the rest.';
  return flagged === 0
    ? 'Measured and predicted agree throughout.'
    : `${flagged === 1 ? 'One phase is' : `${flagged} phases are`} out of bounds, and no cause has been found.`;
}

/** Why its own first steps let expect nothing of the later ones. */
function whyNotObserved({ phases }: SessionDocument['overlay']): string {
  const told = phases.filter(({ inferred }) => !inferred);
  const steps = new Set(told.map(({ rank, step }) => `${rank}:${step}`)).size;
  const unread = told.filter(({ measured }) => measured === null).length;
  if (steps > OBSERVED_STEPS && unread > told.length / 2)
    return 'most of its phases were over before the line was read in them: --interval 10 reads it more often';
  return told.some(({ step }) => step !== null)
    ? 'it took too few steps to expect anything of the later ones'
    : 'too few of its phases came again to expect anything of the later ones';
}

/** Of a run that goes on, and of which nothing is found yet. */
export function tellSoFar({
  overlay: { residualBytes, predictedPeak },
  phaseKinds,
}: Pick<SessionDocument, 'overlay' | 'phaseKinds'>): string {
  const flagged = countFlagged(phaseKinds);
  // More than all of the run was to take is no agreement, though no phase with it has ended yet.
  if (flagged === 0)
    return (residualBytes ?? 0) > flagLimit(predictedPeak.refined ?? 0, {})
      ? 'The cause is not sure yet.'
      : 'No divergence so far.';
  const many = flagged === 1 ? 'One phase is' : `${formatInteger(flagged)} phases are`;
  return `${many} out of bounds so far; the cause is not sure yet.`;
}

/** What lines show by themselves is looked for whether anything was predicted or not. */
function nothingPredicted(
  series: string | null,
  durationUs: Micros,
  { kind, terms }: WorkloadInfo,
): string {
  if (series === null)
    return kind !== 'import' && durationUs < EARLY_US
      ? 'It ended before its memory was read once; --interval 10 reads sooner and more often.'
      : 'There is nothing to compare.';
  const alone =
    terms?.instrument === 'none' ? ', and was left alone, so no script of it was watched' : '';
  return tellAlone(
    `This session declares no model and run, so there is no budget to compare with${alone}`,
    durationUs,
  );
}

const tellAlone = (nothing: string, durationUs: Micros): string =>
  durationUs < MIN_SECONDS.host * 1e6
    ? `${nothing}; ${formatDuration(durationUs)} is too short to tell memory that grows from a program that starts.`
    : `${nothing}; by itself no line grows, spikes, stays high or lies idle.`;
