/**
 * The supervisor: a process of its own between Plumbline and the workload. It exists so that no workload outlives
 * its recorder: when the channel to Plumbline closes, even because Plumbline was killed, it ends the whole tree.
 *
 * Plumbline sends `run` once (or `sweep`, to end the tree of a supervisor that died), and `stop` at any time; the
 * supervisor answers `started` or `failed`, `exited`, and last `done`. The workload writes straight into
 * Plumbline's pipes, so no output passes through here and none can block it. Members of the tree are found by descent
 * from the root, by its process session, and on Linux by the kernel's own proof: whatever loses its parent below here
 * becomes this process's child. Where that cannot be had, the session id that descendants inherit in their environment
 * stands in for it. A process that bears the id and is no descendant, or that lies in a control group of its own, was
 * started by somebody else (a service manager, a container runtime) for the workload: it is named and not signalled.
 *
 * Node built-ins and guardian.ts only, so that Node can run this very file.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, constants, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { becomeSubreaper, isInOurGroup, readName } from './guardian.ts';

export type ToSupervisor =
  | {
      readonly type: 'run';
      readonly session: string;
      readonly command: readonly string[];
      readonly cwd: string;
      readonly env: Readonly<Record<string, string>>;
      /** Named pipes for stdout and stderr; null: the supervisor's own. */
      readonly outputs: readonly [string, string] | null;
      /** Removed at the end, should Plumbline no longer be there to do it. */
      readonly temporary: string | null;
      /** What the root leaves behind goes on running, and is named. */
      readonly leaveRunning: boolean;
    }
  | {
      readonly type: 'sweep';
      readonly session: string;
      readonly pid: number;
      readonly start: string | null;
    }
  | { readonly type: 'stop'; readonly graceMs: number };

export type FromSupervisor =
  | { readonly type: 'started'; readonly pid: number }
  | { readonly type: 'failed'; readonly code: string }
  | { readonly type: 'exited'; readonly exitCode: number | null; readonly signal: string | null }
  /**
   * `left`: processes that could not be ended; `others`: those that were not to be; `behind`: those that still ran a
   * moment after the root had ended by itself, and were ended.
   */
  | {
      readonly type: 'done';
      readonly left: readonly number[];
      readonly others: readonly NamedProcess[];
      readonly behind: readonly NamedProcess[];
    };

export interface NamedProcess {
  readonly pid: number;
  readonly name: string;
}

interface Proc {
  readonly pid: number;
  readonly parent: number;
  /** Process session id, or group where the platform lists no session; 0 where it has neither. */
  readonly group: number;
  /** Tells a process from a later one with the same pid. */
  readonly start: string;
  readonly zombie: boolean;
}

const GRACE_MS = 2000;
/** For what ends with its parent: helpers of pools, the other ends of pipes. */
const FOLLOWS_MS = 250;
const GIVE_UP_MS = 10_000;
const POLL_MS = 40;

let session = '';
let root: number | null = null;
let rootStart: string | null = null;
let child: ChildProcess | null = null;
let temporary: string | null = null;
let deadline = Number.POSITIVE_INFINITY;
let ending: Promise<readonly number[]> | null = null;
let orphaned = false;
let leaves = false;
/** This process has been the workload's guardian since before it began: every descendant is below it. */
let adopts = false;
const reap = process.platform === 'linux' ? becomeSubreaper() : null;
const known = new Map<number, string>();
const outsiders = new Map<number, string>();

function tell(message: FromSupervisor): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected || !process.send) resolve();
    else process.send(message, () => resolve());
  });
}

/** Buries what was adopted and has ended: nobody else asks for its exit. */
function buryAdopted(): void {
  const { pid } = process;
  try {
    const children = readFileSync(`/proc/self/task/${pid}/children`, 'latin1');
    for (const text of children.split(' ').filter(Boolean)) {
      const one = Number(text);
      if (one !== root && readLinux(one)?.zombie === true) reap?.(one);
    }
  } catch {
    // A kernel without that list: they are buried when this process ends.
  }
}

function readLinux(pid: number): Proc | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold blanks and parentheses of its own.
    const field = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = field[0] ?? '';
    return {
      pid,
      parent: Number(field[1]),
      group: Number(field[3]),
      start: field[19] ?? '',
      zombie: state === 'Z' || state === 'X',
    };
  } catch {
    return null;
  }
}

const output = (file: string, args: readonly string[]): Promise<string> =>
  new Promise((resolve) => {
    execFile(file, args, { windowsHide: true, maxBuffer: 64 * 1024 * 1024 }, (_error, stdout) =>
      resolve(stdout),
    );
  });

async function processes(): Promise<Proc[]> {
  if (process.platform === 'linux') {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => readLinux(Number(name)))
      .filter((proc) => proc !== null);
  }
  const text =
    process.platform === 'win32'
      ? await output('powershell.exe', [
          '-NoProfile',
          '-NonInteractive',
          '-Command',
          'Get-CimInstance Win32_Process | ForEach-Object { "$($_.ProcessId) $($_.ParentProcessId) 0 R $($_.CreationDate.Ticks)" }',
        ])
      : await output('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat=,lstart=']);
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((field) => field.length >= 5)
    .map((field) => ({
      pid: Number(field[0]),
      parent: Number(field[1]),
      group: Number(field[2]),
      start: field.slice(4).join(' '),
      zombie: (field[3] ?? '').startsWith('Z'),
    }));
}

function carriesSession(proc: Proc): boolean {
  if (process.platform !== 'linux' || session === '') return false;
  if (outsiders.get(proc.pid) === proc.start) return false;
  try {
    const text = readFileSync(`/proc/${proc.pid}/environ`, 'latin1');
    // Empty in the middle of an exec: not yet an answer.
    if (text === '') return false;
    const environment = text.split('\0');
    // A workload may itself record a workload: the ids of all sessions around it stand in one variable.
    if (
      environment.some((entry) => entry.startsWith('PLUMBLINE_SESSION=') && entry.includes(session))
    )
      return true;
  } catch {
    // Another user's process, or one that has just ended.
  }
  outsiders.set(proc.pid, proc.start);
  return false;
}

/** Lost its parent below here, or, where no parent was lost to us, bears the session's id; and nobody else runs it. */
function isOwnOrphan(proc: Proc): boolean {
  if (leaves) return false;
  const isOrphan = adopts ? proc.parent === process.pid : carriesSession(proc);
  return isOrphan && isInOurGroup(proc.pid);
}

/** What belongs to the workload in some way and is left alone. */
async function bystanders(): Promise<NamedProcess[]> {
  if (process.platform !== 'linux') return [];
  const members = leaves ? new Map<number, string>() : known;
  return (await processes())
    .filter(
      (proc) =>
        !proc.zombie &&
        proc.pid !== process.pid &&
        proc.pid !== root &&
        !members.has(proc.pid) &&
        (carriesSession(proc) || (adopts && proc.parent === process.pid)),
    )
    .map(({ pid }) => ({ pid, name: readName(pid) }));
}

/** The living members of the tree. Whoever was once a member stays one, whatever becomes of its parent. */
async function members(): Promise<Proc[]> {
  const all = await processes();
  const byPid = new Map(all.map((proc) => [proc.pid, proc]));
  for (const [pid, start] of known) if (byPid.get(pid)?.start !== start) known.delete(pid);
  const rootNow = root === null ? undefined : byPid.get(root);
  if (rootNow && rootStart === null) rootStart = rootNow.start;
  const sessionIsOurs =
    root !== null && rootStart !== null && (!rootNow || rootNow.start === rootStart);
  for (const proc of all) {
    if (known.has(proc.pid) || proc.pid === process.pid || proc.zombie) continue;
    if (
      proc.pid === root
        ? sessionIsOurs
        : (sessionIsOurs && proc.group !== 0 && proc.group === root) || isOwnOrphan(proc)
    )
      known.set(proc.pid, proc.start);
  }
  for (let grown = true; grown; ) {
    grown = false;
    for (const proc of all) {
      const parent =
        known.has(proc.parent) ||
        (process.platform === 'win32' && sessionIsOurs && proc.parent === root);
      if (!parent || known.has(proc.pid) || proc.pid === process.pid) continue;
      known.set(proc.pid, proc.start);
      grown = true;
    }
  }
  return all.filter((proc) => known.has(proc.pid) && !proc.zombie);
}

/** False when the process may not be signalled by us. */
async function signal(proc: Proc, name: 'SIGTERM' | 'SIGKILL'): Promise<boolean> {
  if (process.platform === 'win32') {
    await output('taskkill', [
      '/PID',
      String(proc.pid),
      '/T',
      ...(name === 'SIGKILL' ? ['/F'] : []),
    ]);
    return true;
  }
  if (process.platform === 'linux' && readLinux(proc.pid)?.start !== proc.start) return true;
  try {
    process.kill(proc.pid, name);
    // A stopped process takes a signal only once it goes on.
    if (name === 'SIGTERM') process.kill(proc.pid, 'SIGCONT');
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EPERM';
  }
}

async function endEverything(): Promise<readonly number[]> {
  const asked = new Set<string>();
  const refused = new Set<number>();
  let emptyScans = 0;
  for (;;) {
    const alive = await members();
    const ours = alive.filter((proc) => !refused.has(proc.pid));
    // Two in a row: a process may fork and exit while the first scan passes it by.
    emptyScans = ours.length === 0 ? emptyScans + 1 : 0;
    if (emptyScans === 2 || performance.now() > deadline + GIVE_UP_MS)
      return alive.map((proc) => proc.pid);
    for (const proc of ours) {
      const identity = `${proc.pid} ${proc.start}`;
      const kill = performance.now() >= deadline;
      if (!kill && asked.has(identity)) continue;
      asked.add(identity);
      if (!(await signal(proc, kill ? 'SIGKILL' : 'SIGTERM'))) refused.add(proc.pid);
    }
    if (ours.length > 0)
      await sleep(
        Math.max(
          1,
          Math.min(POLL_MS, deadline > performance.now() ? deadline - performance.now() : POLL_MS),
        ),
      );
  }
}

function endTree(graceMs: number): Promise<readonly number[]> {
  deadline = Math.min(deadline, performance.now() + graceMs);
  ending ??= endEverything();
  return ending;
}

/** What goes on although the root has ended by itself, once whatever follows it has had the time to. */
async function leftBehind(): Promise<NamedProcess[]> {
  const until = performance.now() + FOLLOWS_MS;
  for (;;) {
    const alive = await members();
    if (alive.length === 0 || ending !== null) return [];
    if (performance.now() > until) return alive.map(({ pid }) => ({ pid, name: readName(pid) }));
    await sleep(POLL_MS);
  }
}

async function finish(graceMs: number): Promise<void> {
  // A root that ended by itself left what it meant to leave.
  const hasEnded = child !== null && (child.exitCode !== null || child.signalCode !== null);
  const behind = hasEnded && !leaves && !orphaned ? await leftBehind() : [];
  const left = leaves && hasEnded ? [] : await endTree(graceMs);
  if (child && child.exitCode === null && child.signalCode === null && !left.includes(root ?? -1)) {
    await new Promise((resolve) => child?.once('exit', resolve));
  }
  await tell({ type: 'done', left, others: await bystanders(), behind });
  if (orphaned && temporary !== null) rmSync(temporary, { recursive: true, force: true });
  process.exit(0);
}

/** Opens a named pipe for writing without ever waiting for its reader, who may have died. */
function openPipe(path: string): number {
  const guard = openSync(path, constants.O_RDWR);
  const fd = openSync(path, constants.O_WRONLY);
  closeSync(guard);
  return fd;
}

function run(message: Extract<ToSupervisor, { type: 'run' }>): void {
  session = message.session;
  temporary = message.temporary;
  leaves = message.leaveRunning;
  adopts = reap !== null;
  if (adopts) process.on('SIGCHLD', buryAdopted);
  const [file = '', ...args] = message.command;
  const failed = (error: unknown) => {
    void tell({ type: 'failed', code: (error as NodeJS.ErrnoException).code ?? 'UNKNOWN' }).then(
      () => process.exit(0),
    );
  };
  const outputs: number[] = [];
  try {
    for (const path of message.outputs ?? []) outputs.push(openPipe(path));
    child = spawn(file, args, {
      cwd: message.cwd,
      env: message.env,
      stdio: ['ignore', outputs[0] ?? 'inherit', outputs[1] ?? 'inherit'],
      // A session of its own on POSIX: Ctrl-C in Plumbline's terminal is Plumbline's to handle.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
  } catch (error) {
    failed(error);
    return;
  } finally {
    for (const fd of outputs) closeSync(fd);
  }
  child.once('error', (error) => {
    if (root === null) failed(error);
  });
  child.once('exit', (exitCode, signalName) => {
    void tell({ type: 'exited', exitCode, signal: signalName }).then(() => finish(GRACE_MS));
  });
  if (child.pid === undefined) return;
  root = child.pid;
  rootStart = process.platform === 'linux' ? (readLinux(root)?.start ?? null) : null;
  void tell({ type: 'started', pid: root });
}

process.on('message', (message: ToSupervisor) => {
  if (message.type === 'run') run(message);
  else if (message.type === 'stop') void finish(message.graceMs);
  else {
    session = message.session;
    root = message.pid;
    rootStart = message.start;
    void finish(GRACE_MS);
  }
});
process.on('disconnect', () => {
  orphaned = true;
  void finish(GRACE_MS);
});
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  process.on(name, () => void finish(GRACE_MS));
process.on('uncaughtException', () => void finish(GRACE_MS));
