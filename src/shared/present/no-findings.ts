/** What it means that a session has no findings: all is well, or there was nothing to look at. */
import type { SessionDocument } from '../session/session-document';

/** One sentence for a session without findings. */
export function noFindings({
  overlay,
  status,
}: Pick<SessionDocument, 'overlay' | 'status'>): string {
  if (overlay.predictedPeak.refined === null)
    return 'Nothing to compare with: this session declares no model and run.';
  if (status === 'recording')
    return 'No divergence so far; phases that are over are looked at as they end.';
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
