/** How busy what ran the workload was: the lane below the memory it is about. */

import { deviceIdIn, utilizationLine } from '../../shared/divergence/overlay/lines';
import type { SessionDocument } from '../../shared/session/session-document';

type Series = SessionDocument['series'][number];
export interface Load extends Series {
  readonly name: string;
}

/** Utilization of the GPU whose memory is shown, of the first one under another line, of the host's processes where no GPU tells. */
export function buildUtilization({
  series,
  overlay,
}: Pick<SessionDocument, 'series' | 'overlay'>): Load | null {
  const counters = series.filter(({ id }) => id === utilizationLine(deviceIdIn(id) ?? ''));
  const gpu = overlay.series === null ? undefined : deviceIdIn(overlay.series);
  const own = gpu === undefined ? counters[0] : counters.find(({ id }) => deviceIdIn(id) === gpu);
  if (own)
    return {
      ...own,
      name: counters.length > 1 ? `GPU ${deviceIdIn(own.id)!.slice(3)} busy` : 'GPU busy',
    };
  const host = series.find(({ id }) => id === 'tree.cpu');
  return host ? { ...host, name: 'CPU' } : null;
}
