/** The refined budget for tfjs against counts made by hand, and against its own shortcuts. */
import { describe, expect, it } from 'vitest';
import { tfjsBudget, tfjsTokenBudgets } from '../../../../src/shared/budget/tfjs';
import type { ModelSpec } from '../../../../src/shared/model/spec';
import { tinyModel, tinyRun } from '../../../integration/workload-process';

const gpt2: ModelSpec = tinyModel({
  name: 'gpt2',
  layers: 12,
  hidden: 768,
  heads: 12,
  ffn: 3072,
  vocab: 50257,
  maxPositions: 1024,
});

describe('the tfjs budget', () => {
  it('counts the 124,439,808 parameters of GPT-2 small, four bytes each', () => {
    const { timeline } = tfjsBudget(
      gpt2,
      tinyRun({ mode: 'generate', promptTokens: 16, tokens: 32 }),
    );
    expect(timeline[0]!.endComponents.params).toBe(4 * 124_439_808);
  });

  it('holds two tensors of width d per layer, sequence and cached token', () => {
    const tokens = tfjsTokenBudgets(
      gpt2,
      tinyRun({ mode: 'generate', batch: 3, promptTokens: 16, tokens: 4 }),
    );
    // The token just produced has not been fed yet: after token k the cache holds 16 + k − 1.
    expect(tokens.map(({ components }) => components.kv_cache)).toEqual(
      [16, 17, 18, 19].map((cached) => 2 * 12 * 3 * 768 * 4 * cached),
    );
  });

  it('grows by exactly the cache between tokens', () => {
    const tokens = tfjsTokenBudgets(
      gpt2,
      tinyRun({ mode: 'generate', batch: 1, promptTokens: 2, tokens: 5 }),
    );
    expect(
      tokens.slice(1).map(({ allocated }, index) => allocated - tokens[index]!.allocated),
    ).toEqual([73728, 73728, 73728, 73728]);
  });

  it('holds nothing but parameters between tokens without a cache', () => {
    const { timeline } = tfjsBudget(
      gpt2,
      tinyRun({ mode: 'generate', kvCache: false, promptTokens: 5, tokens: 3 }),
    );
    expect(timeline.map(({ endComponents }) => endComponents)).toEqual(
      timeline.map(() => ({ params: 4 * 124_439_808 })),
    );
  });

  it.each([true, false])(
    'runs only the last decoded token and finds the marks of running them all (cache %s)',
    (kvCache) => {
      for (const [batch, promptTokens, tokens] of [
        [1, 1, 2],
        [2, 3, 9],
        [3, 7, 5],
      ] as const) {
        const run = tinyRun({ mode: 'generate', kvCache, batch, promptTokens, tokens });
        const decode = tfjsBudget(tinyModel(), run).timeline.at(-1)!;
        const last = tfjsTokenBudgets(tinyModel(), run).at(-1)!;
        expect({
          end: decode.end,
          total: decode.total,
          components: decode.components,
          count: decode.frameworkCount,
        }).toEqual({
          end: last.allocated,
          total: last.peak,
          components: last.peakComponents,
          count: last.frameworkCount,
        });
      }
    },
  );

  it('ends backward with one gradient for every parameter and nothing but that added', () => {
    const { timeline } = tfjsBudget(gpt2, tinyRun({ batch: 1, seq: 8 }));
    const load = timeline[0]!;
    const backward = timeline.find(({ phase }) => phase === 'backward')!;
    // The loss itself, one float, outlives the step's phases.
    expect(backward.endComponents).toEqual({
      ...load.endComponents,
      gradients: 4 * 124_439_808,
      logits: 4,
    });
  });

  it('gives the first training step no moments to begin with and all later ones both', () => {
    const { timeline } = tfjsBudget(gpt2, tinyRun({ steps: 5 }));
    const forward = timeline.filter(({ phase }) => phase === 'forward');
    expect(forward.map(({ step, lastStep }) => [step, lastStep])).toEqual([
      [1, 1],
      [2, 5],
    ]);
    expect(forward.map(({ components }) => components.adam_m ?? 0)).toEqual([0, 4 * 124_439_808]);
    expect(forward[1]!.total - forward[0]!.total).toBe(2 * 4 * 124_439_808);
  });

  it.each([
    ['sgd', {}],
    ['momentum', { momentum: 1 }],
    ['adamw', { adam_m: 1, adam_v: 1 }],
  ] as const)('keeps the states of %s', (optimizer, states) => {
    const model = tinyModel();
    const { timeline, phases } = tfjsBudget(model, tinyRun({ optimizer }));
    const params = timeline[0]!.endComponents.params!;
    const end = phases.find(({ phase }) => phase === 'optimizer')!.endComponents;
    const held = Object.fromEntries(
      (['momentum', 'adam_m', 'adam_v'] as const)
        .filter((name) => end[name])
        .map((name) => [name, end[name]! / params]),
    );
    expect(held).toEqual(states);
    expect(end.gradients).toBeUndefined();
  });

  it('sums its components to its totals in every phase', () => {
    const sum = (split: Readonly<Partial<Record<string, number>>>): number =>
      Object.values(split).reduce<number>((a, b) => a + (b ?? 0), 0);
    for (const run of [tinyRun(), tinyRun({ mode: 'generate' }), tinyRun({ mode: 'infer' })]) {
      const budget = tfjsBudget(tinyModel(), run);
      for (const row of [...budget.phases, ...budget.timeline]) {
        expect(sum(row.components)).toBe(row.total);
        expect(sum(row.endComponents)).toBe(row.end);
        expect(row.total).toBeGreaterThanOrEqual(row.end);
        expect(row.frameworkCount.peak).toBeGreaterThanOrEqual(row.frameworkCount.end);
      }
      expect(budget.total).toBe(Math.max(...budget.phases.map(({ total }) => total)));
    }
  });

  it('holds scores and probabilities of every head and layer when forward ends, four bytes for each pair of tokens', () => {
    const held = (seq: number): number =>
      tfjsBudget(tinyModel({ maxPositions: 100 }), tinyRun({ batch: 1, seq })).phases.find(
        ({ phase }) => phase === 'forward',
      )!.endComponents.activations!;
    // The second difference in n leaves only the n² part, for 3 heads in 2 layers: the scores before the mask (the sum
    // saves both operands) and the probabilities (saved by the softmax and the product, in one buffer).
    const quadratic = (held(30) - 2 * held(20) + held(10)) / 200;
    expect(quadratic).toBe(4 * 2 * 3 * 2);
  });
});
