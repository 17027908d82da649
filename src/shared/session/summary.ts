/** What a list shows of a session. Its phases are not gone through for it. */
import type { Overlay } from '../divergence/overlay/types';
import { analysePeaks } from './analysis';
import type { SessionData, SessionHeader, SessionResult, SessionSummary } from './types';

export const summarizeSession = (data: SessionData): SessionSummary =>
  summarize(data, analysePeaks(data));

export const summarizeDocument = (
  doc: SessionHeader & SessionResult & { readonly overlay: Peaks },
): SessionSummary => summarize(doc, doc.overlay);

type Peaks = Pick<Overlay, 'measuredPeak' | 'predictedPeak' | 'residualPercent'>;

export const summarizePeaks = ({ measuredPeak, predictedPeak, residualPercent }: Peaks) => ({
  measuredPeak: measuredPeak?.bytes ?? null,
  predictedPeak: predictedPeak.refined,
  residualPercent,
});

function summarize(
  {
    id,
    name,
    status,
    startedAt,
    durationUs,
    model,
    run,
    simulated,
    workload,
  }: SessionHeader & SessionResult,
  overlay: Peaks,
): SessionSummary {
  return {
    id,
    name,
    status,
    startedAt,
    durationUs,
    model: model?.name ?? null,
    mode: run?.mode ?? null,
    ...summarizePeaks(overlay),
    simulated,
    ...(workload.experiment && { experiment: workload.experiment }),
  };
}
