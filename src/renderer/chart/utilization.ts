/** How busy what ran the workload was: the lane below the memory it is about. */

import type { SessionDocument } from '../../shared/session/session-document';
import { deviceIn, deviceUtilization, TREE_CPU } from '../../shared/trace/series-ids';

type Series = SessionDocument['series'][number];
export interface Utilization extends Series {
  readonly name: string;
}

/** Utilization of the GPU whose memory is shown, of the first one under another line, of the host's processes where no GPU tells. */
export function buildUtilization({
  series,
  overlay,
}: Pick<SessionDocument, 'series' | 'overlay'>): Utilization | null {
  const counters = series.filter(({ id }) => id === deviceUtilization(deviceIn(id) ?? ''));
  const gpu = overlay.series === null ? undefined : deviceIn(overlay.series);
  const counter = gpu === undefined ? counters[0] : counters.find(({ id }) => deviceIn(id) === gpu);
  if (counter) {
    const device = deviceIn(counter.id)?.slice(3);
    return { ...counter, name: counters.length > 1 ? `GPU ${device} busy` : 'GPU busy' };
  }
  const host = series.find(({ id }) => id === TREE_CPU);
  return host ? { ...host, name: 'CPU' } : null;
}
