/** Random models and runs that are valid, the same for the same seed: what properties of the budget are tried on. */
import { preset } from '../../src/shared/model/presets';
import { runDefaults } from '../../src/shared/model/run';
import type { ModelSpec, RunSpec } from '../../src/shared/model/spec';
import { checkModel, checkRun } from '../../src/shared/model/validate';

/** Mulberry32: uniform in [0, 1). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<T>(random: () => number, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)]!;
}

export function randomModel(random: () => number): ModelSpec {
  const base = preset(
    pick(random, ['gpt2', 'llama-3-8b', 'bert-base', 'mixtral-8x7b', 'qwen2.5-0.5b'] as const),
  );
  const heads = pick(random, [4, 8, 16]);
  const headDim = pick(random, [16, 32, 64]);
  const ffn = pick(random, [2, 3, 4]) * heads * headDim;
  const model: ModelSpec = {
    ...base,
    name: `random ${base.name}`,
    heads,
    headDim,
    hidden: heads * headDim,
    ffn,
    layers: 1 + Math.floor(random() * 12),
    vocab: pick(random, [37, 1000, 32_000]),
    maxPositions: 2048,
    kvHeads: base.positions === 'rotary' ? pick(random, [1, 2, heads]) : heads,
    ...(base.experts ? { experts: { ...base.experts, ffn } } : {}),
  };
  checkModel(model);
  return model;
}

export function randomRun(
  random: () => number,
  model: ModelSpec,
  given: Partial<RunSpec> = {},
): RunSpec {
  const mode =
    given.mode ??
    pick(
      random,
      model.architecture === 'encoder'
        ? (['train', 'infer'] as const)
        : (['train', 'generate', 'infer'] as const),
    );
  const precision =
    given.precision ?? pick(random, ['fp32', 'bf16', 'fp16', 'mixed-bf16'] as const);
  const run = runDefaults(model, {
    framework: 'pytorch',
    mode,
    precision,
    batch: 1 + Math.floor(random() * 8),
    ...(mode === 'generate'
      ? { promptTokens: 1 + Math.floor(random() * 500), tokens: 1 + Math.floor(random() * 200) }
      : { seq: 1 + Math.floor(random() * 700) }),
    attention: pick(
      random,
      precision === 'fp32' ? (['eager', 'sdpa'] as const) : (['eager', 'sdpa', 'flash'] as const),
    ),
    checkpointing: pick(random, ['none', 'full', 'selective', 'every=1'] as const),
    optimizer: pick(random, [
      'adamw',
      'momentum',
      'sgd',
      'adam8bit',
      'adafactor',
      'lion',
      'muon',
    ] as const),
    gradAccum: pick(random, [1, 4]),
    dropout: pick(random, [0, 0.1]),
    ...(mode === 'train' && random() < 0.25
      ? { loraRank: 4, loraTargets: pick(random, ['query-value', 'all-linear'] as const) }
      : {}),
    ...given,
    // Without adapters nothing is a target of theirs.
    ...('loraRank' in given && !given.loraRank && { loraTargets: undefined }),
  });
  checkRun(model, run);
  return run;
}
