/** How busy what ran the workload was: the lane below the memory it is about. */

import type { TraceView } from '../../shared/contract/api';
import type { SessionDocument } from '../../shared/session/session-document';
import { deviceIn, deviceUtilization, TREE_CPU } from '../../shared/trace/series-ids';
import type { Picture } from './picture';
import { isCrowded, overWindows, toPairs, toSteps, upperEdge } from './polylines';
import type { View } from './view';

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

const percentScale = (unit: Series['unit']): number => (unit === 'millipercent' ? 1e-3 : 1);

/** A process tree can use more than one core: the lane's edge is the next whole hundred, in percent. */
export const utilizationTop = ({ max, unit }: Utilization): number =>
  Math.max(100, Math.ceil(((max ?? 0) * percentScale(unit)) / 100 - 1e-9) * 100);

/** The lane's line, in percent: of a counter that tells of changes its steps, of an average its windows. */
export function drawUtilization(
  utilization: Utilization,
  { envelope, info }: TraceView,
  view: View,
  width: number,
): Picture['utilization'] {
  const samples = toPairs(envelope, 0, percentScale(info.unit));
  const { windowUs, intervalUs } = info;
  const line =
    windowUs === null ? toSteps(samples) : overWindows(samples, { windowUs, intervalUs });
  return {
    pairs: isCrowded(line, width) ? upperEdge(samples, view, width) : line,
    max: utilizationTop(utilization),
  };
}
