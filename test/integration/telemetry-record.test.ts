/** A recording through the launcher with nvidia-smi doubled, seen as a person sees it. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DoctorReport } from '../../src/shared/contract/api';
import type { SessionDocument } from '../../src/shared/session/session-document';
import { runJson, startCli, temporaryHome, until } from '../support/cli';
import { repository } from '../support/repository';

const MiB = 1024 ** 2;
let home: ReturnType<typeof temporaryHome>;
beforeEach(() => {
  home = temporaryHome();
});
afterEach(() => home.dispose());

const at = (name: string) => join(home.dir, name);
const device = (scenario: string): NodeJS.ProcessEnv => ({
  PLUMBLINE_NVIDIA_SMI: join(repository, 'test', 'doubles', 'nvidia-smi'),
  PLUMBLINE_SMI_SCENARIO: join(repository, 'test', 'fixtures', 'nvidia-smi', `${scenario}.json`),
  PLUMBLINE_SMI_LOG: at('runs.log'),
  PLUMBLINE_SMI_PID: at('pid'),
  PLUMBLINE_SMI_MEMORY: at('memory'),
});

/** A workload that tells the double its pid and, step by step, how many bytes it holds on the device for how long. */
function workload(
  ...steps: readonly { readonly bytes: number; readonly forMs: number }[]
): string[] {
  const script = at('train.mjs');
  writeFileSync(
    script,
    `
import { writeFileSync } from 'node:fs';
writeFileSync(process.env.PLUMBLINE_SMI_PID, String(process.pid));
for (const { bytes, forMs } of ${JSON.stringify(steps)}) {
  writeFileSync(process.env.PLUMBLINE_SMI_MEMORY, String(bytes));
  await new Promise((resolve) => setTimeout(resolve, forMs));
}
`,
  );
  return [process.execPath, script];
}

/** Pids of every run of the double that is still there. */
const living = (): number[] =>
  linesOf('runs.log')
    .map((line) => (JSON.parse(line) as { pid: number }).pid)
    .filter((pid) => {
      try {
        process.kill(pid, 0);
        return true;
      } catch {
        return false;
      }
    });

function linesOf(name: string): string[] {
  try {
    return readFileSync(at(name), 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    return [];
  }
}

describe('recording on a simulated GPU', () => {
  it("lays the workload's GPU memory over the baseline it found, and says that it is simulated", async () => {
    const held = [
      { bytes: 1000 * MiB, forMs: 400 },
      { bytes: 3000 * MiB, forMs: 1600 },
      { bytes: 2000 * MiB, forMs: 200 },
    ];
    const { code, document } = await runJson<SessionDocument>(
      ['record', '--interval', '50', '--', ...workload(...held)],
      home.dir,
      device('planted'),
    );
    expect(code).toBe(0);
    expect(document.simulated).toBe(true);
    expect(document.environment.gpus).toMatchObject([
      { index: 0, name: 'Simulated RTX 4090', memoryBytes: 24564 * MiB },
    ]);
    // 512 MiB were in use before the launch, 300 MiB of them by a process that is not the workload's.
    expect(document.overlay.series).toBe('gpu0.workload.memory');
    expect(document.overlay.baselineBytes).toBe(512 * MiB);
    expect(document.overlay.measuredPeak!.bytes).toBe(3000 * MiB);

    const series = new Map(document.series.map((one) => [one.id, one]));
    expect(series.get('gpu0.memory.used')).toMatchObject({
      unit: 'bytes',
      windowUs: null,
      min: 512 * MiB,
      max: 3512 * MiB,
    });
    expect(series.get('gpu0.process.memory')).toMatchObject({ max: 3000 * MiB });
    expect(series.get('gpu0.other.memory')).toMatchObject({ min: 300 * MiB, max: 300 * MiB });
    expect(series.get('gpu0.utilization')).toMatchObject({
      unit: 'millipercent',
      windowUs: 167_000,
      max: 35_000,
    });
    expect(series.get('gpu0.power')).toMatchObject({ unit: 'milliwatts', max: 123_450 });
    expect(series.get('gpu0.temperature')).toMatchObject({ unit: 'millicelsius', max: 41_000 });
    expect(series.get('gpu0.clock.sm')).toMatchObject({ unit: 'hertz', max: 2_520_000_000 });
    for (const id of [
      'tree.rss',
      'tree.cpu',
      'system.memory.used',
      'system.swap.used',
      'sampler.cost',
    ])
      expect(series.get(id)?.count, id).toBeGreaterThan(0);
    expect(document.warnings).toEqual([]);
    await until(() => living().length === 0, 'every nvidia-smi to end');
  });

  it('ends on Ctrl-C without blaming nvidia-smi and leaves nothing running', async () => {
    const [node, script] = workload({ bytes: 64 * MiB, forMs: 60_000 });
    const running = startCli(
      ['record', '--interval', '50', '--json', '--', node!, script!],
      home.dir,
      device('planted'),
    );
    await until(() => living().length > 0 && linesOf('pid').length > 0, 'the workload to run');
    // As a terminal does: to every process of the launcher's group that has not left it.
    for (const pid of [running.child.pid!, ...(await groupOf(running.child.pid!))]) signal(pid);
    const { code, stdout } = await running.done;
    expect(code).toBe(130);
    const document = JSON.parse(stdout) as SessionDocument;
    expect(document.status).toBe('interrupted');
    expect(document.warnings).toEqual([]);
    await until(() => living().length === 0, 'every nvidia-smi to end');
  });
});

describe('without a GPU that answers', () => {
  it("records the host and says why, in the driver's words", async () => {
    const { code, document } = await runJson<SessionDocument>(
      ['record', '--interval', '50', '--', ...workload({ bytes: 0, forMs: 300 })],
      home.dir,
      device('version-mismatch'),
    );
    expect(code).toBe(0);
    expect(document.environment.gpus).toEqual([]);
    expect(document.environment.sources.find(({ id }) => id === 'nvidia-smi')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('Driver/library version mismatch'),
    });
    expect(document.series.filter(({ id }) => id.startsWith('gpu'))).toEqual([]);
    expect(document.overlay.series).toBe('tree.rss');
  });

  it('tells the doctor what failed and what to do', async () => {
    const { document } = await runJson<DoctorReport>(['doctor'], home.dir, device('no-driver'));
    const byId = new Map(document.checks.map((check) => [check.id, check]));
    expect(byId.get('nvidia-smi')).toMatchObject({ ok: true });
    // What mends it differs between a machine, a container and WSL2: doctor.test.ts holds each to its own.
    expect(byId.get('nvidia-driver')).toMatchObject({
      ok: false,
      found: expect.stringContaining("couldn't communicate with the NVIDIA driver"),
      remedy: expect.stringMatching(/modprobe|--gpus all|WSL/),
    });
    expect(byId.get('host')).toMatchObject({ ok: true, remedy: null });
    expect(document.gpus).toEqual([]);
  });

  it('names the second process that the bundled workload is made to start, by its bytes', {
    timeout: 180_000,
  }, async () => {
    const bytes = 256 * MiB;
    const recording = startCli(
      [
        'record',
        '--interval',
        '50',
        '--bundled',
        'gpt2',
        '--model',
        'gpt2-nano',
        '--mode',
        'train',
        '--batch',
        '4',
        '--seq',
        '64',
        '--steps',
        // The driver is asked for processes once a second: the run lasts several of them on any machine.
        '40',
        '--backend',
        'wasm',
        '--json',
      ],
      home.dir,
      { ...device('planted'), PLUMBLINE_FAULT: `process:${bytes}` },
    );
    let said = '';
    recording.child.stderr!.on('data', (text: string) => {
      said += text;
    });
    await until(() => /fault: process \d+ holds/.test(said), 'the second process to start', 60_000);
    // Only the driver knows what a process holds: the double is told of this one.
    const pid = Number(/fault: process (\d+) holds/.exec(said)![1]);
    writeFileSync(at('memory'), String(bytes));
    writeFileSync(at('pid'), String(pid));
    const { stdout } = await recording.done;
    const document = JSON.parse(stdout) as SessionDocument;
    expect(document.findings.filter(({ kind }) => kind === 'other_process')).toMatchObject([
      { bytes, confidence: 'high' },
    ]);
    await until(() => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    }, 'the second process to end');
  });

  it('warns while it records that a leak will fill the device, before it has', async () => {
    const script = at('leak.mjs');
    const told = at('leak-told');
    writeFileSync(
      script,
      `
import { existsSync, writeFileSync } from 'node:fs';
import { begin, end, flush, step } from ${JSON.stringify(join(repository, 'resources', 'js', 'plumbline.mjs'))};
writeFileSync(process.env.PLUMBLINE_SMI_PID, String(process.pid));
for (let at = 1; at <= 20; at++) {
  step(at);
  begin('forward');
  writeFileSync(process.env.PLUMBLINE_SMI_MEMORY, String((2000 + 1000 * at) * ${MiB}));
  await new Promise((resolve) => setTimeout(resolve, 300));
  end('forward');
  // As long as a step may take: a busy machine looks at the recording when it comes to it.
  for (let wait = 0; at > 12 && wait < 50 && !existsSync(${JSON.stringify(told)}); wait++)
    await new Promise((resolve) => setTimeout(resolve, 100));
}
await flush();
`,
    );
    const recorder = startCli(
      ['record', '--interval', '50', '--json', '--', process.execPath, script],
      home.dir,
      device('planted'),
    );
    await recorder.waitFor('will run out');
    writeFileSync(told, '');
    const { code, stderr } = await recorder.done;
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /plumbline: Memory will run out after \d+ more steps, in about .*are free, and every step takes/,
    );
    expect(stderr.match(/will run out/g)).toHaveLength(1);
  });
});

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGINT');
  } catch {
    // It has just ended.
  }
}

/** Descendants of `pid` that share its process group, by ps. */
async function groupOf(pid: number): Promise<number[]> {
  const ps = spawn('ps', ['-eo', 'pid=,ppid=,pgid='], { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  for await (const chunk of ps.stdout) text += String(chunk);
  const rows = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number, number]);
  const group = rows.find(([own]) => own === pid)?.[2];
  const below = (parent: number): number[] =>
    rows.filter(([, ppid]) => ppid === parent).flatMap(([own]) => [own, ...below(own)]);
  const tree = new Set(below(pid));
  return rows.filter(([own, , pgid]) => tree.has(own) && pgid === group).map(([own]) => own);
}
