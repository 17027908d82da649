/**
 * One recording, from the request to the finished session file.
 *
 * Guarantees: a request that cannot be carried out leaves nothing behind (no file, no process). Once started, the
 * workload's whole tree ends with the recording, whichever of the two ends first, and the file is finished with the
 * status that fits: complete (exit code 0), failed (any other end), interrupted (stopped by the person). What is
 * recorded is on disk within a second; should this process be killed, the supervisor ends the workload and the file
 * opens as recovered. A disk that cannot be written, or a file that was removed, is told while it happens and ends no workload
 * and no other recording: what was measured waits in memory, and where it still cannot be written at the end, `done`
 * rejects with the reason and the file is finished as soon as that is possible, while this process lives.
 */

import { existsSync } from 'node:fs';
import { Failure, unlessFailure } from '../../shared/base/failure';
import type { Bytes, Millis } from '../../shared/base/units';
import type { Status } from '../../shared/base/vocabulary';
import { summarizeSession } from '../../shared/session/summary';
import type { SessionHeader, SessionResult, SessionSummary } from '../../shared/session/types';
import type { LogLine, Marker } from '../../shared/trace/types';
import { supervisorEntry, workloadNode } from '../install/paths';
import type { AnchoredClock } from '../install/session-clock';
import { learnedConstants } from '../store/learned-file';
import type { Library } from '../store/library';
import { readSession } from '../store/session-data';
import { createSession, openSession, type SessionWriter } from '../store/session-file';
import { SUMMARY } from '../store/session-meta';
import type { Sampler } from '../telemetry/sampler';
import { every } from '../telemetry/shared-timer';
import type { OpenedSamplers } from '../telemetry/sources';
import { launchWorkload } from '../workloads/launch';
import type { ExitStatus, WatchedWorkload } from '../workloads/types';
import { baselinesOfOthers } from './baselines';
import { ClockWatch } from './clock-watch';
import type { describeMachine } from './environment';
import { LiveHeader } from './live-header';
import { LiveTrace } from './live-trace';
import type { RecordingPlan } from './recording-plan';
import type { WorkloadProcesses } from './workload-processes';

/** A recording that is over: what it was and how it ended. */
export type EndedSession = SessionHeader & SessionResult;

export interface RecordingHooks {
  /** The trace has grown; at most a few times a second. */
  changed(): void;
  /** The workload has ended, and the file is about to be finished: whoever reads it lets go of it. */
  ending?(): Promise<void>;
  /** The recording is over: its file is finished and closed, or `done` says why it could not be. */
  finished(): void;
  /** The file cannot be written, and why; null once it can be again. */
  trouble?(failure: Failure | null): void;
  log?(line: LogLine): void;
  marker?(marker: Marker): void;
}

/**
 * starting: the file is there, samplers and workload are not all up; what fails now takes the file away again.
 * running: the workload runs. stopping: it ended, or is being ended by who stopped the recording; the file is finished.
 */
type State = 'starting' | 'running' | 'stopping' | 'ended';

const NEXT: Readonly<Record<State, readonly State[]>> = {
  starting: ['running', 'ended'],
  running: ['stopping'],
  stopping: ['ended'],
  ended: [],
};

const CHANGED_MS: Millis = 250;
/** How often a file that could not be finished is tried again. */
const RETRY_MS: Millis = 2000;
/** Between two commits for somebody who looks. */
const COMMIT_MS: Millis = 200;
/** Nobody watches who has asked for nothing so long. */
const WATCHED_MS: Millis = 2000;

export interface RecordingParts {
  readonly id: string;
  readonly plan: RecordingPlan;
  readonly library: Library;
  readonly hooks: RecordingHooks;
  readonly workload: WorkloadProcesses;
  readonly telemetry: OpenedSamplers;
  readonly clock: AnchoredClock;
  readonly machine: Awaited<ReturnType<typeof describeMachine>>;
}

export class Recording {
  readonly id: string;
  readonly path: string;
  /** Resolves when the session file is finished. */
  readonly done: Promise<EndedSession>;

  readonly #parts: RecordingParts;
  readonly #baselines: Readonly<Record<string, Bytes>>;
  readonly #header: LiveHeader;
  readonly #file: SessionWriter;
  readonly #trace: LiveTrace;
  readonly #clockWatch: ClockWatch;
  readonly #samplers: Sampler[] = [];
  readonly #completion = Promise.withResolvers<EndedSession>();
  #state: State = 'starting';
  #stopRequested = false;
  #exit: ExitStatus = { exitCode: null, signal: null };
  /** How it ended; null before. */
  #result: SessionResult | null = null;
  #failedMarkers = 0;
  #trouble: Failure | null = null;
  #watchedAt: Millis | null = null;
  #committedAt: Millis = 0;
  #endTicks = () => {};

  /** Use `startRecording` of start-recording.ts. Creates the session file. */
  constructor(parts: RecordingParts) {
    const { id, plan, library, telemetry, clock, machine } = parts;
    const { gpus, sources, simulated, baselines } = telemetry;
    // Only what was learned before: nothing is judged by itself.
    const learned = learnedConstants(library.dir).filter(({ gpu, driver }) =>
      gpus.some((one) => one.name === gpu && one.driver === driver),
    );
    this.#parts = parts;
    this.#baselines = plan.pid === null ? baselines : baselinesOfOthers(baselines);
    this.#header = new LiveHeader(
      plan,
      {
        id,
        startedAt: clock.startedAt.toISOString(),
        simulated,
        environment: { ...machine, gpus, sources, ...(learned.length > 0 && { learned }) },
      },
      (text) => this.#trace.warn(text),
    );
    this.#file = createSession(library.dir, this.#header.current);
    this.#file.setMeta('baselines', this.#baselines);
    this.#trace = new LiveTrace(this.#file);
    this.#clockWatch = new ClockWatch({ wall: Date.now, session: () => clock.now() });
    this.id = id;
    this.path = this.#file.path;
    this.done = this.#completion.promise;
    // Whoever waits for it is told; that nobody does must not end the process, and with it other recordings.
    this.done.catch(() => {});
  }

  /** Called once, by `startRecording`. */
  async start(): Promise<void> {
    let workload: WatchedWorkload;
    try {
      await this.#startSamplers();
      workload = this.#parts.workload.workload ?? (await this.#launch());
      this.#header.launched(workload.pid);
      this.#file.setMeta('workload', this.#header.current.workload);
    } catch (error) {
      await this.#abandon();
      throw error;
    }
    this.#enter('running');
    this.#endTicks = every(CHANGED_MS, () => this.#tick());
    this.#runToEnd(workload).then(this.#completion.resolve, this.#completion.reject);
  }

  /** Ends the workload, or lets go of one that ran already; resolves when the session file is finished. */
  async stop(): Promise<void> {
    if (this.#result === null) this.#stopRequested = true;
    if (this.#state === 'running') this.#enter('stopping');
    await this.#parts.workload.workload?.stop();
    await this.done;
  }

  /** How far it is, without looking at what was recorded. */
  progress(): SessionHeader & SessionResult {
    return {
      ...this.#header.current,
      ...this.#exit,
      status: this.#result?.status ?? ('recording' as const),
      durationUs: this.#result?.durationUs ?? this.#parts.clock.now(),
    };
  }

  /** Whoever looks watches: new samples come sooner, and what came by now is committed, at most a few times a second. */
  prepareLook(): void {
    const now = performance.now();
    this.#setWatched(now);
    if (this.#state !== 'running' || now - this.#committedAt < COMMIT_MS) return;
    this.#committedAt = now;
    // What cannot be written now is told by the next tick, and waits in memory.
    unlessFailure(() => this.#file.flush());
  }

  #enter(next: State): void {
    if (!NEXT[this.#state].includes(next))
      throw new Error(`recording ${this.id} cannot go from ${this.#state} to ${next}`);
    this.#state = next;
  }

  async #startSamplers(): Promise<void> {
    const { telemetry, clock } = this.#parts;
    for (const sampler of telemetry.samplers) {
      this.#samplers.push(sampler);
      await sampler.start(this.#trace, clock);
    }
  }

  async #launch(): Promise<WatchedWorkload> {
    const { plan, workload, clock } = this.#parts;
    return workload.follow(
      await launchWorkload({
        clock,
        onMarker: (marker) => this.#onMarker(marker),
        onLog: (line) => this.#onLog(line),
        onWarning: (text) => this.#trace.warn(text),
        command: plan.command,
        cwd: plan.cwd,
        env: plan.env,
        leaveRunning: plan.leaveRunning,
        supervisorPath: supervisorEntry,
        nodePath: workloadNode(),
      }),
    );
  }

  /** As if it had never been asked for. */
  async #abandon(): Promise<void> {
    const { workload } = this.#parts;
    this.#enter('ended');
    await this.#stopSamplers();
    await workload.workload?.stop();
    this.#file.discard();
  }

  async #runToEnd(workload: WatchedWorkload): Promise<EndedSession> {
    try {
      this.#exit = await workload.exited;
    } finally {
      if (this.#state === 'running') this.#enter('stopping');
      this.#endTicks();
      await workload.stop();
      await this.#stopSamplers();
      await this.#parts.hooks.ending?.();
    }
    try {
      return this.#finish();
    } catch (error) {
      throw this.#unfinished(error);
    } finally {
      this.#enter('ended');
      this.#parts.hooks.finished();
    }
  }

  /** Says why the file could not be finished. Where it is still there it is tried again, since a disk may be freed. */
  #unfinished(error: unknown): unknown {
    if (!(error instanceof Failure)) return error;
    this.#tell(error);
    const isThere = existsSync(this.path);
    if (isThere) {
      const timer = setInterval(() => {
        if (unlessFailure(() => this.#finish()) === null) return;
        clearInterval(timer);
        this.#tell(null);
      }, RETRY_MS);
      // What keeps the process is the recording, not its disk: a terminal ends, and the file opens as recovered.
      timer.unref();
    } else {
      this.#result = { status: 'failed', ...this.#exit, durationUs: this.#parts.clock.now() };
      unlessFailure(() => this.#file.close());
    }
    return new Failure(
      error.code,
      `Session ${this.id} could not be finished. ${error.message}`,
      error.remedy,
      error,
    );
  }

  /** Writes the end of the session and closes its file. May be called again where it threw a Failure. */
  #finish(): EndedSession {
    if (!existsSync(this.path)) throw this.#removed();
    this.#result ??= this.#endTrace();
    this.#file.flush();
    this.#file.setMeta(SUMMARY, this.#summarize(this.#result));
    this.#file.finish(this.#result);
    this.#file.close();
    return this.progress();
  }

  /** What only the end tells of the trace; called once. */
  #endTrace(): SessionResult {
    const { plan, clock } = this.#parts;
    const durationUs = clock.now();
    const { run } = this.#header.current;
    if (plan.takesAnnouncements && run !== null) this.#file.setMeta('run', run);
    this.#trace.finish(durationUs);
    if (this.#failedMarkers > 0)
      this.#trace.warn(`${this.#failedMarkers} markers could not be shown while recording.`);
    return { status: this.#judgeEnd(), ...this.#exit, durationUs };
  }

  #judgeEnd(): Status {
    const { pid, prometheus } = this.#parts.plan;
    // What runs elsewhere is looked at for as long as a person wants.
    if (prometheus !== null) return 'complete';
    if (this.#stopRequested) return 'interrupted';
    // A process that was only watched has no exit code of its own to tell.
    if (pid !== null) return 'complete';
    return this.#exit.exitCode === 0 && this.#exit.signal === null ? 'complete' : 'failed';
  }

  async #stopSamplers(): Promise<void> {
    await Promise.all(this.#samplers.map((sampler) => sampler.stop()));
  }

  #onMarker(announced: Marker): void {
    const { plan, hooks } = this.#parts;
    const marker = plan.redactor.marker(announced);
    this.#trace.marker(marker);
    const changed = this.#header.take(marker);
    for (const document of changed) this.#file.setMeta(document, this.#header.current[document]);
    try {
      hooks.marker?.(marker);
    } catch {
      this.#failedMarkers++;
    }
  }

  #onLog(written: LogLine): void {
    const { plan, hooks } = this.#parts;
    const line = { ...written, text: plan.redactor.text(written.text) };
    this.#trace.log(line);
    hooks.log?.(line);
  }

  #tick(): void {
    const step = this.#clockWatch.check();
    if (step !== null) this.#trace.warn(step);
    if (this.#watchedAt !== null && performance.now() - this.#watchedAt > WATCHED_MS)
      this.#setWatched(null);
    this.#tell(existsSync(this.path) ? this.#file.failure : this.#removed());
    this.#parts.hooks.changed();
  }

  /** Tells a trouble when it begins and when it is over, not while it lasts. */
  #tell(failure: Failure | null): void {
    if (failure?.message === this.#trouble?.message) return;
    this.#trouble = failure;
    if (failure !== null)
      this.#trace.warn(
        `${failure.message} What is measured waits in memory until it can be written.`,
      );
    this.#parts.hooks.trouble?.(failure);
  }

  #removed(): Failure {
    return new Failure(
      'unwritable',
      `The file ${this.path} was removed while it was recorded, and what was in it is lost.`,
      'Record again, and leave the files of the library alone until the recording has ended.',
    );
  }

  #setWatched(at: Millis | null): void {
    if ((this.#watchedAt === null) !== (at === null))
      for (const sampler of this.#samplers) sampler.setWatched?.(at !== null);
    this.#watchedAt = at;
  }

  /** What a list shows, from what is in the file by now. */
  #summarize(result: SessionResult): SessionSummary {
    using reader = openSession(this.path);
    return summarizeSession(readSession(reader, result));
  }
}
