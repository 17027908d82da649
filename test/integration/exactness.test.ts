/** The bundled workload's own ledger against the budget: equal to the byte, at every marker, on every backend. */
import { beforeAll, describe, expect, it } from 'vitest';
import { tfjsTokenBudgets } from '../../src/shared/budget/tfjs';
import type { ModelSpec, RunSpec } from '../../src/shared/model/spec';
import { swiftshaderEnvironment, swiftshaderUnavailable } from '../support/swiftshader';
import { expectExact, measured, predicted } from './exact';
import { buildWorkload, runWorkload, tinyModel, tinyRun } from './workload-process';

const train = (run: Partial<RunSpec>): RunSpec => tinyRun({ mode: 'train', ...run });
const generate = (run: Partial<RunSpec>): RunSpec => tinyRun({ mode: 'generate', ...run });
const infer = (run: Partial<RunSpec>): RunSpec => tinyRun({ mode: 'infer', ...run });

const CASES: readonly (readonly [string, ModelSpec, RunSpec])[] = [
  ['training, two layers', tinyModel(), train({})],
  [
    'training, prime sizes',
    tinyModel({ layers: 3, hidden: 35, heads: 7, ffn: 53, vocab: 101, maxPositions: 23 }),
    train({ batch: 3, seq: 11, steps: 4 }),
  ],
  [
    'training, one head, one sequence',
    tinyModel({ heads: 1, hidden: 13, ffn: 17 }),
    train({ batch: 1, seq: 7 }),
  ],
  ['training, sequences of one token', tinyModel(), train({ batch: 5, seq: 1 })],
  ['training, one token of one sequence', tinyModel({ layers: 1 }), train({ batch: 1, seq: 1 })],
  [
    'training, heads of width one',
    tinyModel({ layers: 1, hidden: 5, heads: 5, vocab: 7 }),
    train({ seq: 3 }),
  ],
  ['training, width one', tinyModel({ layers: 1, hidden: 1, heads: 1, ffn: 3 }), train({ seq: 4 })],
  [
    'training, a vocabulary that dwarfs the rest',
    tinyModel({ layers: 1, hidden: 6, heads: 2, ffn: 9, vocab: 1009 }),
    train({ seq: 13 }),
  ],
  [
    'training, attention scores that dwarf the rest',
    tinyModel({ hidden: 8, heads: 4, ffn: 8, vocab: 5, maxPositions: 64 }),
    train({ batch: 3, seq: 61 }),
  ],
  ['training, a narrow feed-forward', tinyModel({ layers: 4, ffn: 1 }), train({ steps: 5 })],
  ['training with Adam', tinyModel(), train({ optimizer: 'adam' })],
  ['training with SGD', tinyModel(), train({ optimizer: 'sgd' })],
  ['training with momentum', tinyModel(), train({ optimizer: 'momentum' })],
  ['training for one step', tinyModel(), train({ steps: 1 })],
  ['generation with a cache', tinyModel(), generate({ batch: 1 })],
  [
    'generation with a cache, three sequences',
    tinyModel({ layers: 3, hidden: 21, heads: 7, ffn: 31, vocab: 97 }),
    generate({ batch: 3, promptTokens: 5, tokens: 7 }),
  ],
  [
    'generation with a cache from one token',
    tinyModel(),
    generate({ batch: 2, promptTokens: 1, tokens: 5 }),
  ],
  [
    'generation with a cache, one head',
    tinyModel({ hidden: 11, heads: 1 }),
    generate({ promptTokens: 4, tokens: 3 }),
  ],
  ['generation of a single token', tinyModel(), generate({ batch: 1, tokens: 1 })],
  ['generation without a cache', tinyModel(), generate({ kvCache: false, batch: 1, tokens: 6 })],
  [
    'generation without a cache from one token',
    tinyModel({ hidden: 10, heads: 5 }),
    generate({ kvCache: false, batch: 3, promptTokens: 1, tokens: 5 }),
  ],
  [
    'generation with a wide vocabulary',
    tinyModel({ vocab: 1013, layers: 1 }),
    generate({ batch: 4, tokens: 5 }),
  ],
  ['inference', tinyModel({ layers: 3 }), infer({ batch: 3, seq: 7 })],
  ['inference on one token', tinyModel(), infer({ batch: 1, seq: 1, steps: 2 })],
  ['inference, one head', tinyModel({ heads: 1, hidden: 7 }), infer({ batch: 2, seq: 9 })],
];

const encoder = (overrides: Partial<ModelSpec> = {}): ModelSpec =>
  tinyModel({ architecture: 'encoder', postNorm: true, tokenTypes: 2, pooler: true, ...overrides });
const ragged = { batch: 3, lengths: [5, 2, 4], promptTokens: 5, tokens: 4 };

const REPEATED_CASES: typeof CASES = [
  ['an encoder', encoder(), infer({})],
  [
    'an encoder of four layers on sequences of unequal length',
    encoder({ layers: 4, hidden: 21, heads: 7, ffn: 31 }),
    infer({ batch: 3, seq: 6, lengths: [2, 6, 3], steps: 2 }),
  ],
  [
    'an encoder without segments and pooler',
    encoder({ tokenTypes: 0, pooler: false, heads: 1 }),
    infer({ batch: 1, seq: 9 }),
  ],
  ['an encoder on one token', encoder(), infer({ batch: 2, seq: 1 })],
  ['an encoder with ReLU', encoder({ activation: 'relu' }), infer({ steps: 2 })],
  ['an encoder with the GELU of GPT-2', encoder({ activationComposed: true }), infer({})],
  ['an encoder in int8', encoder({ hidden: 24 }), infer({ precision: 'int8' })],
  ['generation with a cache laid out at once', tinyModel(), generate({ cacheGrowth: 'static' })],
  [
    'generation with a cache laid out at once, from one token',
    tinyModel({ layers: 3, hidden: 21, heads: 7 }),
    generate({ cacheGrowth: 'static', batch: 1, promptTokens: 1, tokens: 6 }),
  ],
  [
    'generation of a single token into a cache laid out at once',
    tinyModel(),
    generate({ cacheGrowth: 'static', tokens: 1 }),
  ],
  [
    'generation of two tokens with one head and a cache laid out at once',
    tinyModel({ hidden: 11, heads: 1 }),
    generate({ cacheGrowth: 'static', tokens: 2, topK: 3 }),
  ],
  [
    'generation with a packed cache laid out at once',
    tinyModel({ hidden: 24 }),
    generate({ cacheGrowth: 'static', kvPrecision: 'int8' }),
  ],
  ['generation from prompts of unequal length', tinyModel(), generate(ragged)],
  [
    'generation from prompts of unequal length without a cache',
    tinyModel(),
    generate({ ...ragged, kvCache: false }),
  ],
  [
    'generation from prompts of unequal length with a cache laid out at once',
    tinyModel({ heads: 1, hidden: 7 }),
    generate({ ...ragged, cacheGrowth: 'static' }),
  ],
  [
    'generation from prompts of one length, told one by one',
    tinyModel(),
    generate({ lengths: [3, 3] }),
  ],
  ['inference on sequences of unequal length', tinyModel(), infer({ batch: 2, lengths: [5, 1] })],
  ['scoring a text', tinyModel({ layers: 3 }), infer({ data: 'text', batch: 3, seq: 7, steps: 3 })],
  [
    'scoring a text, one head, one token',
    tinyModel({ heads: 1, hidden: 7 }),
    infer({ data: 'text', batch: 1, seq: 1, steps: 2 }),
  ],
  [
    'scoring a text in int8',
    tinyModel({ hidden: 24 }),
    infer({ data: 'text', precision: 'int8', steps: 2 }),
  ],
  [
    'scoring a text in int4 with a wide vocabulary',
    tinyModel({ hidden: 24, vocab: 307 }),
    infer({ data: 'text', precision: 'int4', batch: 1, seq: 9 }),
  ],
  [
    'training on a text, of which every step takes new windows',
    tinyModel({ vocab: 260 }),
    train({ data: 'text', gradAccum: 2, steps: 4 }),
  ],
  [
    'training with full checkpointing',
    tinyModel({ layers: 3 }),
    train({ checkpointing: 'full', seq: 9 }),
  ],
  [
    'training with a checkpoint every two of five layers',
    tinyModel({ layers: 5, hidden: 21, heads: 7, ffn: 31, vocab: 97 }),
    train({ checkpointing: 'every=2', seq: 11, batch: 3 }),
  ],
  [
    'training with one checkpoint for all layers',
    tinyModel({ layers: 3 }),
    train({ checkpointing: 'every=3', optimizer: 'sgd' }),
  ],
  [
    'training with a checkpoint of one head and one token',
    tinyModel({ heads: 1, hidden: 13, ffn: 17 }),
    train({ checkpointing: 'full', batch: 1, seq: 1 }),
  ],
  ['training with two micro-batches', tinyModel(), train({ gradAccum: 2 })],
  [
    'training with five micro-batches of one sequence',
    tinyModel({ vocab: 211 }),
    train({ gradAccum: 5, batch: 1, seq: 7, optimizer: 'momentum' }),
  ],
  [
    'generation of drawn tokens',
    tinyModel({ vocab: 103 }),
    generate({ batch: 3, temperature: 0.9 }),
  ],
  [
    'generation of drawn tokens without a cache',
    tinyModel(),
    generate({ batch: 1, topK: 4, kvCache: false }),
  ],
  [
    'training with micro-batches and checkpoints',
    tinyModel({ layers: 4, ffn: 7 }),
    train({ gradAccum: 3, checkpointing: 'every=3', seq: 13 }),
  ],
];

/**
 * One case of each path through the kernels. What differs in sizes alone is held to the byte on WASM: a software GPU takes
 * seconds a case to compile its shaders, and the CPU shares the engine that counts.
 */
const PATHS = new Set([
  'training, prime sizes',
  'training, one token of one sequence',
  'training, a vocabulary that dwarfs the rest',
  'training, attention scores that dwarf the rest',
  'training with Adam',
  'training with SGD',
  'training with momentum',
  'generation with a cache, three sequences',
  'generation with a cache from one token',
  'generation without a cache from one token',
  'generation with a wide vocabulary',
  'inference on one token',
  'inference, one head',
  'scoring a text',
  'an encoder of four layers on sequences of unequal length',
  'an encoder with ReLU',
  'generation with a packed cache laid out at once',
  'generation from prompts of unequal length with a cache laid out at once',
]);
const ALL = [...CASES, ...REPEATED_CASES];
const ONE_A_PATH = ALL.filter(([name]) => PATHS.has(name));

describe('the budget of the bundled workload', () => {
  beforeAll(buildWorkload);

  for (const [backend, cases] of [
    ['wasm', ALL],
    ['cpu', ONE_A_PATH],
  ] as const) {
    it.each(cases)(`equals the ledger on ${backend}: %s`, async (_name, model, run) => {
      await expectExact(model, { ...run, backend });
    });
  }

  it('shows a leak as a residual of exactly its bytes for each token, and nothing else', async () => {
    const [model, run] = [tinyModel(), generate({ batch: 1, tokens: 6 })];
    const tokens = tfjsTokenBudgets(model, run);
    const result = await runWorkload(model, run, { PLUMBLINE_FAULT: 'leak:4096' });
    const decoded = result.lines
      .filter((line) => line.type === 'memory' && line.phase === 'decode')
      .slice(0, -1);
    expect(
      decoded.map((line, position) => line.allocated! - tokens[position + 1]!.allocated),
    ).toEqual([2, 3, 4, 5, 6].map((k) => 4096 * k));
  });

  it('shows a leak in training as a residual of exactly its bytes for each step', async () => {
    const [model, run] = [tinyModel(), train({ steps: 4 })];
    const budget = predicted(model, run).filter(({ phase }) => phase === 'optimizer');
    const ledger = measured(await runWorkload(model, run, { PLUMBLINE_FAULT: 'leak:4096' })).filter(
      ({ phase }) => phase === 'optimizer',
    );
    expect(ledger.map((row, index) => row.allocated - budget[index]!.allocated)).toEqual([
      4096, 8192, 12288, 16384,
    ]);
    expect(
      ledger.map(
        (row, index) =>
          (row.components.workspace ?? 0) - (budget[index]!.components.workspace ?? 0),
      ),
    ).toEqual([4096, 8192, 12288, 16384]);
  });

  it('is equal at every operation: one small tensor more, made and given back anywhere, is seen', async () => {
    const [model, run] = [tinyModel(), train({ steps: 1 })];
    const budget = predicted(model, run);
    expect(budget.reduce((sum, { operations }) => sum + operations, 0)).toBeGreaterThan(300);
    // Among the weights, in forward, in its loss, in backward and in the optimizer's update.
    const seen = [9, 95, 330, 500, 800, 1100].map(async (after) => {
      const ledger = measured(await runWorkload(model, run, { PLUMBLINE_FAULT: `extra:${after}` }));
      const wrong = ledger.filter((row, i) => row.operationsDigest !== budget[i]!.operationsDigest);
      expect(ledger.map(({ allocated }) => allocated)).toEqual(
        budget.map(({ allocated }) => allocated),
      );
      return wrong.map(({ phase }) => phase).join();
    });
    expect(await Promise.all(seen)).toEqual([
      'load',
      'forward',
      'forward',
      'backward',
      'backward',
      'optimizer',
    ]);
  });

  it('shows a doubled cache as exactly one more cache', async () => {
    const [model, run] = [tinyModel(), generate({ tokens: 3 })];
    const budget = predicted(model, run).at(-1)!;
    const ledger = measured(await runWorkload(model, run, { PLUMBLINE_FAULT: 'kv:double' })).at(
      -1,
    )!;
    expect(ledger.components.kv_cache).toBe(2 * budget.components.kv_cache!);
    expect(ledger.allocated - budget.allocated).toBe(budget.components.kv_cache);
  });
});

const noGpu = swiftshaderUnavailable();

describe('the budget of the bundled workload on WebGPU', () => {
  beforeAll(buildWorkload);

  it.for(ONE_A_PATH)(
    'equals the ledger on a software GPU: %s',
    { timeout: 180_000 },
    async ([_name, model, run], { skip }) => {
      if (noGpu !== null) skip(noGpu);
      await expectExact(model, { ...run, backend: 'webgpu' }, swiftshaderEnvironment());
    },
  );
});
