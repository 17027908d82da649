/** What a workload remarked while it ran, and the helper that watches it: what was left alone, and from when on less is told. */
import { formatDuration, formatInteger } from '../base/format';
import type { SessionDocument } from '../session/session-document';
import { markersOf } from '../trace/carried-on';

/** A script may remark at every step: the first are told, and how many there are. */
const TOLD = 6;

export const REMARKS_TITLE = 'Remarks of the workload';

/** In the order they came, with the time since the session's start. */
export function listRemarks({ markers }: Pick<SessionDocument, 'markers'>): string[] {
  const remarks = markersOf(markers, 'note');
  const more = remarks.length - TOLD;
  return [
    ...remarks.slice(0, TOLD).map(({ t, text }) => `${formatDuration(t)}: ${text}`),
    ...(more > 0 ? [`and ${formatInteger(more)} more`] : []),
  ];
}
