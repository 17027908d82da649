import { describe, expect, it } from 'vitest';
import { computeBudget } from '../../../../../src/shared/budget/budget';
import { rankBudget } from '../../../../../src/shared/budget/per-rank';
import { pytorchBudget } from '../../../../../src/shared/budget/pytorch';
import {
  listShards,
  listStages,
  wholeShard,
} from '../../../../../src/shared/budget/sharding/shard';
import { textbookBudget } from '../../../../../src/shared/budget/textbook';
import type { ComponentBytes } from '../../../../../src/shared/budget/types';
import { countRankParameters, countWeights } from '../../../../../src/shared/budget/weights';
import { adapterParameters, parameterCount } from '../../../../../src/shared/model/parameters';
import { preset, presetNames } from '../../../../../src/shared/model/presets';
import { runDefaults } from '../../../../../src/shared/model/run';
import type { ModelSpec, RunSpec } from '../../../../../src/shared/model/spec';
import { randomFrom, randomModel, randomRun } from '../../../../support/random-runs';

const llama = preset('llama-2-7b');
const P = parameterCount(llama);
const train = (model: ModelSpec, given: Partial<RunSpec>): RunSpec =>
  runDefaults(model, {
    framework: 'pytorch',
    mode: 'train',
    precision: 'fp32',
    batch: 1,
    seq: 512,
    attention: 'sdpa',
    steps: 2,
    ...given,
  });
const STATES = [
  'params',
  'master_params',
  'gradients',
  'adam_m',
  'adam_v',
  'momentum',
  'optimizer_other',
] as const;
/** What a rank holds while its optimizer runs. */
const states = (
  model: ModelSpec,
  run: RunSpec,
  shard = listShards(model, run)[0]!,
): ComponentBytes => {
  const { components } = pytorchBudget(model, run, shard)
    .timeline.filter(({ phase }) => phase === 'optimizer')
    .at(-1)!;
  return Object.fromEntries(
    STATES.flatMap((one) => (components[one] === undefined ? [] : [[one, components[one]]])),
  );
};
const near = (bytes: number | undefined, expected: number) =>
  expect((bytes ?? 0) / expected).toBeCloseTo(1, 3);

describe('the tensors of a model', () => {
  it.each(presetNames().map((name) => [name]))('%s add up to its parameters', (name) => {
    const model = preset(name);
    const run = runDefaults(model, { framework: 'pytorch', mode: 'train' });
    const { tensors } = countWeights(model, run, wholeShard(model, run));
    expect(tensors.reduce((sum, { rows, columns, count }) => sum + rows * columns * count, 0)).toBe(
      parameterCount(model),
    );
  });
});

describe('the adapters of a model', () => {
  it.each(presetNames().map((name) => [name]))(
    'of %s are those counted matrix by matrix',
    (name) => {
      const model = preset(name);
      for (const loraTargets of ['query-value', 'all-linear'] as const) {
        const run = runDefaults(model, {
          framework: 'pytorch',
          mode: 'train',
          loraRank: 8,
          loraTargets,
        });
        const { trained } = countRankParameters(model, run, wholeShard(model, run));
        expect(trained).toBe(adapterParameters(model, 8, loraTargets));
      }
    },
  );
});

describe('ZeRO', () => {
  it('shards states at stage 1, gradients at 2, parameters at 3', () => {
    const at = (zero: 0 | 1 | 2 | 3) => states(llama, train(llama, { zero, dp: 8 }));
    for (const zero of [1, 2, 3] as const) near(at(zero).adam_m, (4 * P) / 8);
    near(at(0).adam_m, 4 * P);
    near(at(1).gradients, 4 * P);
    near(at(2).gradients, (4 * P) / 8);
    near(at(2).params, 4 * P);
    near(at(3).params, (4 * P) / 8);
  });

  it('of any stage on one GPU holds the states of no sharding', () => {
    const random = randomFrom(3);
    for (let i = 0; i < 60; i++) {
      const model = randomModel(random);
      const run = randomRun(random, model, { mode: 'train', steps: 2 });
      for (const zero of [1, 2, 3] as const) {
        expect(states(model, { ...run, zero, dp: 1 })).toEqual(
          states(model, run, wholeShard(model, run)),
        );
      }
    }
  });

  it('of stage 3 gathers two layers and the ends while it computes', () => {
    const { components } = pytorchBudget(
      llama,
      train(llama, { zero: 3, dp: 64 }),
      listShards(llama, train(llama, { zero: 3, dp: 64 }))[0]!,
    );
    const layer = 12 * 4096 ** 2 - 4096 ** 2 * 8 + 3 * 4096 * 11_008 + 2 * 4096;
    expect(components.communication).toBeGreaterThan(4 * (2 * layer + 2 * 32_000 * 4096));
    expect(components.communication).toBeLessThan((4 * P) / 2);
  });

  it('leaves data parallelism without it a bucket for every gradient', () => {
    near(
      pytorchBudget(llama, train(llama, { dp: 2 }), listShards(llama, train(llama, { dp: 2 }))[0]!)
        .components.communication,
      4 * P,
    );
  });
});

describe('tensor parallelism', () => {
  it('splits matrices and copies norms', () => {
    const run = train(llama, { tp: 4 });
    const norms = (2 * 32 + 1) * 4096;
    expect(states(llama, run).params).toBe(4 * ((P - norms) / 4 + norms));
  });

  it('copies key-value heads when there are more ranks than heads', () => {
    const grouped = preset('llama-2-70b');
    const cache = (tp: number) => {
      const run = runDefaults(grouped, {
        framework: 'pytorch',
        mode: 'generate',
        precision: 'bf16',
        promptTokens: 128,
        tokens: 128,
        tp,
      });
      return pytorchBudget(grouped, run, listShards(grouped, run)[0]!).phases.at(-1)!.endComponents
        .kv_cache!;
    };
    expect(cache(8)).toBe(cache(1) / 8);
    expect(cache(16)).toBe(cache(8));
  });

  it('splits what lies between its regions only along the sequence', () => {
    const activations = (given: Partial<RunSpec>) => {
      const run = train(llama, { tp: 8, checkpointing: 'full', ...given });
      return pytorchBudget(llama, run, listShards(llama, run)[0]!).phases.find(
        ({ phase }) => phase === 'forward',
      )!.endComponents.activations!;
    };
    expect(activations({ sequenceParallel: true })).toBeLessThan(activations({}) / 6);
  });
});

describe('a pipeline', () => {
  it('holds as many micro-batches in its first stage as there are stages, in its last one', () => {
    const run = train(llama, { pp: 4, microBatches: 16 });
    expect(
      listShards(llama, run).map(({ stage, layers, inFlight, embedding, head }) => ({
        stage,
        layers,
        inFlight,
        embedding,
        head,
      })),
    ).toEqual([
      { stage: 0, layers: 8, inFlight: 4, embedding: true, head: false },
      { stage: 3, layers: 8, inFlight: 1, embedding: false, head: true },
    ]);
    expect(listShards(llama, train(llama, { pp: 4, microBatches: 2 }))[0]!.inFlight).toBe(2);
  });

  it('has all its layers, the first stages taking what does not divide', () => {
    expect(
      listShards(llama, train(llama, { pp: 5, microBatches: 5 })).map(({ layers }) => layers),
    ).toEqual([7, 6]);
  });
});

describe('the textbook’s list on a rank', () => {
  const on = (model: ModelSpec, run: RunSpec, stage = 0) =>
    textbookBudget(model, run, listStages(model, run)[stage]!);

  // Megatron-LM, docs/user-guide/features/dist_optimizer.md: bf16 weights with fp32 gradients take 18 bytes a parameter,
  // and 6 + 12/d with the optimizer distributed over d ranks.
  it('takes 6 + 12/d bytes a parameter where d ranks share the optimizer', () => {
    for (const dp of [1, 2, 8, 64]) {
      const run = train(llama, { precision: 'mixed-bf16', zero: 1, dp });
      const { gradients, params, adam_m, adam_v, master_params } = on(llama, run).phases.find(
        ({ phase }) => phase === 'optimizer',
      )!.components;
      near(params! + gradients! + adam_m! + adam_v! + master_params!, (6 + 12 / dp) * P);
    }
  });

  it('is sharded by ZeRO as its paper says: 2P + 16P/d at stage 2, 18P/d at stage 3', () => {
    const at = (zero: 2 | 3) =>
      on(llama, train(llama, { precision: 'mixed-bf16', zero, dp: 16 })).phases.find(
        ({ phase }) => phase === 'optimizer',
      )!.total;
    near(at(2), (2 + 16 / 16) * P);
    near(at(3), (18 / 16) * P);
  });

  // Korthikanti et al. 2022 divide everything by t with sequence parallelism, and with tensor parallelism alone leave
  // what lies between its regions, here 3 of the 7 tensors of width d, whole on every rank.
  it('keeps A/t of activations with sequence parallelism and the undivided part without', () => {
    const kept = (given: Partial<RunSpec>) =>
      on(llama, train(llama, given)).components.activations!;
    expect(kept({ tp: 8, sequenceParallel: true })).toBe(kept({}) / 8);
    expect(kept({ tp: 8 }) - kept({ tp: 8, sequenceParallel: true })).toBe(
      4 * 32 * 3 * 512 * 4096 * (1 - 1 / 8),
    );
  });

  it('keeps the activations of every micro-batch in flight, min(m, p − s) at stage s', () => {
    const run = train(llama, { pp: 4, microBatches: 3 });
    const one = textbookBudget(llama, train(llama, {})).components.activations! / 4;
    expect(
      [0, 1, 2, 3].map((stage) => on(llama, run, stage).components.activations! / one),
    ).toEqual([3, 3, 2, 1]);
  });

  it('adds up over the ranks of a pipeline to the parameters, and a tied table once more', () => {
    const parameters = (model: ModelSpec, pp: number) => {
      const run = train(model, { pp });
      return (
        listStages(model, run).reduce(
          (sum, shard) => sum + textbookBudget(model, run, shard).phases[0]!.components.params!,
          0,
        ) / 4
      );
    };
    expect(parameters(llama, 4)).toBe(P);
    const gpt2 = preset('gpt2');
    expect(parameters(gpt2, 3)).toBe(parameterCount(gpt2) + 50_257 * 768);
  });

  it('of a rank that holds everything is the list of the whole', () => {
    const random = randomFrom(11);
    for (let i = 0; i < 60; i++) {
      const model = randomModel(random);
      const run = randomRun(random, model);
      expect(textbookBudget(model, run, wholeShard(model, run))).toEqual(
        textbookBudget(model, run),
      );
    }
  });

  it('of offloading leaves no states on the device, or nothing but activations', () => {
    const of = (offload: RunSpec['offload']) =>
      on(
        llama,
        train(llama, { precision: 'mixed-bf16', zero: 2, dp: 2, ...(offload ? { offload } : {}) }),
      ).components;
    expect(of('optimizer')).toMatchObject({ params: 2 * P, gradients: (4 * P) / 2 });
    expect(of('optimizer').adam_m ?? of('optimizer').master_params).toBeUndefined();
    expect(Object.keys(of('all'))).toEqual(['activations']);
  });
});

describe('a budget', () => {
  it('tells the fullest rank beside the whole model, and only where there are ranks', () => {
    const run = train(llama, { zero: 3, dp: 8, precision: 'mixed-bf16' });
    const { tiers, perRank } = computeBudget(llama, run);
    expect(perRank).toMatchObject({
      ranks: 8,
      stage: 0,
      layers: 32,
      stages: [{ stage: 0, layers: 32, inFlight: 1, embedding: true, head: true }],
    });
    expect(perRank!.textbook.total).toBeLessThan(tiers.textbook.total / 3);
    expect(perRank!.refined.total).toBeLessThan(tiers.refined.total / 3);
    expect(rankBudget(llama, train(llama, {}))).toBeNull();
  });

  it('tells every stage of a pipeline, and the fullest of them', () => {
    const { perRank } = computeBudget(
      llama,
      train(llama, { pp: 5, microBatches: 8, tp: 2, dp: 2, checkpointing: 'full' }),
    );
    const { stages, stage, refined, textbook, ranks } = perRank!;
    expect(ranks).toBe(20);
    expect(stages.reduce((sum, one) => sum + one.layers, 0)).toBe(32);
    expect(refined.total).toBe(Math.max(...stages.map(({ peak }) => peak.refined)));
    expect(stages[stage]!.peak).toEqual({ refined: refined.total, textbook: textbook.total });
  });

  it('of adapters trains the adapters alone', () => {
    const { components, timeline } = computeBudget(
      llama,
      train(llama, { loraRank: 8, precision: 'bf16' }),
    ).tiers.refined;
    const step = timeline.filter(({ phase }) => phase === 'optimizer').at(-1)!.components;
    // In fp32 beside bf16 weights, as PEFT keeps them (autocast_adapter_dtype).
    expect(step.adam_m).toBe(4 * 32 * 2 * 2 * 4096 * 8);
    expect(step.gradients).toBe(step.adam_m);
    expect(components.params).toBe(2 * P + step.adam_m!);
  });

  it('keeps states on the host where they are offloaded', () => {
    const step = states(llama, train(llama, { offload: 'optimizer' }));
    expect(step.adam_m).toBeUndefined();
    expect(states(llama, train(llama, { offload: 'all' })).params).toBeUndefined();
  });
});
