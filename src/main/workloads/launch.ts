/**
 * Launches a workload under a supervisor and reports what it says: its output line by line, its markers, its end.
 *
 * Guarantees: a command that cannot run fails before anything is created; whatever ends Plumbline, the workload's
 * tree ends with it (supervisor.ts); when `exited` resolves, no process of the tree, no socket and no temporary
 * folder is left, and no callback follows.
 */
import { randomBytes } from 'node:crypto';
import { Failure } from '../../shared/base/failure';
import type { Millis } from '../../shared/base/units';
import { readProcStat } from '../install/proc-stat';
import { findExecutable } from './command';
import { instrumentIn } from './instrument';
import { MarkerChannel } from './marker-channel';
import { WorkloadOutput } from './output';
import { openOutputPipes } from './output-pipes';
import type { FromSupervisor, NamedProcess } from './supervisor';
import { type SupervisorOptions, SupervisorProcess } from './supervisor-process';
import { ProcessTree } from './tree';
import type { ExitStatus, LaunchedWorkload, WorkloadListener } from './types';
import { UnwatchedPythons } from './unwatched';

export type { LaunchedWorkload } from './types';

export interface LaunchOptions extends WorkloadListener, SupervisorOptions {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** What the workload leaves behind when it ends goes on running, and is named in a warning. */
  readonly leaveRunning?: boolean;
}

const GRACE_MS: Millis = 2000;
/** How long output and markers that are still on their way are waited for once the tree is gone. */
const DRAIN_MS: Millis = 1000;
const UNWATCHED_MS: Millis = 1000;
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
  const output = new WorkloadOutput(options);
  const run = await startSupervised(options, session, channel, output).catch(async (error) => {
    await channel.close();
    throw error;
  });
  const members = new ProcessTree(run.pid, session);
  tree = members;
  const looking = lookForUnwatched(options, members);
  let ended = false;
  const exited = waitForEnd(options, session, channel, output, run).finally(() => {
    ended = true;
    clearInterval(looking);
  });
  return {
    pid: run.pid,
    socketPath: channel.socketPath,
    pids: (fresh) => (ended ? [] : members.pids(fresh)),
    ranks: () => (ended ? new Map() : members.ranks()),
    exited,
    async stop(graceMs = GRACE_MS) {
      run.supervisor.send({ type: 'stop', graceMs });
      const limit = setTimeout(() => run.supervisor.kill(), graceMs + SUPERVISOR_LIMIT_MS);
      await exited;
      clearTimeout(limit);
    },
  };
}

/** Where Python was to be watched. */
function lookForUnwatched(
  { env, onWarning }: LaunchOptions,
  tree: ProcessTree,
): NodeJS.Timeout | undefined {
  const folder = process.platform === 'linux' ? instrumentIn(env) : null;
  if (folder === null) return undefined;
  const pythons = new UnwatchedPythons(folder, onWarning);
  return setInterval(() => pythons.look(tree.pids()), UNWATCHED_MS).unref();
}

/** A workload that runs, and what its supervisor says of its end. */
interface SupervisedRun {
  readonly supervisor: SupervisorProcess;
  readonly pid: number;
  /** When its process started, in the kernel's ticks; null where that cannot be read. */
  readonly start: number | null;
  readonly end: {
    status: ExitStatus | null;
    /** Processes that could not be ended; null until the supervisor has looked. */
    left: readonly number[] | null;
    /** Processes that were not to be ended. */
    others: readonly NamedProcess[];
    behind: readonly NamedProcess[];
  };
}

/** Throws as `launchWorkload` does; then no process and no pipe is left. */
async function startSupervised(
  options: LaunchOptions,
  session: string,
  channel: MarkerChannel,
  output: WorkloadOutput,
): Promise<SupervisedRun> {
  let onAnswer: (message: FromSupervisor) => void = () => {};
  const answer = new Promise<FromSupervisor>((resolve) => {
    onAnswer = resolve;
  });
  const end: SupervisedRun['end'] = { status: null, left: null, others: [], behind: [] };
  const pipes = await openOutputPipes(channel.folder);
  try {
    const supervisor = new SupervisorProcess(options, (message) => {
      if (message.type === 'started' || message.type === 'failed') onAnswer(message);
      else if (message.type === 'exited')
        end.status = { exitCode: message.exitCode, signal: message.signal };
      else {
        end.left = message.left;
        end.others = message.others;
        end.behind = message.behind;
      }
    });
    // What the supervisor itself has to say is said in messages; without named pipes the workload writes there too.
    output.capture(supervisor.stdout, supervisor.stderr);
    supervisor.send({
      type: 'run',
      session,
      command: options.command,
      cwd: options.cwd,
      env: childEnvironment(options.env, channel.socketPath, session),
      outputs: pipes?.paths ?? null,
      temporary: channel.folder,
      leaveRunning: options.leaveRunning === true,
    });
    const started = await Promise.race([answer, supervisor.gone.then(() => null)]);
    if (started?.type !== 'started') {
      await supervisor.gone;
      throw startFailure(started?.type === 'failed' ? started.code : null, options.command);
    }
    if (pipes) output.capture(...pipes.read());
    const { pid } = started;
    return { supervisor, pid, start: readProcStat(pid)?.start ?? null, end };
  } catch (error) {
    pipes?.abandon();
    throw error;
  }
}

/** Resolves when nothing of the workload is left and everything it said has been passed on. */
async function waitForEnd(
  options: LaunchOptions,
  session: string,
  channel: MarkerChannel,
  output: WorkloadOutput,
  { supervisor, pid, start, end }: SupervisedRun,
): Promise<ExitStatus> {
  await supervisor.gone;
  if (end.left === null)
    options.onWarning(
      'The process that watches over the workload ended before it; the workload was ended too.',
    );
  const left = end.left ?? (await sweep(options, session, pid, start));
  if (left.length > 0)
    options.onWarning(`Processes of the workload could not be ended: ${left.join(', ')}.`);
  const behind = end.behind.filter(({ pid }) => !left.includes(pid));
  if (behind.length > 0)
    options.onWarning(
      `The workload had ended and left running: ${listed(behind)}. That was ended too; --leave-running keeps it.`,
    );
  if (end.others.length > 0) options.onWarning(describeOthers(end.others, options));
  await Promise.all([output.drain(DRAIN_MS), channel.drain(DRAIN_MS)]);
  await channel.close();
  const dropped = output.describeDropped();
  if (dropped !== null) options.onWarning(dropped);
  return end.status ?? { exitCode: null, signal: null };
}

function listed(processes: readonly NamedProcess[]): string {
  const shown = processes.slice(0, 20).map(({ pid, name }) => `${pid} (${name})`);
  return `${shown.join(', ')}${processes.length > shown.length ? ', …' : ''}`;
}

function describeOthers(others: readonly NamedProcess[], { leaveRunning }: LaunchOptions): string {
  const list = listed(others);
  return leaveRunning
    ? `The workload left running: ${list}.`
    : `Still running, and not ended, since a service manager or a container runtime started them for the workload: ${list}.`;
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
