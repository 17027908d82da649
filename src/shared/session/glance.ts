/**
 * What is known of a session before it is analysed: its lines and their peaks, for a picture to begin with. No marker is
 * read for it, so it says nothing of phases, and nothing that is concluded from them.
 */
import { seriesStats } from '../trace/series';
import { analysePeaks } from './analysis';
import type { RowCounts, SessionDocument } from './session-document';
import type { SessionData } from './types';

/** `use`: the line to show instead of the best one. */
export function glanceAt(data: SessionData, counts: RowCounts, use?: string): SessionDocument {
  const { id, name, status, startedAt, durationUs, exitCode, signal } = data;
  const { workload, environment, model, run, simulated, baselines, series, limits } = data;
  const facts = {
    ...{ id, name, status, startedAt, durationUs, exitCode, signal },
    ...{ workload, environment, model, run, simulated },
  };
  const rows = { markers: [], logs: [], warnings: [] };
  const overlay = analysePeaks(
    { ...facts, ...rows, baselines, series, ...(limits && { limits }) },
    use,
  );
  return {
    ...facts,
    ...rows,
    series: series.map(seriesStats),
    overlay,
    gaps: [],
    phaseKinds: [],
    counts,
    findings: [],
  };
}
