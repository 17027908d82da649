/** Whether a trace shows a run at all: idle devices hold a few MiB, and a run a share of what was predicted. */
import { MiB } from '../../base/units';
import type { Overlay } from './types';

export function showsRun({
  measuredPeak,
  predictedPeak: { refined },
  phases,
}: Pick<Overlay, 'measuredPeak' | 'predictedPeak' | 'phases'>): boolean {
  return (
    phases.length > 0 ||
    measuredPeak === null ||
    refined === null ||
    measuredPeak.bytes >= Math.min(64 * MiB, 0.02 * refined)
  );
}
