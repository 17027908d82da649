/**
 * An experiment that the bundled workload can run: what to record, and what the recordings say. Pure: the engine
 * records, the library keeps, and the outcome can be read from the sessions at any later time.
 *
 * A session says itself which recording of which experiment it is. What was run is read from the session as well, never
 * from its name.
 */

import { formatInteger } from '../../../base/format';
import type { Micros } from '../../../base/units';
import type { Phase } from '../../../base/vocabulary';
import { gpuByName, gpusNamed } from '../../../hardware/gpu-names';
import type { Gpu } from '../../../hardware/gpus';
import type { ModelSpec, RunSpec } from '../../../model/spec';
import type { SessionDocument } from '../../../session/session-document';
import type { ExperimentPart, SessionSummary } from '../../../session/types';

export interface ExperimentRecording {
  /** What tells it from the experiment's other recordings. */
  readonly role: string;
  readonly model: ModelSpec;
  readonly run: RunSpec;
  /** Keeps what it trains for the recordings after it, or takes what was kept; left out, weights are random. */
  readonly weights?: 'kept' | 'taken';
}

export interface MeasuredFigure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** What theory gives for the same run, each by what. */
  readonly predicted: readonly { readonly value: number; readonly by: string }[];
  /** Claims of the chapter that this is a measurement of. */
  readonly claims: readonly string[];
  /** Made of times: on a crowded processor it measures no claim. */
  readonly timed?: true;
}

export interface Measurement {
  readonly experiment: string;
  /** What is run, small and in full, in words. */
  readonly scope: { readonly small: string; readonly full: string };
  recordings(full: boolean): readonly ExperimentRecording[];
  /** Figures of complete sessions, one for each recording and in their order. */
  figures(docs: readonly SessionDocument[]): readonly MeasuredFigure[];
}

/** The name an experiment's session is given; a person may change it. */
export function nameSession({ id, full, role }: ExperimentPart): string {
  return `experiment ${id}${full ? ', full' : ''}: ${role}`;
}

/** Which recording of which experiment a session is; null where it is of none. */
export function recordedExperiment({
  name,
  experiment,
}: Pick<SessionSummary, 'name' | 'experiment'>): ExperimentPart | null {
  return experiment ?? experimentInName(name);
}

/**
 * For sessions of earlier versions alone, which stored no experiment: they are known by the name that they were given,
 * as long as nobody has changed it. Nothing else reads it.
 */
function experimentInName(name: string): ExperimentPart | null {
  const [, id, full, role] = /^experiment ([a-z0-9.-]+)(, full)?: (.+)$/.exec(name) ?? [];
  return id === undefined || role === undefined ? null : { id, full: full !== undefined, role };
}

/** Whether sessions can stand beside each other: same machine, same backend, same versions. */
export function comparable(docs: readonly SessionDocument[]): boolean {
  const [first] = docs;
  const words = ({ environment: { cpu, os, gpus, workload } }: SessionDocument) =>
    JSON.stringify([cpu, os, gpus.map(({ uuid }) => uuid), workload]);
  return (
    first !== undefined &&
    docs.every(
      (doc) =>
        doc.status === 'complete' &&
        !doc.simulated &&
        doc.model !== null &&
        doc.run !== null &&
        words(doc) === words(first),
    )
  );
}

/** On what, for a reader: what all of the sessions share. */
export function describeConditions(docs: readonly SessionDocument[]): string {
  const [
    {
      environment: { cpu, cores, gpus, workload },
    },
  ] = docs as [SessionDocument];
  const shared = (words: (run: RunSpec) => string) => {
    const [first = '', ...others] = docs.map((doc) => (doc.run ? words(doc.run) : ''));
    return first !== '' && others.every((words) => words === first) ? [first] : [];
  };
  const device = workload.backend === 'webgpu' && gpus[0] ? gpus[0].name : `${cpu}, ${cores} cores`;
  return [
    ...new Set(docs.map(({ model }) => model?.name ?? '')),
    ...shared(({ mode, promptTokens, tokens }) =>
      mode === 'generate' ? `prompt of ${promptTokens}, ${formatInteger(tokens)} tokens` : '',
    ),
    ...shared(({ mode, seq }) => (mode === 'generate' ? '' : `${formatInteger(seq)} tokens`)),
    ...shared(({ precision }) => precision),
    `${workload.backend ?? 'unknown backend'} on ${device}`,
  ].join(', ');
}

/** Below this share of a core, in thousandths of a percent, a workload that computes on the processor was kept waiting. */
const MIN_CORE_SHARE = 70_000;

/** The processor did the arithmetic and was shared with other programs, so that times are too long. */
export function isCrowded(doc: SessionDocument): boolean {
  const share = doc.series.find(({ id }) => id === 'tree.cpu')?.mean ?? null;
  return doc.environment.workload.backend !== 'webgpu' && share !== null && share < MIN_CORE_SHARE;
}

/** The GPU of the catalogue to predict times for: the session's own, or the chapter's A100. */
export function predictedFor({ environment: { gpus, workload } }: SessionDocument): Gpu {
  const named = workload.backend === 'webgpu' && gpus[0] ? gpusNamed(gpus[0].name) : [];
  const [gpu] = named;
  return gpu && named.length === 1 ? gpu : gpuByName('A100 40GB');
}

/** Time of all spans of a phase. */
export function timeIn(doc: SessionDocument, phases: readonly Phase[]): Micros {
  return doc.overlay.phases
    .filter(({ phase }) => phases.includes(phase))
    .reduce((sum, { span: [t0, t1] }) => sum + t1 - t0, 0);
}

/** Shortest step after the first, which alone compiles and warms up. */
export function shortestStep(doc: SessionDocument): Micros {
  const steps = new Map<number, { begin: Micros; end: Micros }>();
  for (const marker of doc.markers) {
    if (marker.type !== 'step' || marker.step === null) continue;
    const known = steps.get(marker.step) ?? { begin: 0, end: 0 };
    steps.set(marker.step, { ...known, [marker.event]: marker.t });
  }
  return Math.min(
    ...[...steps].filter(([step]) => step > 1).map(([, { begin, end }]) => end - begin),
  );
}

/** What a recording announced under this name; NaN where it announced no such number. */
export function announcedNumber(doc: SessionDocument, name: string): number {
  const found = doc.markers.flatMap((marker) =>
    marker.type === 'run' && typeof marker.fields[name] === 'number' ? [marker.fields[name]] : [],
  );
  return found.at(-1) ?? NaN;
}

/** Most bytes of activations at any peak of a phase, exactly as the framework counts them. */
export function activationBytes(doc: SessionDocument): number {
  return Math.max(
    0,
    ...doc.overlay.phases.map(({ measuredComponents }) => measuredComponents?.activations ?? 0),
  );
}

/** The same as the refined tier predicts it. */
export function predictedActivationBytes(doc: SessionDocument): number {
  return Math.max(
    0,
    ...doc.overlay.phases.map(({ predictedComponents }) => predictedComponents?.activations ?? 0),
  );
}
