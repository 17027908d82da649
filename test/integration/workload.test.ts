/** The bundled workload as a process: what it announces, in which order, and what it refuses. */
import { beforeAll, describe, expect, it } from 'vitest';
import { swiftshaderEnvironment, swiftshaderUnavailable } from '../support/swiftshader';
import { buildWorkload, type Line, runWorkload, tinyModel, tinyRun } from './workload-process';

const spans = (lines: readonly Line[]): string[] =>
  lines
    .filter((line) => line.type === 'phase')
    .map((line) => `${line.event} ${line.name}${line.step ? ` ${line.step}` : ''}`);
const tokenIds = (lines: readonly Line[]): unknown[] =>
  lines
    .filter((line) => line.type === 'token')
    .map((line) => (line as unknown as { ids: unknown }).ids);
const losses = (stdout: string): number[] =>
  [...stdout.matchAll(/loss ([\d.]+)/g)].map((match) => Number(match[1]));

describe('the bundled workload', () => {
  beforeAll(buildWorkload);

  it('announces training as load, then forward, backward and optimizer of each step', async () => {
    const { code, lines } = await runWorkload(tinyModel(), tinyRun({ steps: 2 }));
    expect(code).toBe(0);
    const step = (n: number): string[] =>
      ['forward', 'backward', 'optimizer'].flatMap((name) => [
        `begin ${name} ${n}`,
        `end ${name} ${n}`,
      ]);
    expect(spans(lines)).toEqual(['begin load', 'end load', ...step(1), ...step(2)]);
  });

  it('announces generation as load, prefill and decode, with every token counted from 1', async () => {
    const { lines } = await runWorkload(tinyModel(), tinyRun({ mode: 'generate', tokens: 4 }));
    expect(spans(lines)).toEqual([
      'begin load',
      'end load',
      'begin prefill',
      'end prefill',
      'begin decode',
      'end decode',
    ]);
    expect(lines.filter((line) => line.type === 'token').map((line) => line.index)).toEqual([
      1, 2, 3, 4,
    ]);
  });

  it('tells memory just before the end of each phase and after each decoded token', async () => {
    const { lines } = await runWorkload(tinyModel(), tinyRun({ mode: 'generate', tokens: 3 }));
    const story = lines
      .filter((line) => ['memory', 'token'].includes(line.type) || line.event === 'end')
      .map((line) => (line.type === 'phase' ? `end ${line.name}` : line.type));
    expect(story).toEqual([
      'memory',
      'end load',
      'token',
      'memory',
      'end prefill',
      'token',
      'memory',
      'token',
      'memory',
      'memory',
      'end decode',
    ]);
  });

  it('stamps its lines with a monotonic clock that never runs back', async () => {
    const { lines } = await runWorkload(tinyModel(), tinyRun());
    const times = lines.map((line) => BigInt(line.ts));
    expect(times.every((time, index) => index === 0 || time >= times[index - 1]!)).toBe(true);
  });

  it('announces the backend that really runs and the parameters it really made', async () => {
    const { lines } = await runWorkload(
      tinyModel(),
      tinyRun({ mode: 'infer', backend: 'cpu', steps: 1 }),
    );
    expect(lines.find((line) => line.type === 'run')?.fields).toMatchObject({
      backend: 'cpu',
      tfjs: '4.22.0',
      adapter: null,
    });
    // V·d + P·d + L·(12 vectors and matrices of a block) + final norm, counted by hand for this shape.
    expect(lines.find((line) => line.type === 'model')?.fields).toMatchObject({
      parameters: 31 * 12 + 16 * 12 + 2 * 1184 + 24,
      layers: 2,
    });
  });

  it('keeps the components of every marker summing to its totals', async () => {
    const { lines } = await runWorkload(tinyModel(), tinyRun());
    const memory = lines.filter((line) => line.type === 'memory');
    const sum = (split: Readonly<Record<string, number>> = {}): number =>
      Object.values(split).reduce((a, b) => a + b, 0);
    expect(memory.map((line) => sum(line.components))).toEqual(
      memory.map((line) => line.allocated),
    );
    expect(memory.map((line) => sum(line.peakComponents))).toEqual(memory.map((line) => line.peak));
  });

  it.each(['adam', 'sgd', 'momentum'] as const)(
    'learns its repeated batch with %s',
    async (optimizer) => {
      const { stdout } = await runWorkload(tinyModel(), tinyRun({ optimizer, steps: 6, seq: 8 }));
      const seen = losses(stdout);
      expect(seen).toHaveLength(6);
      expect(seen.at(-1)).toBeLessThan(seen[0]!);
    },
  );

  it('begins with the loss of a guess among all words', async () => {
    const { stdout } = await runWorkload(tinyModel({ vocab: 97 }), tinyRun({ steps: 1 }));
    expect(losses(stdout)[0]).toBeCloseTo(Math.log(97), 1);
  });

  it('trains to the same losses on wasm and cpu', async () => {
    const [wasm, cpu] = await Promise.all(
      (['wasm', 'cpu'] as const).map((backend) => runWorkload(tinyModel(), tinyRun({ backend }))),
    );
    const [a, b] = [losses(wasm!.stdout), losses(cpu!.stdout)];
    expect(a).toHaveLength(3);
    for (const [index, loss] of a.entries()) expect(loss).toBeCloseTo(b[index]!, 3);
  });

  it('generates the same tokens with and without a cache, on wasm and on cpu', async () => {
    const run = tinyRun({ mode: 'generate', batch: 2, promptTokens: 5, tokens: 8, seed: 7 });
    const runs = await Promise.all(
      [run, { ...run, kvCache: false }, { ...run, backend: 'cpu' as const }].map((spec) =>
        runWorkload(tinyModel(), spec),
      ),
    );
    const [cached, full, cpu] = runs.map(({ lines }) => tokenIds(lines));
    expect(cached).toHaveLength(8);
    expect(full).toEqual(cached);
    expect(cpu).toEqual(cached);
  });

  it('runs the declared seed alike and another seed otherwise', async () => {
    const outputs = await Promise.all(
      [3, 3, 4].map((seed) => runWorkload(tinyModel(), tinyRun({ seed, steps: 1 }))),
    );
    const [a, b, c] = outputs.map(({ stdout }) => losses(stdout)[0]);
    expect(a).toBe(b);
    expect(c).not.toBe(a);
  });

  it('runs without a socket', async () => {
    const { code, lines, stdout } = await runWorkload(
      tinyModel(),
      tinyRun({ steps: 1 }),
      {},
      false,
    );
    expect(code).toBe(0);
    expect(lines).toEqual([]);
    expect(losses(stdout)).toHaveLength(1);
  });

  it('runs when nobody listens at the socket it was given', async () => {
    const { code } = await runWorkload(tinyModel(), tinyRun({ steps: 1 }), {
      PLUMBLINE_SOCKET: '/nonexistent/plumbline.sock',
    });
    expect(code).toBe(0);
  });

  it('announces the declared batch while a fault runs another', async () => {
    const { lines } = await runWorkload(tinyModel(), tinyRun({ mode: 'generate', batch: 2 }), {
      PLUMBLINE_FAULT: 'batch:5',
    });
    expect(lines.find((line) => line.type === 'run')?.fields).toMatchObject({ batch: 2 });
    expect(tokenIds(lines)[0]).toHaveLength(5);
  });

  it.each([
    ['another precision', tinyModel(), tinyRun({ precision: 'fp16' }), /fp32 only, not fp16/],
    [
      'selective checkpointing',
      tinyModel(),
      tinyRun({ checkpointing: 'selective' }),
      /whole layers/,
    ],
    ['a model that is not GPT-2', tinyModel({ norm: 'rmsnorm' }), tinyRun(), /cannot be tiny/],
  ])('refuses %s in one sentence with exit code 3', async (_name, model, run, sentence) => {
    const { code, stderr, lines } = await runWorkload(model, run);
    expect(code).toBe(3);
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(lines).toEqual([]);
  });

  it.each([
    [
      'a sequence longer than the position table',
      tinyModel(),
      tinyRun({ seq: 17 }),
      /--seq cannot be 17: tiny has 16 positions/,
    ],
    [
      'heads that do not divide the width',
      tinyModel({ hidden: 10, headDim: 3 }),
      tinyRun(),
      /Heads cannot be 3: it does not divide the width 10/,
    ],
    ['a batch of none', tinyModel(), tinyRun({ batch: 0 }), /--batch cannot be 0/],
  ])('calls %s bad input with exit code 2', async (_name, model, run, sentence) => {
    const { code, stderr } = await runWorkload(model, run);
    expect(code).toBe(2);
    expect(stderr).toMatch(sentence);
  });

  it('says in one sentence that a backend is not available, with exit code 3', async () => {
    const { code, stderr } = await runWorkload(tinyModel(), tinyRun({ backend: 'webgpu' }), {
      VK_DRIVER_FILES: '/nonexistent.json',
      VK_ICD_FILENAMES: '/nonexistent.json',
    });
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /The webgpu backend is not available: .+\. Choose another with --backend\./,
    );
  });
});

const noGpu = swiftshaderUnavailable();
describe.skipIf(noGpu !== null)(
  `the bundled workload beside a software GPU${noGpu ? ` (skipped: ${noGpu})` : ''}`,
  () => {
    beforeAll(buildWorkload);

    it('never chooses it unasked', async () => {
      const { code, lines } = await runWorkload(
        tinyModel(),
        tinyRun({ backend: null, steps: 1 }),
        swiftshaderEnvironment(),
      );
      expect(code).toBe(0);
      expect(lines.find((line) => line.type === 'run')?.fields).toMatchObject({
        backend: 'wasm',
        adapter: null,
      });
    });

    it('takes it when asked by name, says what it is, and generates what the others generate', async () => {
      const run = tinyRun({ mode: 'generate', promptTokens: 4, tokens: 4, backend: 'webgpu' });
      const [gpu, wasm] = [
        await runWorkload(tinyModel(), run, swiftshaderEnvironment()),
        await runWorkload(tinyModel(), { ...run, backend: 'wasm' }),
      ];
      const fields = gpu.lines.find((line) => line.type === 'run')?.fields;
      expect(fields).toMatchObject({ backend: 'webgpu', softwareAdapter: true });
      expect(fields?.adapter).toMatch(/SwiftShader/i);
      expect(tokenIds(gpu.lines)).toEqual(tokenIds(wasm.lines));
    });
  },
);
