import { describe, expect, it } from 'vitest';
import { computeBudget } from '../../../../src/shared/budget/budget';
import { fullestShard } from '../../../../src/shared/budget/per-rank';
import { pytorchBudget, pytorchPeak } from '../../../../src/shared/budget/pytorch';
import type { ComponentBytes, TierBudget } from '../../../../src/shared/budget/types';
import { backwardWork } from '../../../../src/shared/compute/backward';
import { forwardFlops } from '../../../../src/shared/compute/flops';
import { runSeconds } from '../../../../src/shared/compute/run-time';
import { gpuByName } from '../../../../src/shared/hardware/gpu-names';
import { parameterCount } from '../../../../src/shared/model/parameters';
import { preset } from '../../../../src/shared/model/presets';
import { runDefaults } from '../../../../src/shared/model/run';
import type { ModelSpec, RunSpec } from '../../../../src/shared/model/spec';
import { checkRun } from '../../../../src/shared/model/validate';
import { fewestGpus } from '../../../../src/shared/planning/gpu-layouts';
import { randomFrom, randomModel, randomRun } from '../../../support/random-runs';

const train = (model: ModelSpec, given: Partial<RunSpec>): RunSpec =>
  runDefaults(model, {
    framework: 'pytorch',
    mode: 'train',
    precision: 'fp32',
    attention: 'eager',
    steps: 2,
    ...given,
  });
const last = (tier: TierBudget, phase: string) =>
  tier.timeline.filter((row) => row.phase === phase).at(-1)!;
const live = (components: ComponentBytes) =>
  Object.values({ ...components, reserve: 0, context: 0 }).reduce((sum, bytes) => sum + bytes, 0);

// Weights counted by hand. GPT-2: q, k, v in one matrix, projection, up, down, their biases, two norms. Llama 3: q and o of
// 4096², k and v of 4096 × 1024, gate, up and down of 4096 × 14336, two norms without bias; its head is a matrix of its own.
const GPT2_LAYER =
  768 * 2304 + 2304 + 768 * 768 + 768 + 768 * 3072 + 3072 + 3072 * 768 + 768 + 4 * 768;
const LLAMA_LAYER = 2 * 4096 * 4096 + 2 * 4096 * 1024 + 3 * 4096 * 14_336 + 2 * 4096;
const trainedBy = {
  gpt2: (frozen: number) => (12 - frozen) * GPT2_LAYER + 2 * 768,
  'llama-3-8b': (frozen: number) => (32 - frozen) * LLAMA_LAYER + 4096 + 128_256 * 4096,
};

describe('frozen layers', () => {
  it.each([
    ['gpt2', 1],
    ['gpt2', 7],
    ['gpt2', 12],
    ['llama-3-8b', 1],
    ['llama-3-8b', 30],
    ['llama-3-8b', 32],
  ] as const)(
    'of %s, %d of them, need no gradient and no state: 4 and 8 bytes for each weight of the others',
    (name, frozenLayers) => {
      const model = preset(name);
      const { textbook, refined } = computeBudget(
        model,
        train(model, { frozenLayers, batch: 1, seq: 64 }),
      ).tiers;
      const trained = trainedBy[name](frozenLayers);
      for (const tier of [textbook, refined]) {
        expect(last(tier, 'optimizer').components).toMatchObject({
          params: 4 * parameterCount(model),
          gradients: 4 * trained,
          adam_m: 4 * trained,
          adam_v: 4 * trained,
        });
      }
      const mixed = computeBudget(
        model,
        train(model, { frozenLayers, batch: 1, seq: 64, precision: 'mixed-bf16' }),
      ).tiers.textbook;
      expect(last(mixed, 'optimizer').components).toMatchObject({
        params: 2 * parameterCount(model),
        master_params: 4 * trained,
        gradients: 4 * trained,
        adam_m: 4 * trained,
      });
    },
  );

  it.each(['gpt2', 'llama-3-8b', 'bert-base', 'mixtral-8x7b'])(
    'are none where the option is 0, in %s',
    (name) => {
      const model = preset(name);
      expect(computeBudget(model, train(model, { frozenLayers: 0 })).tiers).toEqual(
        computeBudget(model, train(model, {})).tiers,
      );
    },
  );

  it('of DeepSeek-V3 are its three dense ones first, so that the expert layers are left', () => {
    const model = preset('deepseek-v3');
    const gradients = (frozenLayers: number) =>
      last(
        computeBudget(model, train(model, { frozenLayers, precision: 'bf16' })).tiers.refined,
        'optimizer',
      ).components.gradients! / 2;
    // Three matrices of a dense layer's network, against those of 256 experts and a shared one, the router (its offsets are no parameters).
    const dense = 3 * 7168 * 18_432;
    const experts = 257 * 3 * 7168 * 2048 + 256 * 7168;
    expect(gradients(3) - gradients(4) - (gradients(2) - gradients(3))).toBe(experts - dense);
  });

  // A layer of 34sBh + 5as²B bytes in half precision (Korthikanti et al. 2022), and fp32 statistics of its two norms.
  it('save nothing: each takes Korthikanti’s bytes of one layer out of what is saved', () => {
    const [B, s, h, a] = [3, 64, 256, 8];
    const model: ModelSpec = {
      ...preset('gpt2'),
      layers: 6,
      hidden: h,
      heads: a,
      kvHeads: a,
      headDim: h / a,
      ffn: 4 * h,
      vocab: 500,
      activationComposed: false,
    };
    const saved = (frozenLayers: number) => {
      const run = train(model, {
        frozenLayers,
        batch: B,
        seq: s,
        precision: 'fp16',
        attention: 'eager',
        dropout: 0.1,
      });
      return last(pytorchBudget(model, run), 'forward').endComponents.activations!;
    };
    const layer = 34 * s * B * h + 5 * a * s * s * B + 16 * s * B;
    for (let frozen = 1; frozen < 6; frozen++)
      expect(saved(frozen) - saved(frozen + 1)).toBe(layer);
    // With the embeddings goes the tied head, which then no longer keeps its input.
    expect(saved(0) - saved(1)).toBe(layer + 2 * s * B * h);
    // All frozen: the input of the last norm and its statistics.
    expect(saved(6)).toBe(2 * s * B * h + 2 * 4 * s * B);
  });

  it('leave A·(L − N)/L to the textbook', () => {
    const model = preset('gpt2');
    const activations = (frozenLayers: number) =>
      last(
        computeBudget(model, train(model, { frozenLayers, batch: 2, seq: 128 })).tiers.textbook,
        'forward',
      ).components.activations ?? 0;
    for (const frozen of [1, 5, 11, 12])
      expect(activations(frozen) * 12).toBe(activations(0) * (12 - frozen));
  });

  it('keep no cast of their weights and no checkpoint', () => {
    const model = preset('llama-3-8b');
    const end = (given: Partial<RunSpec>) =>
      last(
        pytorchBudget(
          model,
          train(model, {
            batch: 1,
            seq: 256,
            attention: 'sdpa',
            precision: 'mixed-bf16',
            ...given,
          }),
        ),
        'forward',
      ).endComponents;
    expect(end({ frozenLayers: 4 }).params! - end({ frozenLayers: 5 }).params!).toBe(
      2 * (LLAMA_LAYER - 2 * 4096),
    );
    const checkpoints = (frozenLayers: number) =>
      end({ frozenLayers, checkpointing: 'full', precision: 'bf16' }).activations!;
    expect(checkpoints(4) - checkpoints(9)).toBe(5 * 2 * 256 * 4096);
  });

  it('run with one layer’s tensors where all are frozen, as a pass that trains nothing', () => {
    const model: ModelSpec = { ...preset('llama-2-7b'), layers: 4, vocab: 64 };
    const forward = (frozen: number, layers: number) =>
      live(
        last(
          pytorchBudget(
            { ...model, layers },
            train(
              { ...model, layers },
              {
                frozenLayers: frozen,
                batch: 2,
                seq: 512,
                attention: 'sdpa',
                precision: 'bf16',
                optimizer: 'sgd',
              },
            ),
          ),
          'forward',
        ).components,
      );
    const inference = (layers: number) =>
      live(
        last(
          pytorchBudget(
            { ...model, layers },
            runDefaults(
              { ...model, layers },
              {
                framework: 'pytorch',
                mode: 'infer',
                batch: 2,
                seq: 512,
                attention: 'sdpa',
                precision: 'bf16',
              },
            ),
          ),
          'forward',
        ).components,
      );
    // What a layer more costs is its weights alone, in both.
    expect(forward(8, 8) - forward(4, 4)).toBe(inference(8) - inference(4));
  });

  it('make every phase smaller, and count alike where only the peak is asked for, over random runs', () => {
    const random = randomFrom(23);
    for (let i = 0; i < 60; i++) {
      const model = randomModel(random);
      const run = randomRun(random, model, { mode: 'train', loraRank: 0 });
      let before = Number.POSITIVE_INFINITY;
      for (let frozenLayers = 0; frozenLayers <= model.layers; frozenLayers++) {
        const frozen = { ...run, frozenLayers };
        checkRun(model, frozen);
        const budget = pytorchBudget(model, frozen);
        expect(budget.total).toBe(pytorchPeak(model, frozen));
        for (const { components, total } of budget.timeline) {
          for (const bytes of Object.values(components)) expect(bytes).toBeGreaterThanOrEqual(0);
          expect(Object.values(components).reduce((sum, bytes) => sum + bytes, 0)).toBe(total);
        }
        expect(budget.levels!.requested).toBeLessThanOrEqual(before);
        before = budget.levels!.requested;
      }
    }
  });

  it('are sharded with the rest, the layer at work and the next fetched however many are frozen', () => {
    const model = preset('llama-3-8b');
    const shard = (frozenLayers: number) => {
      const run = train(model, {
        frozenLayers,
        zero: 3,
        dp: 8,
        precision: 'bf16',
        batch: 1,
        seq: 256,
      });
      const budget = pytorchBudget(model, run, fullestShard(model, run).shard);
      return {
        ...last(budget, 'optimizer').components,
        gathered: last(budget, 'forward').components.communication,
      };
    };
    const ends = 2 * 128_256 * 4096 + 4096;
    for (const frozen of [1, 16, 31]) {
      expect(shard(frozen).params).toBe(shard(0).params);
      expect(shard(frozen).gradients).toBe((2 * trainedBy['llama-3-8b'](frozen)) / 8);
      // Gathered whole within a layer: the ends, the layer and the buffer that the next comes in; nothing in the update.
      expect(shard(frozen).gathered).toBe(2 * (2 * LLAMA_LAYER + ends));
      expect(shard(frozen).communication ?? 0).toBe(0);
    }
  });
});

describe('the work of a step with frozen layers', () => {
  it('is one forward pass, and twice that of the layers that train and of the head', () => {
    const pass = (model: ModelSpec) => Number(forwardFlops(model, 2, 128));
    const llama = preset('llama-3-8b');
    const head = 2 * 2 * 128 * 128_256 * 4096;
    const layer = (pass(llama) - head) / 32;
    expect(backwardWork(llama, train(llama, { frozenLayers: 12 }), pass)).toBe(
      2 * (20 * layer + head),
    );
    expect(backwardWork(llama, train(llama, { frozenLayers: 32 }), pass)).toBe(2 * head);
    expect(backwardWork(llama, train(llama, {}), pass)).toBe(2 * pass(llama));
    // A head tied to frozen embeddings has a gradient for its input alone.
    const gpt2 = preset('gpt2');
    const tied = 2 * 2 * 128 * 50_257 * 768;
    expect(backwardWork(gpt2, train(gpt2, { frozenLayers: 3 }), pass)).toBe(
      2 * (9 / 12) * (pass(gpt2) - tied) + tied,
    );
  });

  it('takes the time of it', () => {
    const model = preset('llama-2-7b');
    const seconds = (frozenLayers: number, given: Partial<RunSpec> = {}) =>
      runSeconds(
        model,
        train(model, {
          frozenLayers,
          seq: 4096,
          batch: 8,
          precision: 'mixed-bf16',
          attention: 'flash',
          optimizer: 'sgd',
          ...given,
        }),
        gpuByName('H100 SXM'),
      )!;
    const step = (seconds(0) - seconds(16)) / 16;
    expect((seconds(16) - seconds(24)) / 8 / step).toBeCloseTo(1, 2);
    // Of 32 layers, half of them frozen, two thirds of the step are left, and a little for the head.
    expect(seconds(16) / seconds(0)).toBeGreaterThan(2 / 3);
    expect(seconds(16) / seconds(0)).toBeLessThan(0.69);
    // A frozen layer is not done again: three passes are spared in place of two, beside its update.
    const again =
      (seconds(0, { checkpointing: 'full' }) - seconds(16, { checkpointing: 'full' })) / 16;
    expect(again / step).toBeCloseTo(3 / 2, 1);
  });
});

describe('frozen layers that cannot be', () => {
  it.each<[string, string, Partial<RunSpec>, string]>([
    [
      'more than there are',
      'gpt2',
      { frozenLayers: 13 },
      '--freeze cannot be 13: there are 12 layers.',
    ],
    [
      'part of one',
      'gpt2',
      { frozenLayers: 1.5 },
      '--freeze cannot be 1.5: it counts things, so it is a whole number of at least 0.',
    ],
    [
      'without training',
      'gpt2',
      { frozenLayers: 1, mode: 'generate' },
      '--freeze cannot be 1: the mode is generate, which trains nothing.',
    ],
    [
      'beside adapters',
      'gpt2',
      { frozenLayers: 1, loraRank: 8 },
      '--freeze cannot be 1: with adapters every weight of the model is frozen already.',
    ],
    [
      'in a pipeline',
      'gpt2',
      { frozenLayers: 1, pp: 2 },
      '--freeze cannot be 1: the stages of a pipeline would have unlike work.',
    ],
    [
      'on the bundled framework',
      'gpt2',
      { frozenLayers: 1, framework: 'tfjs' },
      '--freeze cannot be 1: the bundled workload trains whole models on one device.',
    ],
    [
      'of two stacks',
      't5-small',
      { frozenLayers: 1 },
      '--freeze cannot be 1: t5-small is an encoder-decoder, whose two stacks share the embeddings.',
    ],
    [
      'with nothing above them',
      'distilbert',
      { frozenLayers: 6 },
      '--freeze cannot be 6: distilbert has no weights above its last layer to train.',
    ],
  ])('%s are refused', (_, name, given, message) => {
    const model = preset(name);
    expect(() => checkRun(model, train(model, given))).toThrow(
      expect.objectContaining({ code: 'bad_input', message }),
    );
  });

  it('are offered neither adapters nor a pipeline by the plan', () => {
    const model = preset('llama-2-7b');
    const run = train(model, { frozenLayers: 2, precision: 'bf16', seq: 512 });
    const layout = fewestGpus(model, run, 24 * 2 ** 30)!;
    expect(layout.gpus).toBeGreaterThan(1);
    expect(() => checkRun(model, layout.run)).not.toThrow();
  });
});
