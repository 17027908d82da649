/** The matrix of runs for a GPU machine: every row is one that Plumbline and the sample script accept, checked without a GPU. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addSpecOptions,
  resolveSpec,
  type SpecOptions,
} from '../../src/main/hosts/cli/options/spec-options';
import {
  recordingCosts,
  scoreFaults,
  scoreInversions,
  summarizeErrors,
} from '../bench/accuracy/judged';
import { heldOut } from '../bench/accuracy/manifest';
import type { AccuracyRow } from '../bench/accuracy/sessions';
import { repository } from '../support/repository';

const folder = join(repository, 'scripts', 'gpu');
const samples = join(repository, 'resources', 'workloads');

interface Row {
  readonly key: string;
  readonly name: string;
  readonly heldOut: boolean;
  readonly bare: boolean;
  readonly group: string;
  readonly record: readonly string[] | null;
  /** The sample script and its arguments; null for the bundled workload. */
  readonly sample: readonly string[] | null;
}

const python = (code: string, ...args: string[]) =>
  execFileSync('python3', ['-B', '-c', code, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
const load = (path: string): Row[] =>
  JSON.parse(
    python(
      `
import json, sys
sys.path.insert(0, sys.argv[1])
import matrix
def row(run):
    out = {key: run[key] for key in ("key", "name", "heldOut", "bare", "group")}
    script = matrix.sample(run, "SAMPLES")
    out["record"] = None if run["bare"] else matrix.record_command(run, "NODE", "CLI", "PYTHON", script, "FOLDER")
    command = matrix.workload_command(run, "PYTHON", script, "FOLDER") if "workload" in run else None
    out["sample"] = None if command is None else command[command.index(script):]
    return out
print(json.dumps([row(run) for run in matrix.load(sys.argv[2])]))
`,
      folder,
      path,
    ),
  ) as Row[];

let dir: string;
let rows: Row[];
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'plumbline-matrix-'));
  rows = load(join(folder, 'matrix.json'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** What `record` would declare for a command line, by the terminal host's own parser. */
function declared(command: readonly string[]) {
  const words = command.slice(3, command.includes('--') ? command.indexOf('--') : undefined);
  const record = addSpecOptions(
    new Command('record')
      .exitOverride()
      .option('--json')
      .option('--name <n>')
      .option('--interval <ms>')
      .option('--bundled <n>'),
  );
  record.parse(words, { from: 'user' });
  return resolveSpec(record.opts<SpecOptions>(), { model: 'gpt2', framework: 'tfjs' });
}

describe('the matrix of GPU runs', () => {
  it('declares nothing that Plumbline refuses', async () => {
    const asked = rows.flatMap(({ key, record }) =>
      record?.includes('--mode') ? [{ key, record }] : [],
    );
    const recorded = await Promise.all(
      asked.map(async ({ key, record }) => ({ key, ...(await declared(record)) })),
    );
    expect(recorded.length).toBeGreaterThan(20);
    const of = (key: string) => recorded.find((one) => one.key === key)!;
    expect(of('fault-cache-fp32-declared-fp16').run).toMatchObject({
      precision: 'fp32',
      kvPrecision: 'fp16',
      framework: 'pytorch',
    });
    expect(of('fault-batch-16-declared-8').run.batch).toBe(8);
    expect(
      rows.find(({ key }) => key === 'fault-batch-16-declared-8')!.sample!.join(' '),
    ).toContain('--batch 16');
    expect(of('bundled-webgpu-train').run).toMatchObject({ framework: 'tfjs', backend: 'webgpu' });
    expect(of('train-qwen3-lora').run).toMatchObject({ loraRank: 16, loraTargets: 'all-linear' });
    expect(of('train-qwen3-moe-bf16').model.experts).toMatchObject({ total: 32, active: 4 });
    expect(new Set(recorded.map(({ model }) => basename(model.name, '.json')))).toEqual(
      new Set([
        'gpt2',
        'gpt2-medium',
        'llama-3.2-1b',
        'qwen3-0.6b',
        'qwen3-moe-small',
        'mixtral-small',
      ]),
    );
  });

  it('asks nothing of the sample scripts that they refuse', () => {
    const all = rows.flatMap((row) => (row.sample ? [row.sample] : []));
    const accepted = python(
      `
import importlib, json, os, sys
sys.path.insert(0, sys.argv[1])
modules = {name: importlib.import_module(name) for name in ("torch_gpt2", "torch_llama", "torch_transformers")}
print(len([modules[os.path.basename(script)[:-3]].arguments(argv) for script, *argv in json.loads(sys.argv[2])]))
`,
      samples,
      JSON.stringify(all),
    );
    expect(Number(accepted)).toBe(all.length);
  });

  it('holds out between a quarter and a half of the names, by a rule that the benchmark shares', () => {
    const names = rows.filter(({ bare }) => !bare);
    expect(rows.map((row) => row.heldOut)).toEqual(rows.map(({ name }) => heldOut(name)));
    const share = names.filter((row) => row.heldOut).length / names.length;
    expect(share).toBeGreaterThan(0.25);
    expect(share).toBeLessThan(0.5);
  });

  it('makes no more archives than may come back', () => {
    // The machine and the documents have one each beside the groups' own.
    expect(new Set(rows.map(({ group }) => group)).size + 2).toBeLessThanOrEqual(7);
  });

  it('refuses a matrix with a name used twice in one sentence', () => {
    const path = join(dir, 'twice.json');
    writeFileSync(
      path,
      JSON.stringify({
        runs: [
          { name: 'a', group: 'g', bundled: {} },
          { name: 'a', group: 'g', bundled: {} },
        ],
      }),
    );
    expect(() => load(path)).toThrow(/The run a is there twice/);
  });
});

describe('what the benchmark makes of a manifest', () => {
  const run = (name: string, more: object = {}) => ({
    key: name,
    name,
    plumbline: true,
    status: 'done',
    stepS: 0.102,
    intervalMs: 10,
    environment: {},
    twin: name,
    finding: null,
    workload: null,
    call: 0,
    ...more,
  });
  const session = (name: string, findings: AccuracyRow['findings']): AccuracyRow => ({
    name,
    gpu: null,
    simulated: false,
    heldOut: false,
    planted: false,
    status: 'complete',
    inversion: null,
    readingsPerSecond: null,
    series: null,
    measured: null,
    textbook: null,
    refined: null,
    errorPercent: null,
    lines: {},
    findings,
  });

  it('sums up each line by its median and its worst session, without regard to sign', () => {
    const off = (allocated: number, process?: number): AccuracyRow => {
      const peak = (errorPercent: number) => ({
        series: 'x',
        measured: 100,
        textbook: 90,
        refined: 100 + errorPercent,
        errorPercent,
      });
      const lines = {
        allocated: peak(allocated),
        ...(process !== undefined && { process: peak(process) }),
      };
      return { ...session('x', []), lines };
    };
    const rows = [off(-3), off(1, 4), off(0), off(2)];
    expect(summarizeErrors(rows, 'allocated')).toMatchObject({ median: 1.5, worst: 3, count: 4 });
    expect(summarizeErrors(rows, 'process')).toMatchObject({ median: 4, worst: 4, count: 1 });
    expect(summarizeErrors(rows, 'reserved')).toBeNull();
  });

  it('tells found, missed and wrongly claimed faults apart, and the error of the bytes', () => {
    const runs = [
      run('a', { finding: { kind: 'leak', bytes: 100 } }),
      run('b', { finding: { kind: 'fragmentation', bytes: 50 } }),
      run('c'),
    ];
    const score = scoreFaults(
      [
        session('a', [{ kind: 'leak', bytes: 103 }]),
        session('b', [{ kind: 'context', bytes: 7 }]),
        session('c', [{ kind: 'leak', bytes: 1 }]),
      ],
      runs,
    );
    expect(score).toEqual({
      recall: 0.5,
      precision: 0.5,
      byteErrors: [{ name: 'a', percent: 3 }],
      missed: ['b: fragmentation'],
      wrong: ['c: leak'],
    });
  });

  it('takes what recording costs from the twins without Plumbline, of the same call where there are some', () => {
    const twin = (key: string, stepS: number, call = 0) =>
      run('a', { key, plumbline: false, stepS, call });
    const fast = { twin: 'a', intervalMs: 1, environment: { PLUMBLINE_SOURCE: 'nvml' } };
    const costs = recordingCosts([
      run('a'),
      run('c', fast),
      twin('a.bare', 0.099),
      twin('a.bare-2', 0.101),
      twin('a.bare', 0.05, 1),
      run('b'),
    ]);
    const apart = { percent: expect.closeTo(2, 6), spreadPercent: expect.closeTo(2, 6) };
    expect(costs).toEqual([
      { name: 'a', intervalMs: 10, source: 'auto', ...apart },
      { name: 'c', intervalMs: 1, source: 'nvml', ...apart },
    ]);
  });

  it('tells settings recovered, undetermined and wrongly inferred apart', () => {
    const told = (field: string, estimate: unknown, alternatives: unknown[] = []) => ({
      field,
      estimate,
      alternatives,
    });
    const inferred = (name: string, ...estimates: object[]) =>
      ({ ...session(name, []), inversion: { estimates } }) as unknown as AccuracyRow;
    const scores = scoreInversions(
      [
        inferred('a', told('batch', 8), told('seq', 512), told('precision', 'fp16', ['bf16'])),
        inferred('b', told('batch', 4), told('promptTokens', 64), told('precision', null)),
        session('c', []),
      ],
      [
        run('a', { workload: { mode: 'train', batch: 8, seq: 1024, precision: 'bf16' } }),
        run('b', { workload: { mode: 'generate', batch: 8, promptTokens: 64, precision: 'fp32' } }),
        run('c', { workload: { mode: 'train', batch: 1 } }),
      ],
    );
    expect(scores).toEqual([
      { field: 'batch', recovered: 1, undetermined: 0, wrong: ['b: batch 8, inferred 4'] },
      { field: 'seq', recovered: 1, undetermined: 0, wrong: ['a: seq 1024, inferred 512'] },
      { field: 'precision', recovered: 1, undetermined: 1, wrong: [] },
    ]);
  });
});

describe('a planted fault', () => {
  it('leaks its size at every optimizer step of a script that knows nothing of it', () => {
    // A torch of a few lines: what faults.py asks of it, with bytes counted.
    const torch = join(dir, 'torch', 'optim');
    mkdirSync(torch, { recursive: true });
    writeFileSync(
      join(dir, 'torch', '__init__.py'),
      'uint8 = 1\nheld = 0\ndef empty(n, dtype, device):\n    global held\n    held += n * dtype\n',
    );
    writeFileSync(join(torch, '__init__.py'), '');
    writeFileSync(
      join(torch, 'optimizer.py'),
      'hooks = []\nregister_optimizer_step_post_hook = hooks.append\n',
    );
    const script = join(dir, 'script.py');
    writeFileSync(
      script,
      'import sys, torch\nfrom torch.optim.optimizer import hooks\nfor _ in range(3):\n    for hook in hooks: hook(None, (), {})\nprint(__name__, sys.argv[1:], torch.held // 2**20)\n',
    );
    const printed = execFileSync(
      'python3',
      ['-B', join(folder, 'faults.py'), '--leak-mib', '16', '--', script, '--a', 'b'],
      {
        encoding: 'utf8',
        env: { ...process.env, PYTHONPATH: dir },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    expect(printed.trim()).toBe("__main__ ['--a', 'b'] 48");
  });
});

it('the README of the room names every option that run.sh takes', () => {
  const help = execFileSync('sh', [join(folder, 'run.sh'), '--help'], { encoding: 'utf8' });
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  for (const option of new Set(help.match(/--[a-z-]+/g)))
    if (option !== '--help') expect(readme, option).toContain(option);
});
