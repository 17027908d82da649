/**
 * One recording, from the request to the finished session file.
 *
 * Guarantees: a request that cannot be carried out leaves nothing behind (no file, no process). Once started, the
 * workload's whole tree ends with the recording, whichever of the two ends first, and the file is finished with the
 * status that fits: complete (exit code 0), failed (any other end), interrupted (stopped by the person).
 */

import { Failure } from '../../shared/base/failure';
import { withoutSecrets } from '../../shared/base/secrets';
import type { Bytes, Micros, Millis } from '../../shared/base/units';
import type { Status } from '../../shared/base/vocabulary';
import type { RecordRequest } from '../../shared/contract/api';
import type { ModelSpec, RunSpec } from '../../shared/model/spec';
import { buildDocument, summarizeDocument } from '../../shared/session/document';
import type {
  Environment,
  SessionData,
  SessionHeader,
  WorkloadInfo,
} from '../../shared/session/types';
import type { LogLine, Marker, SeriesData } from '../../shared/trace/types';
import {
  appRoot,
  inventoryEntry,
  supervisorEntry,
  workloadEntry,
  workloadNode,
} from '../install/paths';
import { createSessionClock } from '../install/session-clock';
import type { Library } from '../store/library';
import { readStoredSeries } from '../store/session-data';
import { createSession } from '../store/session-file';
import type { ProcessScope, Sampler } from '../telemetry/sampler';
import { every } from '../telemetry/shared-timer';
import { openSamplers } from '../telemetry/sources';
import { attachProcess } from '../workloads/attach';
import { checkSaving } from '../workloads/checkpoint';
import { environmentFor, Redactor } from '../workloads/environment';
import { instrumentEnvironment } from '../workloads/instrument';
import { type LaunchedWorkload, launchWorkload } from '../workloads/launch';
import { announcedModel, announcedRun } from './announced';
import { askWorkload } from './ask-workload';
import { describeMachine } from './environment';
import { LiveTrace } from './live-trace';

export interface RecordingHooks {
  /** The trace has grown; at most a few times a second. */
  changed(): void;
  /** The session file is finished and closed. */
  finished(): void;
  log?(line: LogLine): void;
  marker?(marker: Marker): void;
}

export interface Recording {
  readonly id: string;
  readonly path: string;
  /** Resolves when the session file is finished. */
  readonly done: Promise<SessionData>;
  /** How far it is, without looking at what was recorded. */
  progress(): Pick<SessionData, 'name' | 'environment' | 'status' | 'durationUs'>;
  /** The session so far; of older samples as much as a picture of the whole needs. */
  snapshot(): SessionData;
  /** The same with every sample of a stretch, where it is short enough. Whoever asks watches: new samples come sooner. */
  window(t0: Micros, t1: Micros): SessionData;
  stop(): Promise<void>;
}

const CHANGED_MS: Millis = 250;
/** Nobody watches who has asked for nothing so long. */
const WATCHED_MS: Millis = 2000;

export async function startRecording(
  request: RecordRequest,
  library: Library,
  hooks: RecordingHooks,
): Promise<Recording> {
  const plan = planRecording(request);
  const { model: declared, run: asked, weights } = request;
  if (declared && asked && weights !== undefined)
    await askWorkload({ model: declared, run: asked, weights, check: true });
  const discretion = new Redactor({ ...process.env, ...plan.env });
  // A process that runs already is found first: what it holds on the device must not count as other processes' memory.
  let launched: LaunchedWorkload | null = plan.pid === null ? null : await attachProcess(plan.pid);
  const scope: ProcessScope = {
    pids: () => launched?.pids() ?? [],
    ranks: () => launched?.ranks() ?? new Map(),
  };
  const sources = await openSamplers({
    scope,
    intervalMs: request.intervalMs ?? 100,
    ownPids: () => [process.pid],
    nodePath: workloadNode(),
    inventoryHelper: inventoryEntry,
    env: { ...process.env, CUDA_VISIBLE_DEVICES: plan.env.CUDA_VISIBLE_DEVICES },
  });
  const baselines = plan.pid === null ? sources.baselines : baselinesWithout(sources.baselines);
  const clock = createSessionClock();
  const id = library.newId();
  let environment: Environment = {
    ...(await describeMachine()),
    gpus: sources.gpus,
    sources: sources.sources,
    workload: {},
  };
  let workload: WorkloadInfo = {
    ...plan.workload,
    title: discretion.text(plan.workload.title),
    command: discretion.command(plan.workload.command),
    ...(request.experiment && { experiment: request.experiment }),
  };
  const undeclared = plan.workload.kind === 'command' && !request.model;
  let model: ModelSpec | null = request.model ?? null;
  let run: RunSpec | null = request.run ?? null;
  let announced: {
    readonly rank: number;
    readonly fields: Readonly<Record<string, unknown>>;
  } | null = null;
  const header = (): SessionHeader => ({
    id,
    name: discretion.text(request.name ?? plan.name),
    startedAt: clock.startedAt.toISOString(),
    workload,
    environment,
    model,
    run,
    simulated: sources.simulated,
  });

  const file = createSession(library.dir, header());
  file.setMeta('baselines', baselines);
  const trace = new LiveTrace(file);
  const started: Sampler[] = [];
  let failedMarkers = 0;
  /** What is announced takes the place of a declaration that was not made; the first rank to say it speaks for all. */
  const fillIn = (marker: Marker) => {
    if (marker.type === 'model' && model === null) {
      const found = announcedModel(marker.fields);
      if (typeof found === 'string') trace.warn(found);
      else if (found !== null) {
        model = found;
        file.setMeta('model', model);
      }
    }
    if (marker.type === 'run' && (announced === null || announced.rank === marker.rank))
      announced = marker;
    if (
      marker.type === 'token' &&
      run?.mode === 'generate' &&
      marker.rank === announced?.rank &&
      marker.index > run.tokens
    )
      announced = { ...announced, fields: { ...announced.fields, tokens: marker.index } };
    else if (marker.type !== 'model' && marker.type !== 'run') return;
    if (model !== null && announced !== null) run = announcedRun(model, announced.fields) ?? run;
  };
  const onMarker = (said: Marker) => {
    const marker = redactMarker(said, discretion);
    trace.marker(marker);
    if (undeclared) fillIn(marker);
    if (marker.type === 'run') {
      const words = announcedEnvironment(marker.fields, request.run ?? null);
      environment = { ...environment, workload: { ...environment.workload, ...words } };
      const backend = words.backend;
      if (
        plan.workload.kind === 'bundled' &&
        run &&
        (backend === 'webgpu' || backend === 'wasm' || backend === 'cpu')
      ) {
        run = { ...run, backend };
        workload = { ...workload, title: `bundled ${request.model?.name} (${backend})` };
      }
      file.setMeta('environment', environment);
      file.setMeta('workload', workload);
      file.setMeta('run', run);
    }
    try {
      hooks.marker?.(marker);
    } catch {
      failedMarkers++;
    }
  };

  const abandon = async () => {
    await Promise.all(started.map((sampler) => sampler.stop()));
    file.close();
    library.delete(id);
  };
  try {
    for (const sampler of sources.samplers) {
      started.push(sampler);
      await sampler.start(trace, clock);
    }
    const common = {
      clock,
      onMarker,
      onLog: (said: LogLine) => {
        const line = { ...said, text: discretion.text(said.text) };
        trace.log(line);
        hooks.log?.(line);
      },
      onWarning: (text: string) => trace.warn(text),
    };
    launched ??= await launchWorkload({
      ...common,
      command: plan.command,
      cwd: plan.cwd,
      env: plan.env,
      supervisorPath: supervisorEntry,
      nodePath: workloadNode(),
    });
    workload = { ...workload, pid: launched.pid };
    file.setMeta('workload', workload);
  } catch (error) {
    await abandon();
    throw error;
  }

  let status: Status = 'recording';
  let durationUs: Micros = 0;
  let exit: { exitCode: number | null; signal: string | null } = { exitCode: null, signal: null };
  let stopRequested = false;

  const progress = () => ({
    ...header(),
    status,
    durationUs: status === 'recording' ? clock.now() : durationUs,
  });
  const describe = (series: readonly SeriesData[]): SessionData => ({
    ...progress(),
    ...exit,
    baselines,
    series,
    markers: trace.markers,
    logs: trace.logs,
    warnings: trace.warnings,
  });

  const snapshot = () => describe(trace.series());

  let watchedAt: Millis | null = null;
  const watched = (at: Millis | null) => {
    if ((watchedAt === null) !== (at === null))
      for (const sampler of started) sampler.watched?.(at !== null);
    watchedAt = at;
  };
  const endBeat = every(CHANGED_MS, () => {
    if (watchedAt !== null && performance.now() - watchedAt > WATCHED_MS) watched(null);
    hooks.changed();
  });

  const live = launched;
  const done = (async () => {
    try {
      exit = await live.exited;
    } finally {
      endBeat();
      await live.stop();
      await Promise.all(started.map((sampler) => sampler.stop()));
    }
    durationUs = clock.now();
    if (undeclared && run !== null) file.setMeta('run', run);
    trace.finish(durationUs);
    if (failedMarkers > 0)
      trace.warn(`${failedMarkers} markers could not be shown while recording.`);
    // A process that was only watched has no exit code of its own to tell.
    const clean = plan.pid !== null || (exit.exitCode === 0 && exit.signal === null);
    status = stopRequested ? 'interrupted' : clean ? 'complete' : 'failed';
    file.flush();
    const data = describe(readStoredSeries(file.path));
    file.setMeta('summary', summarizeDocument(buildDocument(data)));
    file.finish({ status, ...exit, durationUs });
    file.close();
    hooks.finished();
    return data;
  })();

  return {
    id,
    path: file.path,
    done,
    progress,
    snapshot,
    window(t0, t1) {
      watched(performance.now());
      return describe(trace.window(t0, t1));
    },
    async stop() {
      stopRequested ||= status === 'recording';
      await live.stop();
      await done;
    },
  };
}

interface Plan {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly pid: number | null;
  readonly name: string;
  readonly workload: WorkloadInfo;
}

function planRecording(request: RecordRequest): Plan {
  const cwd = request.cwd ?? process.cwd();
  if (request.bundled) {
    if (!request.model || !request.run)
      throw new Failure(
        'bad_input',
        'The bundled workload needs a model and a run.',
        'Give --model and --mode.',
      );
    const { model, run, weights, saveWeights } = request;
    if (saveWeights !== undefined) checkSaving(run, saveWeights);
    const command = [
      workloadNode(),
      workloadEntry,
      JSON.stringify({
        model,
        run,
        ...(weights !== undefined && { weights }),
        ...(saveWeights !== undefined && { saveWeights }),
      }),
    ];
    return {
      command,
      cwd: appRoot.endsWith('.asar') ? process.cwd() : appRoot,
      env: process.env,
      pid: null,
      name: `${request.model.name} ${request.run.mode}`,
      workload: {
        kind: 'bundled',
        title: `bundled ${request.model.name}`,
        command,
        cwd,
        pid: null,
      },
    };
  }
  if (request.pid !== undefined) {
    return {
      command: [],
      cwd,
      env: process.env,
      pid: request.pid,
      name: `pid ${request.pid}`,
      workload: {
        kind: 'pid',
        title: `process ${request.pid}`,
        command: [],
        cwd: null,
        pid: request.pid,
      },
    };
  }
  const command = request.command ?? [];
  if (command.length === 0)
    throw new Failure(
      'bad_input',
      'There is nothing to record.',
      'Give --bundled gpt2, --pid PID, or a command after --.',
    );
  const chosen = environmentFor(request.environment, process.env);
  const env = request.instrument ? instrumentEnvironment(request.instrument, chosen) : chosen;
  const shown = withoutSecrets(command);
  const name = shown
    .map((word) => word.split(/[\\/]/).at(-1) ?? word)
    .join(' ')
    .slice(0, 60);
  return {
    command,
    cwd,
    env,
    pid: null,
    name,
    workload: { kind: 'command', title: shown.join(' '), command: shown, cwd, pid: null },
  };
}

/** What a workload announces in words of its own, without the secrets among them. */
function redactMarker(marker: Marker, discretion: Redactor): Marker {
  if (marker.type === 'note') return { ...marker, text: discretion.text(marker.text) };
  return marker.type === 'run' || marker.type === 'model'
    ? { ...marker, fields: discretion.fields(marker.fields) }
    : marker;
}

/** For a process that ran before the recording did, only what others hold on the device was there "before". */
function baselinesWithout(baselines: Readonly<Record<string, Bytes>>): Record<string, Bytes> {
  const others = Object.entries(baselines).filter(([id]) => id.endsWith('.other.memory'));
  return Object.fromEntries(
    others.flatMap(([id, bytes]) => [
      [id, bytes],
      [id.replace('.other.memory', '.memory.used'), bytes],
    ]),
  );
}

/** What a workload says of its surroundings (backend, adapter, framework version), without what the run already says. */
function announcedEnvironment(
  fields: Readonly<Record<string, unknown>>,
  run: RunSpec | null,
): Record<string, string> {
  const isSurrounding = (name: string) => name === 'backend' || run === null || !(name in run);
  return Object.fromEntries(
    Object.entries(fields).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string' && isSurrounding(entry[0]),
    ),
  );
}
