/** Packed weights and caches against the budget: equal to the byte, at every marker, on every backend. */
import { beforeAll, describe, expect, it } from 'vitest';
import { tfjsBudget } from '../../src/shared/budget/tfjs';
import { quantizedKvCache, quantizedMatrix } from '../../src/shared/compute/quantization';
import type { Backend, ModelSpec, RunSpec } from '../../src/shared/model/spec';
import { swiftshaderEnvironment, swiftshaderUnavailable } from '../support/swiftshader';
import { expectExact, measured } from './exact';
import { buildWorkload, runWorkload, tinyModel, tinyRun } from './workload-process';

const generate = (run: Partial<RunSpec>): RunSpec => tinyRun({ mode: 'generate', ...run });
const infer = (run: Partial<RunSpec>): RunSpec => tinyRun({ mode: 'infer', ...run });
/** Rows that fill no whole words, and for int4 more than one group, the last a short one. */
const odd = tinyModel({ layers: 3, hidden: 69, heads: 3, ffn: 131, vocab: 37, maxPositions: 21 });

const CASES: readonly (readonly [string, ModelSpec, RunSpec])[] = [
  ['fp16', tinyModel(), generate({ precision: 'fp16', kvPrecision: 'fp16' })],
  [
    'int8 with a cache of halves',
    tinyModel(),
    generate({ precision: 'int8', kvPrecision: 'fp16' }),
  ],
  [
    'int4 with a cache of halves',
    tinyModel(),
    generate({ precision: 'int4', kvPrecision: 'fp16' }),
  ],
  [
    'int8, three sequences, odd sizes',
    odd,
    generate({ precision: 'int8', kvPrecision: 'int8', batch: 3, promptTokens: 5, tokens: 6 }),
  ],
  [
    'int4, three sequences, odd sizes',
    odd,
    generate({ precision: 'int4', kvPrecision: 'int4', batch: 3, promptTokens: 5, tokens: 6 }),
  ],
  [
    'fp16, one token of odd sizes',
    odd,
    generate({ precision: 'fp16', kvPrecision: 'fp16', batch: 1, promptTokens: 1, tokens: 3 }),
  ],
  [
    'int4, rows and heads of whole sixteens',
    tinyModel({ hidden: 96, heads: 3, ffn: 64 }),
    generate({ precision: 'int4', kvPrecision: 'int8', batch: 2, tokens: 4 }),
  ],
  [
    'int8 with room for its int8 cache from the start',
    odd,
    generate({
      precision: 'int8',
      kvPrecision: 'int8',
      cacheGrowth: 'static',
      batch: 2,
      tokens: 4,
    }),
  ],
  [
    'int8 with a cache in fp32',
    tinyModel({ heads: 1, hidden: 7 }),
    generate({ precision: 'int8', kvPrecision: 'fp32' }),
  ],
  ['fp32 with a cache in int8', tinyModel(), generate({ kvPrecision: 'int8', tokens: 5 })],
  [
    'fp32 with a cache of halves, heads of width one',
    tinyModel({ layers: 1, hidden: 5, heads: 5 }),
    generate({ kvPrecision: 'fp16' }),
  ],
  [
    'int8 without a cache',
    tinyModel(),
    generate({ precision: 'int8', kvPrecision: 'fp16', kvCache: false, batch: 1 }),
  ],
  [
    'drawn tokens in int4',
    tinyModel({ vocab: 103 }),
    generate({ precision: 'int4', kvPrecision: 'fp16', temperature: 0.8 }),
  ],
  ['inference in fp16', tinyModel({ layers: 3 }), infer({ precision: 'fp16', batch: 3, seq: 7 })],
  ['inference in int8', odd, infer({ precision: 'int8', batch: 2, seq: 9 })],
  [
    'inference in int4 on one token',
    tinyModel(),
    infer({ precision: 'int4', batch: 1, seq: 1, steps: 2 }),
  ],
];

describe('the budget of packed weights and caches', () => {
  beforeAll(buildWorkload);

  for (const backend of ['wasm', 'cpu'] satisfies Backend[]) {
    it.each(CASES)(`equals the ledger on ${backend}: %s`, async (_name, model, run) => {
      await expectExact(model, { ...run, backend });
    });
  }

  it('never holds a matrix in fp32 while loading: the highest moment of the load phase is its end', async () => {
    for (const precision of ['fp16', 'int8', 'int4'] as const) {
      const load = measured(
        await runWorkload(odd, generate({ precision, kvPrecision: 'fp16' })),
      )[0]!;
      expect(load).toMatchObject({ phase: 'load', peak: load.allocated });
    }
  });
});

describe('the theory of quantization', () => {
  /** Widths whose rows fill whole words, as the theory counts none that are padded. */
  const model = tinyModel({
    layers: 2,
    hidden: 128,
    heads: 2,
    ffn: 320,
    vocab: 64,
    maxPositions: 32,
  });
  const parameters = (run: Partial<RunSpec>): number =>
    tfjsBudget(model, generate({ kvPrecision: 'fp16', ...run })).timeline[0]!.endComponents.params!;
  const { layers, hidden, ffn, vocab, maxPositions } = model;
  const vectors = 4 * (layers * (4 * hidden + 4 * hidden + ffn + hidden) + 2 * hidden);
  /** Output channels and inputs of the matrices of a layer. */
  const linears = [
    ...Array.from({ length: 4 }, () => [hidden, hidden] as const),
    [ffn, hidden] as const,
    [hidden, ffn] as const,
  ];

  it.each([
    ['int8', { bits: 8, granularity: 'channel', scaleBytes: 4 }],
    ['int4', { bits: 4, granularity: 'group', groupSize: 64, scaleBytes: 4 }],
  ] as const)('counts the bytes that %s weights take', (precision, scheme) => {
    const matrices =
      layers *
      linears.reduce(
        (sum, [rows, columns]) => sum + quantizedMatrix(rows, columns, scheme).total,
        0,
      );
    const tables = [vocab, maxPositions].reduce(
      (sum, rows) =>
        sum +
        quantizedMatrix(rows, hidden, { bits: 8, granularity: 'channel', scaleBytes: 4 }).total,
      0,
    );
    expect(parameters({ precision })).toBe(matrices + tables + vectors);
  });

  it('counts two bytes for every number of a matrix in fp16', () => {
    const numbers =
      layers * linears.reduce((sum, [rows, columns]) => sum + rows * columns, 0) +
      (vocab + maxPositions) * hidden;
    expect(parameters({ precision: 'fp16' })).toBe(2 * numbers + vectors);
  });

  it('counts the bytes that an int8 cache takes', () => {
    const run = generate({ kvPrecision: 'int8', batch: 3, promptTokens: 7, tokens: 4 });
    const held = tfjsBudget(model, run).timeline.at(-1)!.endComponents.kv_cache;
    expect(held).toBe(
      quantizedKvCache(model, 3, 7 + 4 - 1, { bits: 8, granularity: 'channel', scaleBytes: 4 })
        .total,
    );
  });
});

const noGpu = swiftshaderUnavailable();

describe('the budget of packed weights and caches on WebGPU', () => {
  beforeAll(buildWorkload);

  it.for(CASES.filter(([, model]) => model === odd))(
    'equals the ledger on a software GPU: %s',
    { timeout: 180_000 },
    async ([_name, model, run], { skip }) => {
      if (noGpu !== null) skip(noGpu);
      await expectExact(model, { ...run, backend: 'webgpu' }, swiftshaderEnvironment());
    },
  );

  it('keeps keys and values alike on every backend: the same tokens follow', {
    timeout: 180_000,
  }, async ({ skip }) => {
    if (noGpu !== null) skip(noGpu);
    for (const kvPrecision of ['fp16', 'int8'] as const) {
      const run = generate({ kvPrecision, batch: 3, promptTokens: 5, tokens: 6 });
      const tokens = async (backend: Backend): Promise<unknown> => {
        const { lines } = await runWorkload(odd, { ...run, backend }, swiftshaderEnvironment());
        return lines
          .filter(({ type }) => type === 'token')
          .map((line) => (line as { ids?: readonly number[] }).ids);
      };
      const [onWasm, onCpu, onGpu] = [
        await tokens('wasm'),
        await tokens('cpu'),
        await tokens('webgpu'),
      ];
      expect(onWasm).toHaveLength(6);
      expect(onCpu).toEqual(onWasm);
      expect(onGpu).toEqual(onWasm);
    }
  });
});
