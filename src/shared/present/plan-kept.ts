/** How a session stands to the plan it was recorded under, in the sentence of window, report and terminal. */
import { formatBytes, formatSignedPercent } from '../base/format';
import type { Bytes } from '../base/units';
import type { Status } from '../base/vocabulary';
import type { WorkloadInfo } from '../session/types';

/** Null where nothing was planned. */
export function planKept({
  workload: { plan },
  overlay: { measuredPeak, hostBesideGpu },
  status,
}: {
  readonly workload: Pick<WorkloadInfo, 'plan'>;
  readonly overlay: {
    readonly measuredPeak: { readonly bytes: Bytes } | null;
    readonly hostBesideGpu?: true;
  };
  readonly status: Status;
}): string | null {
  if (!plan) return null;
  const planned = `${formatBytes(plan.peakBytes)} were planned (${plan.title})`;
  if (!measuredPeak) return `${planned}; nothing was measured yet.`;
  if (hostBesideGpu) return `${planned} for a GPU, of which nothing was measured.`;
  // A run that failed may not have come to its peak: it kept to nothing.
  if (status === 'failed')
    return `${planned}; ${formatBytes(measuredPeak.bytes)} were measured when it failed.`;
  const percent = (100 * (measuredPeak.bytes - plan.peakBytes)) / Math.max(1, plan.peakBytes);
  return `${planned}; measured is ${formatBytes(measuredPeak.bytes)}, ${formatSignedPercent(percent)}.`;
}
