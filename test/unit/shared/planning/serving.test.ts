/** Serving, held to what engines print as they start and to sizes of published files. */
import { describe, expect, it } from 'vitest';
import { computeBudget } from '../../../../src/shared/budget/budget';
import { peakBytes } from '../../../../src/shared/budget/peak';
import { bytesForCache, cacheBytes, servingNeeds } from '../../../../src/shared/budget/serving';
import { wholeShard } from '../../../../src/shared/budget/sharding/shard';
import { preset } from '../../../../src/shared/model/presets';
import { runDefaults } from '../../../../src/shared/model/run';
import type { RunSpec } from '../../../../src/shared/model/spec';
import { checkRun } from '../../../../src/shared/model/validate';
import { planServing } from '../../../../src/shared/planning/serving';

const GiB = 2 ** 30;
const llama = preset('llama-3-8b');
const serve = (given: Partial<RunSpec> = {}): RunSpec =>
  runDefaults(llama, { mode: 'serve', framework: 'pytorch', ...given });
const needs = (given: Partial<RunSpec> = {}) =>
  servingNeeds(llama, serve(given), wholeShard(llama, serve(given)));

describe('GGUF', () => {
  // "model size" as llama.cpp prints it for Meta-Llama-3-8B-Instruct of each type.
  it.each([
    ['F16', 14.96],
    ['Q8_0', 7.95],
    ['Q6_K', 6.14],
    ['Q5_K_M', 5.33],
    ['Q4_K_M', 4.58],
    ['Q4_0', 4.33],
  ] as const)('%s of Llama 3 8B is %d GiB', (gguf, size) => {
    expect(needs({ engine: 'llama.cpp', gguf }).weights / GiB).toBeCloseTo(size, 1);
  });

  it('needs the compute buffer that llama.cpp prints for Llama 3 8B, 258.50 MiB', () => {
    expect(needs({ engine: 'llama.cpp' }).passes / 2 ** 20).toBeCloseTo(258.5, 1);
  });

  // "CUDA0 model buffer size = 4403.49 MiB, CPU_Mapped model buffer size = 281.81 MiB", as llama.cpp prints for Q4_K_M.
  it('keeps the table of embeddings on the host', () => {
    const found = needs({ engine: 'llama.cpp', gguf: 'Q4_K_M' });
    expect(found.hostWeights / 2 ** 20).toBeCloseTo(281.81, 1);
    expect(Math.abs((found.weights - found.hostWeights) / 2 ** 20 / 4403.49 - 1)).toBeLessThan(
      0.005,
    );
  });

  it('runs on the card as many layers as fit, and one more does not', () => {
    const run = serve({ engine: 'llama.cpp', gguf: 'Q4_K_M', seq: 8192 });
    expect(planServing(llama, run, 24 * GiB).layersOnCard).toBeNull();
    const layers = planServing(llama, run, 3 * GiB).layersOnCard ?? 0;
    expect(layers).toBeGreaterThan(5);
    expect(layers).toBeLessThan(32);
    expect(planServing(llama, run, GiB / 4).layersOnCard).toBe(0);
  });

  it('is given to llama.cpp alone', () => {
    expect(() => checkRun(llama, serve({ gguf: 'Q4_0' }))).toThrow(/--gguf cannot be "Q4_0"/);
    expect(() => checkRun(llama, serve({ engine: 'llama.cpp', gpuShare: 0.5 }))).toThrow(
      /--gpu-share cannot be 0.5/,
    );
  });
});

describe('a serving engine', () => {
  it('keeps the cache of a token as its keys and values are: 128 KiB for Llama 3 8B in bf16', () => {
    expect(needs().blockBytes / needs().blockTokens).toBe(131_072);
    expect(needs({ kvPrecision: 'fp8' }).blockBytes).toBe(needs().blockBytes / 2);
  });

  it('gives the cache what its share leaves, and a sequence whole blocks of it', () => {
    for (const engine of ['vllm', 'sglang'] as const) {
      const found = needs({ engine });
      const more = bytesForCache(found, 48 * GiB) - bytesForCache(found, 40 * GiB);
      expect(more / (8 * GiB)).toBeCloseTo(found.share, 6);
    }
    expect(cacheBytes(needs(), 3, 17)).toBe(3 * 2 * needs().blockBytes);
  });

  it('runs as many sequences as fit, and one more does not', () => {
    for (const memory of [20 * GiB, 24 * GiB, 80 * GiB]) {
      const plan = planServing(llama, serve({ seq: 2048 }), memory);
      expect(plan.sequences).toBeGreaterThan(0);
      const at = (batch: number) => peakBytes(llama, serve({ seq: 2048, batch }));
      expect(at(plan.sequences)).toBeLessThanOrEqual(memory);
      expect(at(plan.sequences + 1)).toBeGreaterThan(memory);
      expect(plan.longestContext).toBe(Math.min(8192, plan.cacheTokens));
    }
    expect(planServing(llama, serve(), 12 * GiB)).toMatchObject({ cacheBytes: 0, sequences: 0 });
  });

  it('splits weights and cache over tensor-parallel ranks', () => {
    const budget = computeBudget(llama, serve({ tp: 2, batch: 4 }));
    const { components } = budget.perRank?.refined ?? budget.tiers.refined;
    expect((components.params ?? 0) / (budget.tiers.refined.components.params ?? 1)).toBeCloseTo(
      0.5,
      2,
    );
    expect(budget.tiers.refined.components.kv_cache).toBe(2 * (components.kv_cache ?? 0));
  });

  it('is named in the settings that are its own alone', () => {
    const infer = runDefaults(llama, { mode: 'infer', framework: 'pytorch', kvBlock: 8 });
    expect(() => checkRun(llama, infer)).toThrow(/--kv-block cannot be 8.*serving/);
    expect(() =>
      checkRun(preset('bert-base'), runDefaults(preset('bert-base'), { mode: 'serve' })),
    ).toThrow(/--mode cannot be "serve".*decoders/);
  });
});
