/** Settings that add to what training holds, each against what it must add by definition. */
import { describe, expect, it } from 'vitest';
import { computeBudget } from '../../../../src/shared/budget/budget';
import { adapterParameters, parameterCount } from '../../../../src/shared/model/parameters';
import { preset } from '../../../../src/shared/model/presets';
import { runDefaults } from '../../../../src/shared/model/run';
import type { RunSpec } from '../../../../src/shared/model/spec';
import { checkRun } from '../../../../src/shared/model/validate';

const llama = preset('llama-2-7b');
const P = parameterCount(llama);
const train = (given: Partial<RunSpec> = {}) =>
  runDefaults(llama, { framework: 'pytorch', mode: 'train', precision: 'bf16', ...given });
const heldBy = (given: Partial<RunSpec>) => {
  const budget = computeBudget(llama, train(given));
  const { phases } = budget.perRank?.refined ?? budget.tiers.refined;
  return Object.fromEntries(phases.map(({ phase, components }) => [phase, components]));
};

describe('gradients', () => {
  it('take the precision that they are given', () => {
    expect(heldBy({}).optimizer?.gradients).toBe(2 * P);
    expect(heldBy({ gradientPrecision: 'fp32' }).optimizer?.gradients).toBe(4 * P);
  });
});

describe('reference models', () => {
  it('are weights once more each, and nothing else', () => {
    const [none, two] = [heldBy({}), heldBy({ referenceModels: 2 })];
    expect((two.load?.params ?? 0) - (none.load?.params ?? 0)).toBe(2 * 2 * P);
    expect(two.optimizer?.gradients).toBe(none.optimizer?.gradients);
  });
});

describe('hybrid sharding', () => {
  it('leaves a rank the share of its group, not of all ranks', () => {
    const [all, groups] = [heldBy({ zero: 3, dp: 8 }), heldBy({ zero: 3, dp: 8, shardGroup: 2 })];
    expect((groups.optimizer?.adam_m ?? 0) / (all.optimizer?.adam_m ?? 1)).toBeCloseTo(4, 3);
    expect(() => checkRun(llama, train({ zero: 3, dp: 8, shardGroup: 3 }))).toThrow(
      /shardGroup cannot be 3.*8 data-parallel/,
    );
    expect(() => checkRun(llama, train({ dp: 8, shardGroup: 2 }))).toThrow(/shards nothing/);
  });
});

describe('modules with adapters', () => {
  it('may be named as PEFT takes them', () => {
    const count = (targets: string) => adapterParameters(llama, 8, targets);
    expect(count('q_proj,v_proj')).toBe(count('query-value'));
    expect(count('q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj')).toBe(
      count('all-linear'),
    );
    expect(adapterParameters(preset('gpt2'), 4, 'c_attn')).toBe(12 * 4 * (768 + 2304));
    expect(() => checkRun(llama, train({ loraRank: 8, loraTargets: 'c_attn' }))).toThrow(
      /loraTargets cannot be "c_attn".*no module/,
    );
  });
});
