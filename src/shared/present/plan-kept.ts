/** How a session stands to the plan it was recorded under, in the sentence of window, report and terminal. */
import { formatBytes, formatSignedPercent } from '../base/format';
import type { Bytes } from '../base/units';
import type { WorkloadInfo } from '../session/types';

/** Null where nothing was planned. */
export function planKept({
  workload: { plan },
  overlay: { measuredPeak },
}: {
  readonly workload: Pick<WorkloadInfo, 'plan'>;
  readonly overlay: { readonly measuredPeak: { readonly bytes: Bytes } | null };
}): string | null {
  if (!plan) return null;
  const planned = `${formatBytes(plan.peakBytes)} were planned (${plan.title})`;
  if (!measuredPeak) return `${planned}; nothing was measured yet.`;
  const percent = (100 * (measuredPeak.bytes - plan.peakBytes)) / Math.max(1, plan.peakBytes);
  return `${planned}; measured is ${formatBytes(measuredPeak.bytes)}, ${formatSignedPercent(percent)}.`;
}
