/** Why measured and predicted are not held against each other, where the one is host memory and the other a GPU's. */
import { formatBytes } from '../base/format';
import type { SessionDocument } from '../session/session-document';

/** Null where they are, or where either is not known. */
export function notCompared({
  overlay: { hostBesideGpu, usedNoGpu, measuredPeak, predictedPeak },
  environment: { gpus },
  status,
}: Pick<SessionDocument, 'overlay' | 'environment' | 'status'>): string | null {
  if (!hostBesideGpu || measuredPeak === null) return null;
  let reason = 'which this line is not of';
  if (usedNoGpu) reason = 'and none was used';
  else if (gpus.length === 0) reason = 'and none was read on this machine';
  const peaked = status === 'recording' ? 'has reached' : 'peaked at';
  return `Host memory ${peaked} ${formatBytes(measuredPeak.bytes)}. The ${formatBytes(predictedPeak.refined)} predicted are of a GPU, ${reason}.`;
}
