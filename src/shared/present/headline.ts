/** A session in one sentence: what was measured against what was predicted, and how the run ended. */
import {
  formatBytes,
  formatExactBytes,
  formatSignedBytes,
  formatSignedPercent,
} from '../base/format';
import { showsRun } from '../divergence/overlay/shows-run';
import type { SessionDocument } from '../session/session-document';
import { TREE_RSS } from '../trace/series-ids';
import { notCompared } from './not-compared';

/** The session in one sentence with its figures. */
export function headline(doc: SessionDocument): string {
  const { overlay, status } = doc;
  const { measuredPeak, residualBytes, residualPercent, predictedPeak } = overlay;
  if (!measuredPeak && status === 'recording')
    return predictedPeak.refined === null
      ? 'No memory is measured yet.'
      : `No memory is measured yet; ${formatBytes(predictedPeak.refined)} are predicted at the peak.`;
  if (!measuredPeak)
    return predictedPeak.refined === null
      ? 'No memory was measured and none was predicted.'
      : `${tellUnmeasured(doc)}; ${formatBytes(predictedPeak.refined)} were predicted.`;
  const unlike = notCompared(doc);
  if (unlike !== null) return unlike;
  if (!showsRun(overlay))
    return `No run is seen in this trace: memory rose by ${formatBytes(measuredPeak.bytes)} where ${formatBytes(predictedPeak.refined)} were predicted.`;
  if (residualBytes === null)
    return predictedPeak.observed === undefined
      ? `Memory peaked at ${formatBytes(measuredPeak.bytes)}. Nothing was predicted.`
      : `Memory peaked at ${formatBytes(measuredPeak.bytes)}; ${formatBytes(predictedPeak.observed)} were expected from its own first steps: ${formatSignedBytes(measuredPeak.bytes - predictedPeak.observed)}.`;
  const flags = overlay.phases.filter((row) => row.flagged).length;
  const phases =
    flags === 0
      ? ''
      : ` ${flags} of ${overlay.phases.length} phases ${flags === 1 ? 'is' : 'are'} flagged.`;
  // A run that failed may not have come to its peak: it agrees with nothing.
  if (status === 'failed')
    return `Memory had risen to ${formatBytes(measuredPeak.bytes)} of the ${formatBytes(predictedPeak.refined)} predicted when the run failed.${phases}`;
  if (residualBytes === 0)
    return `Measured and predicted peak agree to the byte: ${formatExactBytes(measuredPeak.bytes)}.${phases}`;
  return `Memory peaked at ${formatBytes(measuredPeak.bytes)} where ${formatBytes(predictedPeak.refined)} were predicted: ${formatSignedBytes(residualBytes)} (${formatSignedPercent(residualPercent)}).${phases}`;
}

/** The bundled workload is measured by its tensors alone, of which a run that failed at once made none. */
export const tellUnmeasured = ({
  workload,
  series,
}: Pick<SessionDocument, 'workload' | 'series'>) =>
  workload.kind === 'bundled' && series.some(({ id }) => id === TREE_RSS)
    ? 'It ended before it made a tensor'
    : 'No memory was measured';

/** How the session ended, in words. */
export function describeStatus({ status, exitCode, signal }: SessionDocument): string {
  if (signal !== null) return `${status}, signal ${signal}`;
  return exitCode !== null && exitCode !== 0 ? `${status}, exit code ${exitCode}` : status;
}
