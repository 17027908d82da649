/** From an analysed session to what people see. */

import { invert } from '../divergence/inversion/inversion';
import type { Overlay } from '../divergence/overlay/types';
import { analyseTime } from '../divergence/timing/time';
import type { LearnedBudget } from '../learned/apply';
import { announcedIn } from '../trace/announcements';
import { seriesStats } from '../trace/series';
import { deviceIn } from '../trace/series-ids';
import type { Marker } from '../trace/types';
import { analyseSession, type LiveState, type SessionAnalysis } from './analysis';
import { addSummaries, shortenDocument } from './brief';
import { listHeld } from './held-objects';
import type { BriefDocument, SessionDocument } from './session-document';
import type { SessionData } from './types';

/** `use`: the line to show instead of the best one. `live`: of a session being recorded. */
export function buildDocument(data: SessionData, use?: string, live?: LiveState): SessionDocument {
  return describeAnalysis(analyseSession(data, use, live));
}

export const describeAnalysis = (analysis: SessionAnalysis): SessionDocument =>
  describe(analysis, analysis.data.markers);

/** The brief form of it, for which no marker is read again. */
export function describeBriefly(analysis: SessionAnalysis): BriefDocument {
  const { counts, ...document } = shortenDocument(describe(analysis, []));
  return { ...document, counts: { ...counts, markers: announcedIn(analysis.data).count } };
}

function describe(analysis: SessionAnalysis, markers: readonly Marker[]): SessionDocument {
  const { data, overlay, ranks, diagnosis, input, budget, learned } = analysis;
  return addSummaries({
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
    markers,
    overlay,
    ...(learned && { learned: { ...learned, residualBytes: beyond(learned, overlay) } }),
    ...listHeld(announcedIn(data).markers, input.spans),
    ...(ranks === null ? {} : { ranks }),
    findings: diagnosis?.findings ?? [],
    inversion: data.status !== 'recording' && diagnosis ? invert(diagnosis) : null,
    time: analyseTime(input.overlay, budget, data.series, deviceName(input.overlay, data)),
    ...(data.allocations && { allocations: data.allocations }),
    ...(data.marks && { marks: data.marks }),
    warnings: [
      ...data.warnings,
      ...analysis.warnings,
      ...wholeGpuWarning(data, input.overlay),
      ...damageWarning(data.series),
    ],
    gaps: data.series.flatMap((series) =>
      series.gaps.map((gap) => ({ series: series.info.id, ...gap })),
    ),
    logs: data.logs,
  });
}

const beyond = ({ peak }: LearnedBudget, { measuredPeak, residualBytes }: Overlay) =>
  measuredPeak && residualBytes !== null ? measuredPeak.bytes - peak : null;

/** What is drawn as a gap was measured, and is no longer to be had. */
function damageWarning(series: SessionData['series']): string[] {
  const damaged = series.filter(({ gaps }) => gaps.some(({ reason }) => reason === 'damaged'));
  const names = damaged.map(({ info }) => info.id);
  return names.length === 0
    ? []
    : [
        `The file is damaged: some samples of ${names.join(', ')} do not match their checksum and are shown as gaps; the rest is shown.`,
      ];
}

/** The GPU that the workload's memory is on: that of the line shown, else of the best GPU line there is. A part of one computes less than its name says. */
function deviceName(
  { series, alternatives }: Overlay,
  { environment }: SessionData,
): string | null {
  const line = [series, ...alternatives].find((id) => id?.startsWith('gpu'));
  const index = Number(/^gpu(\d+)/.exec(line ?? '')?.[1]);
  const gpu = environment.gpus.find((each) => each.index === index);
  return gpu === undefined || gpu.instances !== undefined ? null : gpu.name;
}

/** A line of the whole GPU, where the workload had a part of it, holds what runs on the other parts. */
function wholeGpuWarning({ environment }: SessionData, { series }: Overlay): string[] {
  const gpu = environment.gpus.find(({ index }) => deviceIn(series ?? '') === `gpu${index}`);
  const { instances = [] } = gpu ?? {};
  if (!gpu || instances.length === 0) return [];
  const which = instances.map(({ slot }) => slot).join(' and ');
  return [
    `The workload was confined to MIG device ${which} of GPU ${gpu.index}; the line shown, ${series}, is of the whole GPU, other MIG devices included.`,
  ];
}
