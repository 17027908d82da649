/** Whether a trace shows a run at all: idle devices hold a few MiB, and a run a share of what was predicted. */
import { type Bytes, MiB } from '../../base/units';
import type { Overlay, TierPair } from './types';

export function showsRun({
  measuredPeak,
  predictedPeak: { refined },
  phases,
}: {
  readonly measuredPeak: { readonly bytes: Bytes } | null;
  readonly predictedPeak: TierPair;
  readonly phases: Overlay['phases'];
}): boolean {
  return (
    phases.length > 0 ||
    measuredPeak === null ||
    refined === null ||
    measuredPeak.bytes >= Math.min(64 * MiB, 0.02 * refined)
  );
}
