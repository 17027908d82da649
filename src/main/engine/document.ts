/** From a session's data to what people see: the overlay, the findings, the document, the summary. */
import type { SessionDocument, SessionSummary } from '../../shared/contract/session';
import { Failure } from '../../shared/failure';
import type { Budget } from '../../shared/budget/types';
import { budgetOf } from '../../shared/budget/budget';
import { findingsOf } from '../../shared/divergence/findings';
import { buildOverlay } from '../../shared/divergence/overlay';
import { phaseSpans } from '../../shared/trace/phases';
import { seriesStats } from '../../shared/trace/series';
import type { SessionData } from './session-data';

/** The prediction for what the session declared; null when it declared nothing that can be predicted. */
export function predictionOf(data: SessionData): { budget: Budget | null; warning: string | null } {
  if (data.model === null || data.run === null) return { budget: null, warning: null };
  try {
    return { budget: budgetOf(data.model, data.run), warning: null };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { budget: null, warning: `No budget could be computed: ${error.message}` };
  }
}

export function documentOf(data: SessionData, use?: string): SessionDocument {
  const { budget, warning } = predictionOf(data);
  const { spans, warnings } = phaseSpans(data.markers, data.durationUs);
  const overlay = buildOverlay({
    series: data.series,
    markers: data.markers,
    spans,
    durationUs: data.durationUs,
    baselines: data.baselines,
    budget,
    exact: data.workload.kind === 'bundled',
    ...(use === undefined ? {} : { use }),
  });
  const findings = findingsOf({ overlay, budget, spans, markers: data.markers, series: data.series, logs: data.logs, exitCode: data.exitCode, signal: data.signal, durationUs: data.durationUs, exact: data.workload.kind === 'bundled' });
  return {
    id: data.id,
    name: data.name,
    status: data.status,
    startedAt: data.startedAt,
    durationUs: data.durationUs,
    exitCode: data.exitCode,
    signal: data.signal,
    workload: data.workload,
    environment: data.environment,
    model: data.model,
    run: data.run,
    simulated: data.simulated,
    series: data.series.map(seriesStats),
    markers: data.markers,
    overlay,
    findings,
    // While a session is recorded a phase is open by nature; what is wrong with its phases shows when it ends.
    warnings: [...data.warnings, ...(data.status === 'recording' ? [] : warnings), ...(warning ? [warning] : [])],
    gaps: data.series.flatMap((series) => series.gaps.map((gap) => ({ series: series.info.id, ...gap }))),
    logs: data.logs,
  };
}

export function summaryOf(doc: SessionDocument): SessionSummary {
  const { overlay } = doc;
  return {
    id: doc.id,
    name: doc.name,
    status: doc.status,
    startedAt: doc.startedAt,
    durationUs: doc.durationUs,
    model: doc.model?.name ?? null,
    mode: doc.run?.mode ?? null,
    measuredPeak: overlay.measuredPeak?.bytes ?? null,
    predictedPeak: overlay.predictedPeak.refined,
    residualPercent: overlay.residualPercent,
    simulated: doc.simulated,
  };
}
