/**
 * A session analysed: its budget, its overlay with the ledger of every phase, and what findings go by. It is worked out
 * once; the document, pages of phases and the ledger of a moment are answers from it.
 */

import { Failure } from '../base/failure';
import type { Bytes } from '../base/units';
import { computeBudget } from '../budget/budget';
import type { Budget } from '../budget/types';
import { type Diagnosis, diagnose } from '../divergence/findings/diagnose';
import type { Inversion } from '../divergence/inversion/inversion';
import { invertAlone } from '../divergence/inversion/invert-undeclared';
import { buildLedger } from '../divergence/ledger/ledger';
import { AllocatorCounters } from '../divergence/overlay/allocator-counters';
import type { CompletedPhases } from '../divergence/overlay/completed-phases';
import { deriveLines } from '../divergence/overlay/lines';
import { addObserved } from '../divergence/overlay/observed';
import { buildOverlay } from '../divergence/overlay/overlay';
import {
  chooseRank,
  deviceRows,
  nameWithin,
  type RankRow,
  rankRows,
  restoreNames,
  selectRank,
} from '../divergence/overlay/ranks';
import type { DiagnosisInput, MeasuredOverlay, Overlay } from '../divergence/overlay/types';
import type { LearnedBudget } from '../learned/apply';
import { applyLearned } from '../learned/apply';
import type { ModelSpec, RunSpec } from '../model/spec';
import { announcedIn } from '../trace/announcements';
import type { FoundLevel, FoundSpans } from '../trace/found-spans';
import { deviceIn, listMigDevices, migDevice } from '../trace/series-ids';
import type { SessionData } from './types';

export interface Prediction {
  readonly budget: Budget | null;
  readonly warning: string | null;
}

/** The prediction for what the session declared, of a sharded run that of its fullest rank, since what is measured is one device; null when it declared nothing that can be predicted. */
export function predictSession(data: Pick<SessionData, 'model' | 'run'>): Prediction {
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
  /** The prediction, worked out anew where the session announced more of itself. */
  predict(data: SessionData): Prediction;
  diagnose(input: DiagnosisInput): Diagnosis;
}

export interface SessionAnalysis {
  readonly data: SessionData;
  readonly budget: Budget | null;
  /** As the session names its lines, with the ledger of what is made known of it. */
  readonly overlay: Overlay;
  /** Every rank, or GPU of a file that was read, beside the others; null where there is but one. */
  readonly ranks: readonly RankRow[] | null;
  /** The session, or the rank of it that is shown, as it was diagnosed; its lines have the names they have within the rank. */
  readonly input: DiagnosisInput;
  /** By what had been learned of this GPU and framework when the recording began; null where nothing had, or no device's line is shown. */
  readonly learned: LearnedBudget | null;
  /** Null while there is nothing to go by yet. */
  readonly diagnosis: Diagnosis | null;
  /** What did not add up in the markers, and why there is no budget, in plain words. */
  readonly warnings: readonly string[];
}

/** `use`: the line to show instead of the best one. `live`: of a session being recorded. */
export function analyseSession(data: SessionData, use?: string, live?: LiveState): SessionAnalysis {
  const { budget, warning } = live?.predict(data) ?? predictSession(data);
  const announced = announcedIn(data);
  const { spans, warnings } = announced.spansBy(data.durationUs);
  const whole = { series: data.series, markers: announced.markers, spans };
  const rank = chooseRank(whole, use);
  const input = buildInput(data, rank === null ? whole : selectRank(whole, rank, use), budget, {
    use: nameWithin(use),
    completed: live?.rows,
  });
  const isDone = data.status !== 'recording';
  const diagnosis = isDone ? diagnose(input) : (live?.diagnose(input) ?? null);
  const explained = addExplained(input, buildLedger(input, diagnosis), isDone ? diagnosis : null);
  const overlay = rank === null ? explained : restoreNames(explained, whole, rank, use);
  return {
    data,
    budget,
    overlay,
    ranks: rank === null ? rowsByDevice(data, budget) : rankRows(whole, budget),
    input,
    learned: judgeByLearned(overlay, budget, data),
    diagnosis,
    warnings: [...(isDone ? warnings : []), ...(warning ? [warning] : [])],
  };
}

/** Of a file that was read, and of a cluster, each GPU counts; beside a recorded workload some may be another's. */
const rowsByDevice = ({ workload, series, baselines }: SessionData, budget: Budget | null) =>
  workload.kind === 'import' || workload.kind === 'cluster'
    ? deviceRows(series, baselines, budget)
    : null;

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
    peaksAlone = false,
  }: {
    readonly use: string | undefined;
    readonly completed: CompletedPhases | undefined;
    readonly peaksAlone?: boolean;
  },
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
    goesOn: data.status === 'recording',
    peaksAlone,
    ...(data.limits && { limits: data.limits }),
    ...(completed && { completed }),
    ...(use !== undefined && { use }),
  });
  const told = completed ? overlay : addObserved(overlay, markers);
  return { ...trace, overlay: told, logs, exitCode, signal, baselines };
}

function judgeByLearned(
  { series }: Overlay,
  budget: Budget | null,
  { environment: { learned = [], workload, gpus } }: SessionData,
): LearnedBudget | null {
  const device = deviceIn(series ?? '');
  const gpu = gpus.find(({ index }) => device === `gpu${index}`);
  if (budget === null || gpu === undefined) return null;
  const framework = `${budget.run.framework} ${workload.torch}`;
  const own = learned.find((one) => one.gpu === gpu.name && one.framework === framework);
  return own ? applyLearned(budget, own) : null;
}

/** The line shown of a session and its peaks, without its phases. `use`: the line to show instead of the best one. */
export function analysePeaks(data: SessionData, use?: string): Overlay {
  const { budget } = predictSession(data);
  const announced = announcedIn(data);
  const { spans } = announced.spansBy(data.durationUs);
  const whole = { series: data.series, markers: announced.markers, spans };
  const rank = chooseRank(whole, use);
  const shown = rank === null ? whole : selectRank(whole, rank, use);
  const line = { use, completed: undefined, peaksAlone: true };
  return buildInput(data, { ...shown, spans: [] }, budget, line).overlay;
}

function addExplained(
  { overlay, lines, markers }: DiagnosisInput,
  ledger: ReturnType<typeof buildLedger>,
  diagnosis: Diagnosis | null,
): Overlay {
  if (overlay.series === null) return overlay;
  const { period, found } = diagnosis ?? {};
  const { level } = new AllocatorCounters(lines, markers);
  return {
    ...overlay,
    ...(level && { allocator: { allocated: level.allocated, reserved: level.reserved } }),
    ...(ledger && { ledger }),
    ...(period && { period }),
    ...(found && { found: takeOff(found, overlay) }),
  };
}

/** Less what was in use before launch, as all that is measured; a level at which nothing was held is none. */
function takeOff(
  { levels, periods }: FoundSpans,
  { baselineBytes: baseline, measuredPeak }: MeasuredOverlay,
): FoundSpans {
  const less = <T extends FoundSpans['levels'][number]>(one: T): T => ({
    ...one,
    rest: one.rest - baseline,
    peak: one.peak - baseline,
  });
  const isHeld = ({ peak }: FoundLevel) => peak > 0.01 * measuredPeak.bytes;
  return { levels: levels.map(less).filter(isHeld), periods: periods.map(less) };
}

/**
 * What the session's run must have been as a run of the model asked about, else of the session's own, whatever was
 * declared. Which framework ran a bundled workload is no declaration, so it is not asked for.
 */
export function invertSession(
  data: SessionData,
  asked: ModelSpec | undefined,
  given: Partial<RunSpec>,
): Inversion | null {
  const model = asked ?? data.model;
  if (model === null)
    throw new Failure(
      'bad_input',
      'A trace is inverted for a model, and the session names none.',
      'Add --model, with a name or the path of a Hugging Face config.json.',
    );
  const { durationUs, baselines, logs, exitCode, signal } = data;
  const announced = announcedIn(data);
  const whole = {
    series: data.series,
    markers: announced.markers,
    spans: announced.spansBy(durationUs).spans,
  };
  const rank = chooseRank(whole, undefined);
  const { series, markers, spans } = rank === null ? whole : selectRank(whole, rank, undefined);
  const isBundled = data.workload.kind === 'bundled';
  return invertAlone(model, isBundled ? { framework: 'tfjs', ...given } : given, {
    lines: deriveLines(series, baselines),
    markers,
    spans,
    durationUs,
    baselines,
    logs,
    exitCode,
    signal,
    mustMatchExactly: isBundled,
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
