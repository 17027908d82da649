import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { attachProcess } from '../../src/main/workloads/attach';
import {
  type Family,
  fixture,
  launch,
  lives,
  livingWithSession,
  node,
  python,
  until,
} from '../fixtures/workloads/harness';

const runnable = process.platform === 'linux' && python !== null;
const members = (family: Family) =>
  [family.root, family.child, family.grandchild, family.daemon].sort((a, b) => a - b);
const sorted = (pids: readonly number[]) => [...pids].sort((a, b) => a - b);

const parentOf = (pid: number) =>
  Number(/\) \S+ (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1]);
const readChildren = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1')
    .split(' ')
    .filter((text) => text !== '')
    .map(Number);

/** Of the one hierarchy there is (version 2), or of the one of pids (version 1). Null where none may be made. */
function makeControlGroup(): string | null {
  for (const hierarchy of ['/sys/fs/cgroup', '/sys/fs/cgroup/pids']) {
    if (!existsSync(`${hierarchy}/cgroup.procs`)) continue;
    const group = `${hierarchy}/plumbline-test-${process.pid}`;
    try {
      mkdirSync(group);
      return group;
    } catch {
      // Not this account's to make.
    }
  }
  return null;
}

async function launchFamily(manner: 'wait' | 'leave') {
  const reported = await launch([python!, fixture('family.py'), manner]);
  const line = await until(() => reported.logs[0]?.text);
  return { ...reported, family: JSON.parse(line) as Family };
}

describe.skipIf(!runnable)('the tree of a workload', () => {
  it('is told with children, grandchildren and daemons, the root first', async () => {
    const { workload, family } = await launchFamily('wait');
    try {
      const pids = await until(() => workload.pids().length >= 4 && workload.pids());
      expect(pids[0]).toBe(workload.pid);
      expect(sorted(pids)).toEqual(members(family));
      process.kill(family.child, 'SIGKILL');
      const later = await until(() => !workload.pids().includes(family.child) && workload.pids());
      expect(sorted(later)).toEqual(members(family).filter((pid) => pid !== family.child));
    } finally {
      await workload.stop(0);
    }
    expect(workload.pids()).toEqual([]);
  });

  it('is ended by stop, with a daemon that ignores SIGTERM', async () => {
    const { workload, family, warnings } = await launchFamily('wait');
    expect(members(family).filter(lives)).toHaveLength(4);
    await workload.stop(300);
    expect(members(family).filter(lives)).toEqual([]);
    expect(livingWithSession(family.session)).toEqual([]);
    expect(lives(family.supervisor)).toBe(false);
    expect(await workload.exited).toEqual({ exitCode: null, signal: 'SIGTERM' });
    expect(warnings).toEqual([]);
    await workload.stop();
  });

  it('is ended at once by a second stop without grace, also where it is suspended', async () => {
    const { workload, family } = await launchFamily('wait');
    process.kill(family.grandchild, 'SIGSTOP');
    await Promise.all([workload.stop(3_600_000), workload.stop(0)]);
    expect(members(family).filter(lives)).toEqual([]);
  });

  it('does not outlive its root', async () => {
    const { workload, family, warnings } = await launchFamily('leave');
    expect(await workload.exited).toEqual({ exitCode: 3, signal: null });
    expect(members(family).filter(lives)).toEqual([]);
    const left = members(family).filter((pid) => pid !== family.root);
    const said = [...(warnings[0]?.matchAll(/(\d+) \(\S+\)/g) ?? [])].map(([, pid]) => Number(pid));
    expect(sorted(said)).toEqual(left);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^The workload had ended and left running: .* --leave-running keeps it\.$/,
      ),
    ]);
  });

  it('is not said to have left what ends with it', async () => {
    const { workload, warnings } = await launch(['sh', '-c', 'sleep 0.1 & exit 0']);
    expect(await workload.exited).toEqual({ exitCode: 0, signal: null });
    expect(warnings).toEqual([]);
  });

  it('ends also what cleared its environment and left for a session of its own', async () => {
    const { workload, logs } = await launch([python!, fixture('escape.py'), '40']);
    const escaped = Number(await until(() => logs[0]?.text));
    await until(() => parentOf(escaped) === parentOf(workload.pid));
    // Forty that ended as orphans lie nowhere as zombies, whose exit nobody asks for.
    const supervisor = parentOf(workload.pid);
    await until(() => readChildren(supervisor).every(lives));
    await workload.stop(300);
    expect(lives(escaped)).toBe(false);
    expect(lives(supervisor)).toBe(false);
  });

  it('goes on running where it is to be left, and is named', async () => {
    const { workload, logs, warnings } = await launch(
      [python!, fixture('escape.py'), '0', 'leave'],
      process.env,
      process.cwd(),
      true,
    );
    const escaped = Number(await until(() => logs[0]?.text));
    expect(await workload.exited).toEqual({ exitCode: 0, signal: null });
    expect(lives(escaped)).toBe(true);
    process.kill(escaped, 'SIGKILL');
    expect(warnings).toEqual([`The workload left running: ${escaped} (sleep).`]);
  });

  it('leaves and names what lies in a control group of its own, as services and containers do', async (context) => {
    const group = makeControlGroup();
    if (group === null) return context.skip('no control group can be made here');
    const { workload, logs, warnings } = await launch([python!, fixture('escape.py'), '0']);
    const escaped = Number(await until(() => logs[0]?.text));
    try {
      writeFileSync(`${group}/cgroup.procs`, String(escaped));
      await workload.stop(300);
      expect(lives(escaped)).toBe(true);
      expect(warnings).toEqual([expect.stringMatching(`Still running.*: ${escaped} \\(sleep\\)`)]);
    } finally {
      process.kill(escaped, 'SIGKILL');
      await until(() => !lives(escaped));
      rmdirSync(group);
    }
  });

  it('ends when the supervisor is killed, and a warning says so', async () => {
    const { workload, family, warnings } = await launchFamily('wait');
    process.kill(family.supervisor, 'SIGKILL');
    expect(await workload.exited).toEqual({ exitCode: null, signal: null });
    expect(members(family).filter(lives)).toEqual([]);
    expect(warnings).toHaveLength(1);
  });

  it('ends when Plumbline is killed, and leaves no file behind', async () => {
    const temporary = mkdtempSync(join(tmpdir(), 'l-'));
    const launcher = spawn(
      node,
      [
        '--no-warnings',
        '--experimental-transform-types',
        fixture('launcher.mjs'),
        python!,
        fixture('family.py'),
        'wait',
      ],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, TMPDIR: temporary },
      },
    );
    try {
      const [line] = (await once(createInterface(launcher.stdout!), 'line')) as [string];
      const family = JSON.parse(line) as Family;
      expect(members(family).filter(lives)).toHaveLength(4);
      expect(readdirSync(temporary)).toHaveLength(1);
      launcher.kill('SIGKILL');
      await until(() => !lives(family.supervisor));
      expect(members(family).filter(lives)).toEqual([]);
      expect(livingWithSession(family.session)).toEqual([]);
      expect(readdirSync(temporary)).toEqual([]);
    } finally {
      launcher.kill('SIGKILL');
      rmSync(temporary, { recursive: true, force: true });
    }
  });

  it('ends when Plumbline is killed while the workload floods its output', async () => {
    const flood =
      'console.log(JSON.stringify({pid: process.pid, supervisor: process.ppid})); process.on("SIGTERM", () => {}); for (;;) { try { require("fs").writeSync(1, "x".repeat(65535) + "\\n"); } catch {} }';
    const launcher = spawn(
      node,
      [
        '--no-warnings',
        '--experimental-transform-types',
        fixture('launcher.mjs'),
        node,
        '-e',
        flood,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const reader = createInterface(launcher.stdout!);
    const [line] = (await once(reader, 'line')) as [string];
    // Nobody reads on: the pipes fill up.
    launcher.stdout!.pause();
    const { pid, supervisor } = JSON.parse(line) as { pid: number; supervisor: number };
    launcher.kill('SIGKILL');
    await until(() => !lives(supervisor));
    expect(lives(pid)).toBe(false);
    reader.close();
    launcher.stdout!.destroy();
  });
});

describe('a process that is attached to', () => {
  let child: ChildProcess | null = null;
  afterEach(() => child?.kill('SIGKILL'));

  it('must exist', async () => {
    child = spawn(node, ['-e', '']);
    await once(child, 'exit');
    await expect(attachProcess(child.pid!)).rejects.toMatchObject({ code: 'not_found' });
    await expect(attachProcess(-1)).rejects.toMatchObject({ code: 'bad_input' });
  });

  it('is seen with its children until it ends', async () => {
    child = spawn(
      node,
      [
        '-e',
        'const c = require("child_process").spawn(process.execPath, ["-e", "process.stdin.resume()"]); console.log(c.pid); process.stdin.resume()',
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
    const workload = await attachProcess(child.pid!);
    expect(workload.socketPath).toBeNull();
    expect(await until(() => workload.pids().length === 2 && workload.pids())).toEqual([
      child.pid,
      Number(line),
    ]);
    child.kill('SIGKILL');
    expect(await workload.exited).toEqual({ exitCode: null, signal: null });
  });

  it('lives on when it is let go', async () => {
    child = spawn(node, ['-e', 'setInterval(() => {}, 1e6)']);
    const workload = await attachProcess(child.pid!);
    await workload.stop();
    await workload.exited;
    expect(child.exitCode).toBeNull();
    process.kill(child.pid!, 0);
  });
});

describe.skipIf(process.platform !== 'linux')('a process of the tree', () => {
  it('is among those that are asked for fresh as soon as it lives', async () => {
    const attached = await attachProcess(process.pid);
    attached.pids();
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(child, 'spawn');
    const pid = child.pid!;
    try {
      expect(attached.pids(true)).toContain(pid);
    } finally {
      child.kill();
      await attached.stop();
    }
  });
});
