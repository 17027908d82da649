/**
 * Launches a workload under a supervisor and reports what it says: its output line by line, its markers, its end.
 *
 * Guarantees: a command that cannot run fails before anything is created; whatever ends Plumbline, the workload's
 * tree ends with it (supervisor.ts); when `exited` resolves, no process of the tree, no socket and no temporary
 * folder is left, and no callback follows.
 */
import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../shared/base/failure';
import type { Millis } from '../../shared/base/units';
import type { LogLine } from '../../shared/trace/types';
import { readProcStat } from '../install/proc-stat';
import { findExecutable } from './command';
import { LineSplitter } from './line-splitter';
import { LogLimit } from './log-limit';
import { MarkerChannel } from './marker-channel';
import { type OutputPipes, openOutputPipes } from './output-pipes';
import type { FromSupervisor } from './supervisor';
import { type SupervisorOptions, SupervisorProcess } from './supervisor-process';
import { ProcessTree } from './tree';
import type { ExitStatus, LaunchedWorkload, WorkloadListener } from './types';

export type { LaunchedWorkload } from './types';

export interface LaunchOptions extends WorkloadListener, SupervisorOptions {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

const GRACE_MS: Millis = 2000;
/** How long output and markers that are still on their way are waited for once the tree is gone. */
const DRAIN_MS: Millis = 1000;
/** The supervisor gives up on a process this long after the grace; past that the supervisor itself hangs. */
const SUPERVISOR_LIMIT_MS: Millis = 20_000;

/**
 * Throws `bad_input` when the command or folder does not exist or cannot be run, `unwritable` when the marker
 * socket cannot be made, `unavailable` when the supervisor cannot run.
 */
export async function launchWorkload(options: LaunchOptions): Promise<LaunchedWorkload> {
  findExecutable(options.command, options.cwd, options.env);
  const session = randomBytes(16).toString('hex');
  let tree: ProcessTree | null = null;
  const channel = await MarkerChannel.open({
    ...options,
    onProcess: (pid, rank) => tree?.announce(pid, rank),
  });

  let onStarted: (message: FromSupervisor | null) => void = () => {};
  const answer = new Promise<FromSupervisor | null>((resolve) => {
    onStarted = resolve;
  });
  let exit: ExitStatus | null = null;
  let left: readonly number[] | null = null;
  let supervisor: SupervisorProcess;
  let pipes: OutputPipes | null = null;
  try {
    pipes = await openOutputPipes(channel.folder);
    supervisor = new SupervisorProcess(options, (message) => {
      if (message.type === 'started' || message.type === 'failed') onStarted(message);
      else if (message.type === 'exited')
        exit = { exitCode: message.exitCode, signal: message.signal };
      else left = message.left;
    });
  } catch (error) {
    pipes?.abandon();
    await channel.close();
    throw error;
  }
  // What the supervisor itself has to say is said in messages; without named pipes the workload writes there too.
  const log = new LogLimit(options.onLog);
  const captured = (stream: Readable, name: LogLine['stream']) =>
    capture(stream, name, options, log);
  const outputs = [captured(supervisor.stdout, 'stdout'), captured(supervisor.stderr, 'stderr')];
  supervisor.send({
    type: 'run',
    session,
    command: options.command,
    cwd: options.cwd,
    env: childEnvironment(options.env, channel.socketPath, session),
    outputs: pipes?.paths ?? null,
    temporary: channel.folder,
  });
  const started = await Promise.race([answer, supervisor.gone.then(() => null)]);
  if (started?.type !== 'started') {
    await supervisor.gone;
    pipes?.abandon();
    await channel.close();
    throw startFailure(started?.type === 'failed' ? started.code : null, options.command);
  }

  if (pipes) {
    const [stdout, stderr] = pipes.read();
    outputs.push(captured(stdout, 'stdout'), captured(stderr, 'stderr'));
  }
  const { pid } = started;
  const start = readProcStat(pid)?.start ?? null;
  const members = new ProcessTree(pid, session);
  tree = members;
  let ended = false;

  const exited = (async (): Promise<ExitStatus> => {
    await supervisor.gone;
    if (left === null) {
      options.onWarning(
        'The process that watches over the workload ended before it; the workload was ended too.',
      );
      left = await sweep(options, session, pid, start);
    }
    if (left.length > 0)
      options.onWarning(`Processes of the workload could not be ended: ${left.join(', ')}.`);
    await Promise.all([
      ...outputs.map((output) => output.drain(DRAIN_MS)),
      channel.drain(DRAIN_MS),
    ]);
    await channel.close();
    const leftOut = log.describeDropped();
    if (leftOut !== null) options.onWarning(leftOut);
    ended = true;
    return exit ?? { exitCode: null, signal: null };
  })();

  return {
    pid,
    socketPath: channel.socketPath,
    pids: () => (ended ? [] : members.pids()),
    ranks: () => (ended ? new Map() : members.ranks()),
    exited,
    async stop(graceMs = GRACE_MS) {
      supervisor.send({ type: 'stop', graceMs });
      const limit = setTimeout(() => supervisor.kill(), graceMs + SUPERVISOR_LIMIT_MS);
      await exited;
      clearTimeout(limit);
    },
  };
}

/** What the workload finds beside its own variables: where markers go, and the sessions around it, the innermost last. */
function childEnvironment(
  env: NodeJS.ProcessEnv,
  socketPath: string,
  session: string,
): Record<string, string> {
  const outer = env.PLUMBLINE_SESSION;
  const all = {
    ...env,
    PLUMBLINE_SOCKET: socketPath,
    PLUMBLINE_SESSION: outer ? `${outer}:${session}` : session,
  };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** `code`: why the system refused the command; null where the supervisor never answered. */
function startFailure(code: string | null, [command]: readonly string[]): Failure {
  return code === null
    ? new Failure(
        'unavailable',
        'The process that watches over workloads could not run.',
        'Check that Node can start processes here, or set PLUMBLINE_NODE to a Node of version 22 or later.',
      )
    : new Failure(
        'bad_input',
        `The command "${command}" could not be started (${code}).`,
        'Check that it runs in a terminal; a script needs a valid interpreter line.',
      );
}

/** Has a fresh supervisor end the tree of one that died. Returns what could not be ended. */
async function sweep(
  options: SupervisorOptions,
  session: string,
  pid: number,
  start: number | null,
): Promise<readonly number[]> {
  let left: readonly number[] = [];
  const sweeper = new SupervisorProcess(options, (message) => {
    if (message.type === 'done') left = message.left;
  });
  sweeper.stdout.resume();
  sweeper.stderr.resume();
  sweeper.send({ type: 'sweep', session, pid, start: start === null ? null : String(start) });
  await sweeper.gone;
  return left;
}

function capture(
  stream: Readable,
  name: LogLine['stream'],
  { clock }: WorkloadListener,
  log: LogLimit,
) {
  const lines = new LineSplitter(
    () => clock.now(),
    (text, t) => log.take({ t, stream: name, text }),
  );
  const closed = new Promise<void>((resolve) => stream.once('close', () => resolve()));
  stream.on('data', (chunk: Buffer) => lines.push(chunk));
  stream.on('error', () => {});
  return {
    /** Resolves when the stream has ended, at the latest after `limitMs`; then the last line is told. */
    async drain(limitMs: Millis): Promise<void> {
      const timer = new AbortController();
      await Promise.race([
        closed,
        sleep(limitMs, undefined, { signal: timer.signal }).catch(() => {}),
      ]);
      timer.abort();
      stream.destroy();
      lines.end();
    },
  };
}
