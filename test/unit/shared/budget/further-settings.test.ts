/** Settings that add to what training holds, each against what it must add by definition. */
import { describe, expect, it } from 'vitest';
import { computeBudget } from '../../../../src/shared/budget/budget';
import { gpuByName } from '../../../../src/shared/hardware/gpu-names';
import { namedModel } from '../../../../src/shared/model/named';
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
      /--shard-group cannot be 3.*8 data-parallel/,
    );
    expect(() => checkRun(llama, train({ dp: 8, shardGroup: 2 }))).toThrow(/shards nothing/);
  });
});

describe('buckets that DeepSpeed reduces in', () => {
  const held = (given: Partial<RunSpec>) => {
    const [without, buckets] = [heldBy(given), heldBy({ ...given, reduceBucket: 5e8 })];
    const added = (phase: string) =>
      (buckets[phase]?.communication ?? 0) - (without[phase]?.communication ?? 0);
    return [added('forward'), added('backward'), added('optimizer')];
  };

  it('are two in the backward pass of stage 2 and one throughout in stage 3, of two bytes an element', () => {
    expect(held({ zero: 2, dp: 8 })).toEqual([0, 2 * 2 * 5e8, 0]);
    expect(held({ zero: 3, dp: 8 })).toEqual([2 * 5e8, 2 * 5e8, 2 * 5e8]);
  });

  it('are none where nothing is reduced so', () => {
    expect(() => checkRun(llama, train({ zero: 1, dp: 8, reduceBucket: 5e8 }))).toThrow(
      /--reduce-bucket cannot be 500000000.*stages 2 and 3/,
    );
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
    const flan = namedModel('flan-t5-base');
    expect(adapterParameters(flan, 4, 'wi_0,wi_1')).toBe(24 * 2 * 4 * (768 + 2048));
    expect(adapterParameters(preset('distilbert'), 4, 'q_lin,v_lin')).toBe(6 * 2 * 4 * (768 + 768));
    expect(() => checkRun(llama, train({ loraRank: 8, loraTargets: 'c_attn' }))).toThrow(
      /--lora-targets cannot be "c_attn".*no module/,
    );
  });
});

describe('an interleaved pipeline', () => {
  // Korthikanti et al. 2022, §4.2.3: the first stage holds L·(1 + (p − 1)/(p·v)) layers' activations.
  it.each([
    [4, 2],
    [4, 8],
    [8, 4],
  ])('of %d stages and %d chunks holds what its paper says', (pp, pipelineChunks) => {
    const at = { pp, pipelineChunks, microBatches: 4 * pp };
    const [first] = computeBudget(llama, train(at)).perRank!.stages;
    const { layers, inFlight } = first!;
    expect(layers * inFlight).toBeCloseTo(32 * (1 + (pp - 1) / (pp * pipelineChunks)), 9);
  });

  it('needs layers for its chunks and groups of micro-batches', () => {
    const refused = (given: Partial<RunSpec>) => () => checkRun(llama, train(given));
    expect(refused({ pipelineChunks: 2 })).toThrow(/--pp-chunks cannot be 2.*one stage/);
    expect(refused({ pp: 4, pipelineChunks: 9 })).toThrow(/there are 32/);
    expect(refused({ pp: 4, pipelineChunks: 2, microBatches: 6 })).toThrow(
      /groups of 4 micro-batches/,
    );
  });
});

describe('context parallelism', () => {
  it('leaves a rank its part of the tokens, and shards states over all ranks', () => {
    const long = { seq: 4096, batch: 1, attention: 'flash' } as const;
    const [one, four] = [heldBy(long), heldBy({ ...long, cp: 4 })];
    const ratio = (one.forward?.activations ?? 0) / (four.forward?.activations ?? 1);
    expect(ratio).toBeCloseTo(4, 2);
    expect(four.optimizer?.adam_m).toBe(one.optimizer?.adam_m);
    const sharded = heldBy({ ...long, cp: 4, zero: 3, dp: 2 });
    expect((one.optimizer?.adam_m ?? 0) / (sharded.optimizer?.adam_m ?? 1)).toBeCloseTo(8, 2);
    expect(computeBudget(llama, train({ ...long, cp: 4, dp: 2 })).perRank?.ranks).toBe(8);
  });

  it('needs a sequence that can be split and a kernel that takes keys in parts', () => {
    const refused = (given: Partial<RunSpec>) => () => checkRun(llama, train(given));
    expect(refused({ cp: 3, seq: 4096 })).toThrow(/--cp cannot be 3.*6 equal parts/);
    expect(refused({ cp: 2, attention: 'eager' })).toThrow(/eager attention needs all keys/);
  });
});

describe('a paged optimizer', () => {
  it('has no states on the device that could not leave it', () => {
    const paged = heldBy({ optimizer: 'adam8bit', pagedOptimizer: true });
    // bitsandbytes pages states of 100,000 elements and more: those of the 65 norms stay, and so do all scales, fp32 for
    // every 256 elements of either moment.
    expect(paged.optimizer?.adam_m).toBe(65 * 4096);
    expect(paged.optimizer?.optimizer_other).toBe((2 * 4 * P) / 256);
    expect(paged.optimizer?.gradients).toBe(2 * P);
    expect(() => checkRun(llama, train({ optimizer: 'sgd', pagedOptimizer: true }))).toThrow(
      /no paged sgd/,
    );
  });
});

describe('an optimizer in backward', () => {
  it('keeps no gradients, and takes one micro-batch a step', () => {
    const held = heldBy({ optimizerInBackward: true });
    expect(held.optimizer?.gradients).toBeUndefined();
    expect(held.optimizer?.adam_m).toBe(2 * P);
    expect(() => checkRun(llama, train({ optimizerInBackward: true, gradAccum: 2 }))).toThrow(
      /several micro-batches/,
    );
  });
});

describe('activations in host memory', () => {
  it('are those of two layers on the device, however many there are', () => {
    const saved = (layers: number, offloadActivations: boolean) =>
      computeBudget(
        { ...llama, layers },
        train({ seq: 2048, offloadActivations, gradientPrecision: 'bf16' }),
      ).tiers.refined.phases.find(({ phase }) => phase === 'forward')!.components.activations ?? 0;
    expect(saved(32, true)).toBe(saved(4, true));
    expect(saved(32, false)).toBeGreaterThan(7 * saved(4, false));
  });
});

describe('DoRA', () => {
  it('trains the magnitude of each output of the matrices with adapters besides', () => {
    const given = { loraRank: 8, loraTargets: 'all-linear' } as const;
    const [plain, dora] = [heldBy(given), heldBy({ ...given, dora: true })];
    // Of Llama's layer four matrices have 4,096 outputs, two 11,008, and the last 4,096; all in fp32.
    const outputs = 32 * (5 * 4096 + 2 * 11_008);
    for (const component of ['gradients', 'adam_m', 'adam_v'] as const)
      expect((dora.optimizer?.[component] ?? 0) - (plain.optimizer?.[component] ?? 0)).toBe(
        4 * outputs,
      );
    expect(() => checkRun(llama, train({ dora: true }))).toThrow(
      /--dora cannot be on.*no adapters/,
    );
  });
});

describe('a GPU and what a server keeps on it', () => {
  it('is found by a name whose boards have one memory, and asked for again where they have not', () => {
    expect(gpuByName('H100').name).toBe('H100 SXM');
    expect(() => gpuByName('A100')).toThrow(/several GPUs/);
  });

  it('holds all of a model that is served', () => {
    const served = runDefaults(llama, { mode: 'serve', framework: 'pytorch', offload: 'all' });
    expect(() => checkRun(llama, served)).toThrow(/--offload cannot be "all".*on the device/);
  });
});
