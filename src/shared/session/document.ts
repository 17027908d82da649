/** From a session's data to what people see: the overlay, the findings, the document, the summary. */

import { Failure } from '../base/failure';
import type { Bytes } from '../base/units';
import { computeBudget } from '../budget/budget';
import type { Budget } from '../budget/types';
import { type Diagnosis, diagnose } from '../divergence/findings/diagnose';
import { type Inversion, invert } from '../divergence/inversion/inversion';
import { invertAlone } from '../divergence/inversion/invert-undeclared';
import { buildLedger } from '../divergence/ledger/ledger';
import type { CompletedPhases } from '../divergence/overlay/completed-phases';
import { deriveLines } from '../divergence/overlay/lines';
import { buildOverlay } from '../divergence/overlay/overlay';
import {
  chooseRank,
  nameWithin,
  rankRows,
  restoreNames,
  selectRank,
} from '../divergence/overlay/ranks';
import type { DiagnosisInput, Overlay } from '../divergence/overlay/types';
import { analyseTime } from '../divergence/timing/time';
import type { ModelSpec, RunSpec } from '../model/spec';
import { phaseSpans } from '../trace/phases';
import { seriesStats } from '../trace/series';
import { deviceIn, listMigDevices, migDevice } from '../trace/series-ids';
import type { SessionDocument } from './session-document';
import type { SessionData, SessionSummary } from './types';

/** The prediction for what the session declared, of a sharded run that of its fullest rank, since what is measured is one device; null when it declared nothing that can be predicted. */
export function predictSession(data: SessionData): {
  budget: Budget | null;
  warning: string | null;
} {
  if (data.model === null || data.run === null) return { budget: null, warning: null };
  try {
    const budget = computeBudget(data.model, data.run);
    const { perRank } = budget;
    return {
      budget: perRank
        ? { ...budget, tiers: { textbook: perRank.textbook, refined: perRank.refined } }
        : budget,
      warning: null,
    };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { budget: null, warning: `No budget could be computed: ${error.message}` };
  }
}

/** What is kept of a session being recorded, from one look at it to the next. */
export interface LiveState {
  readonly rows: CompletedPhases;
  diagnose(input: DiagnosisInput): Diagnosis;
}

/** `use`: the line to show instead of the best one. `live`: of a session being recorded. */
export function buildDocument(data: SessionData, use?: string, live?: LiveState): SessionDocument {
  const { budget, warning } = predictSession(data);
  const { spans, warnings } = phaseSpans(data.markers, data.durationUs);
  const whole = { series: data.series, markers: data.markers, spans };
  const rank = chooseRank(whole, use);
  const input = buildInput(data, rank === null ? whole : selectRank(whole, rank, use), budget, {
    use: nameWithin(use),
    completed: live?.rows,
  });
  const { overlay } = input;
  const isDone = data.status !== 'recording';
  const diagnosis = isDone ? diagnose(input) : (live?.diagnose(input) ?? null);
  const explained = addLedger(overlay, buildLedger(input, diagnosis));
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
    overlay: rank === null ? explained : restoreNames(explained, whole, rank, use),
    ...(rank === null ? {} : { ranks: rankRows(whole, budget) }),
    findings: diagnosis?.findings ?? [],
    inversion: isDone && diagnosis ? invert(diagnosis) : null,
    time: analyseTime(overlay, budget, data.series, deviceName(overlay, data)),
    warnings: [
      ...data.warnings,
      ...(isDone ? warnings : []),
      ...(warning ? [warning] : []),
      ...wholeGpuWarning(data, overlay),
    ],
    gaps: data.series.flatMap((series) =>
      series.gaps.map((gap) => ({ series: series.info.id, ...gap })),
    ),
    logs: data.logs,
  };
}

/** The session, or one rank of it, laid over its budget: what a diagnosis goes by. */
function buildInput(
  data: SessionData,
  {
    series,
    markers,
    spans,
  }: Pick<SessionData, 'series' | 'markers'> & Pick<DiagnosisInput, 'spans'>,
  budget: Budget | null,
  {
    use,
    completed,
  }: { readonly use: string | undefined; readonly completed: CompletedPhases | undefined },
): DiagnosisInput {
  const { durationUs, baselines, logs, exitCode, signal } = data;
  const trace = {
    lines: deriveLines(series, baselines),
    markers,
    spans,
    durationUs,
    budget,
    mustMatchExactly: data.workload.kind === 'bundled',
  };
  const overlay = buildOverlay({
    ...trace,
    baselines,
    deviceBytes: deviceCapacities(data),
    confinedTo: confinedTo(data),
    ...(completed && { completed }),
    ...(use !== undefined && { use }),
  });
  return { ...trace, overlay, logs, exitCode, signal };
}

function addLedger(overlay: Overlay, ledger: ReturnType<typeof buildLedger>): Overlay {
  return overlay.series === null || ledger === undefined ? overlay : { ...overlay, ledger };
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

/** What the session's run must have been as a run of `model`, whatever was declared. */
export function invertSession(
  data: SessionData,
  model: ModelSpec,
  given: Partial<RunSpec>,
): Inversion | null {
  const { durationUs, baselines, logs, exitCode, signal } = data;
  const whole = {
    series: data.series,
    markers: data.markers,
    spans: phaseSpans(data.markers, durationUs).spans,
  };
  const rank = chooseRank(whole, undefined);
  const { series, markers, spans } = rank === null ? whole : selectRank(whole, rank, undefined);
  return invertAlone(model, given, {
    lines: deriveLines(series, baselines),
    markers,
    spans,
    durationUs,
    baselines,
    logs,
    exitCode,
    signal,
    mustMatchExactly: data.workload.kind === 'bundled',
    deviceBytes: deviceCapacities(data),
    confinedTo: confinedTo(data),
  });
}

function deviceCapacities({ environment }: SessionData): Record<string, Bytes> {
  const all = environment.gpus.flatMap(({ index, memoryBytes, instances = [] }) => [
    [`gpu${index}`, memoryBytes] as const,
    ...instances.map((each) => [migDevice(index, each.slot), each.memoryBytes] as const),
  ]);
  return Object.fromEntries(
    all.flatMap(([device, bytes]) => (bytes === null ? [] : [[device, bytes]])),
  );
}

const confinedTo = ({ environment }: SessionData): string[] =>
  environment.gpus.flatMap(listMigDevices);

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

export function summarizeDocument(doc: SessionDocument): SessionSummary {
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
    ...(doc.workload.experiment && { experiment: doc.workload.experiment }),
  };
}
