/** How busy what ran the workload was: the lane below the memory it is about. */

import type { SessionDocument } from '../../shared/session/session-document';
import { deviceIn, deviceUtilization } from '../../shared/trace/series-ids';

type Series = SessionDocument['series'][number];
export interface Load extends Series {
  readonly name: string;
}

/** Utilization of the GPU whose memory is shown, of the first one under another line, of the host's processes where no GPU tells. */
export function buildUtilization({
  series,
  overlay,
}: Pick<SessionDocument, 'series' | 'overlay'>): Load | null {
  const counters = series.filter(({ id }) => id === deviceUtilization(deviceIn(id) ?? ''));
  const gpu = overlay.series === null ? undefined : deviceIn(overlay.series);
  const own = gpu === undefined ? counters[0] : counters.find(({ id }) => deviceIn(id) === gpu);
  if (own)
    return {
      ...own,
      name: counters.length > 1 ? `GPU ${deviceIn(own.id)!.slice(3)} busy` : 'GPU busy',
    };
  const host = series.find(({ id }) => id === 'tree.cpu');
  return host ? { ...host, name: 'CPU' } : null;
}
