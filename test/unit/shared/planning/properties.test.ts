/** What holds of any plan and any budget, over runs drawn at random from every model known by name. */
import { describe, expect, it } from 'vitest';
import { peakBytes } from '../../../../src/shared/budget/peak';
import { listShards, rankCount, wholeShard } from '../../../../src/shared/budget/sharding/shard';
import { countWeights } from '../../../../src/shared/budget/weights';
import { modelNames, namedModel } from '../../../../src/shared/model/named';
import { runDefaults } from '../../../../src/shared/model/run';
import type { ModelSpec, RunSpec } from '../../../../src/shared/model/spec';
import { checkRun } from '../../../../src/shared/model/validate';
import { changesThatFit } from '../../../../src/shared/planning/changes';
import { longestContext } from '../../../../src/shared/planning/fits';
import { fewestGpus } from '../../../../src/shared/planning/gpu-layouts';
import { pick, randomFrom } from '../../../support/random-runs';

const GiB = 2 ** 30;
const DRAWN = Number(process.env.PLUMBLINE_DRAWN ?? 60);

interface Drawn {
  readonly model: ModelSpec;
  readonly run: RunSpec;
}

/** A run that can be, of PyTorch. */
function draw(random: () => number): Drawn {
  for (;;) {
    const model = namedModel(pick(random, modelNames()));
    const mode = pick(random, ['train', 'train', 'generate', 'infer', 'serve'] as const);
    const lengths =
      mode === 'generate'
        ? { promptTokens: pick(random, [16, 100, 256]), tokens: pick(random, [1, 32]) }
        : { seq: pick(random, [64, 128, 256, 512]) };
    const trains = mode === 'train';
    const run = runDefaults(model, {
      framework: 'pytorch',
      mode,
      batch: pick(random, [1, 2, 5, 16]),
      attention: pick(random, ['eager', 'sdpa', 'flash'] as const),
      precision: pick(random, ['fp32', 'bf16', 'fp8', 'nf4', 'mixed-bf16'] as const),
      ...lengths,
      ...(trains && {
        optimizer: pick(random, ['adamw', 'sgd', 'adam8bit', 'adafactor'] as const),
        checkpointing: pick(random, ['none', 'full', 'every=4'] as const),
        loraRank: pick(random, [0, 0, 16]) || undefined,
        zero: pick(random, [0, 1, 2, 3] as const),
        dp: pick(random, [1, 4]),
      }),
      tp: pick(random, [1, 1, 2]),
    });
    try {
      checkRun(model, run);
      return { model, run };
    } catch {}
  }
}

const words = ({ model, run }: Drawn) => `${model.name} ${JSON.stringify(run)}`;

describe('any run that can be', () => {
  it('takes no less memory with more sequences or more tokens', () => {
    const random = randomFrom(11);
    for (let i = 0; i < DRAWN; i++) {
      const drawn = draw(random);
      const { model, run } = drawn;
      const now = peakBytes(model, run);
      const more = { ...run, batch: run.batch * 2 };
      expect(peakBytes(model, more), `batch of ${words(drawn)}`).toBeGreaterThanOrEqual(now);
      const longer = { ...run, seq: run.seq + 64, promptTokens: run.promptTokens + 64 };
      expect(peakBytes(model, longer), `length of ${words(drawn)}`).toBeGreaterThanOrEqual(now);
    }
  });

  it('takes no less memory with more layers', () => {
    const random = randomFrom(12);
    for (let i = 0; i < DRAWN; i++) {
      const drawn = draw(random);
      const { model, run } = drawn;
      const deeper = { ...model, layers: model.layers + 4 };
      expect(peakBytes(deeper, run), words(drawn)).toBeGreaterThanOrEqual(peakBytes(model, run));
    }
  });

  it('has the weights of the whole on its ranks together, and those that ranks copy besides', () => {
    const random = randomFrom(13);
    const elements = (drawn: Drawn, shard: Parameters<typeof countWeights>[2]) =>
      countWeights(drawn.model, drawn.run, shard).tensors.reduce(
        (sum, { rows, columns, count }) => sum + rows * columns * count,
        0,
      );
    for (let i = 0; i < DRAWN; i++) {
      const drawn = draw(random);
      const { tp = 1 } = drawn.run;
      const [shard] = listShards(drawn.model, drawn.run);
      if (!shard) throw new Error('no rank');
      const whole = elements(drawn, wholeShard(drawn.model, drawn.run));
      const together = tp * elements(drawn, shard);
      expect(together, words(drawn)).toBeGreaterThanOrEqual(whole);
      // Norms, biases and shared heads alone are copied, and splits round up.
      expect(together, words(drawn)).toBeLessThanOrEqual(whole * (tp === 1 ? 1 : 1.2));
    }
  });
});

describe('whatever a plan proposes', () => {
  it('is a run that can be and that fits, by a budget of its own', () => {
    const random = randomFrom(14);
    let proposed = 0;
    for (let i = 0; i < DRAWN / 3; i++) {
      const drawn = draw(random);
      const { model, run } = drawn;
      const memory = Math.max(GiB, peakBytes(model, run) * pick(random, [0.3, 0.6, 0.9]));
      for (const { run: changed, peakBytes: promised } of changesThatFit(model, run, memory)) {
        expect(() => checkRun(model, changed), words(drawn)).not.toThrow();
        expect(peakBytes(model, changed), words(drawn)).toBe(promised);
        expect(promised, words(drawn)).toBeLessThanOrEqual(memory);
        expect(rankCount(changed), words(drawn)).toBe(rankCount(run));
        proposed++;
      }
      const layout = fewestGpus(model, run, memory);
      if (layout && layout.gpus > 1) {
        expect(() => checkRun(model, layout.run), words(drawn)).not.toThrow();
        expect(peakBytes(model, layout.run), words(drawn)).toBe(layout.peakBytes);
        expect(layout.peakBytes, words(drawn)).toBeLessThanOrEqual(memory);
        if (layout.options.length > 0)
          expect(rankCount(layout.run), words(drawn)).toBe(layout.gpus);
        proposed++;
      }
    }
    expect(proposed).toBeGreaterThan(DRAWN / 4);
  });

  it('is the longest sequence: it fits, and one token more does not', () => {
    const random = randomFrom(15);
    for (let i = 0; i < DRAWN / 4; i++) {
      const drawn = draw(random);
      const { model, run } = drawn;
      if (run.mode === 'serve') continue;
      const memory = peakBytes(model, run) * 1.5;
      const longest = longestContext(model, run, memory);
      const at = (length: number) =>
        run.mode === 'generate'
          ? { ...run, promptTokens: length - run.tokens, seq: length }
          : { ...run, seq: length };
      expect(longest, words(drawn)).toBeGreaterThan(0);
      expect(peakBytes(model, at(longest)), words(drawn)).toBeLessThanOrEqual(memory);
      const bound = Math.max(model.maxPositions, run.seq, run.promptTokens + run.tokens);
      if (longest < bound && run.mode !== 'generate')
        expect(peakBytes(model, at(longest + 1)), words(drawn)).toBeGreaterThan(memory);
    }
  });
});
