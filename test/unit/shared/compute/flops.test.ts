import { describe, expect, it } from 'vitest';
import { type Count, decimal } from '../../../../src/shared/base/big-count';
import { Failure } from '../../../../src/shared/base/failure';
import { toJson } from '../../../../src/shared/base/json';
import {
  approximations,
  countFlops,
  crossover,
  forwardFlops,
  trainFlops,
} from '../../../../src/shared/compute/flops';
import {
  attentionRows,
  cacheWorkRatio,
  decodeFlops,
  generationFlops,
} from '../../../../src/shared/compute/generation';
import { compareWithRnn } from '../../../../src/shared/compute/rnn';
import {
  activeParameterCount,
  countParameters,
  parameterCount,
} from '../../../../src/shared/model/parameters';
import { preset, presetNames } from '../../../../src/shared/model/presets';
import type { ModelSpec } from '../../../../src/shared/model/spec';

const GPT2 = preset('gpt2');
/** Grouped queries, heads wider than d/h, three feed-forward matrices, a head of its own. */
const GROUPED: ModelSpec = {
  ...GPT2,
  name: 'grouped',
  layers: 3,
  hidden: 12,
  heads: 4,
  kvHeads: 2,
  headDim: 5,
  ffn: 7,
  vocab: 11,
  maxPositions: 64,
  positions: 'rotary',
  norm: 'rmsnorm',
  activation: 'swiglu',
  bias: false,
  tiedHead: false,
};

/** Walks a forward pass product by product and counts a multiplication and an addition for each inner step. */
function walk(model: ModelSpec, batch: number, seq: number, causal: boolean): number {
  let ops = 0;
  const matmul = (rows: number, inner: number, columns: number) => {
    for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) ops += 2 * inner;
  };
  for (let sequence = 0; sequence < batch; sequence++) {
    for (let layer = 0; layer < model.layers; layer++) {
      for (let head = 0; head < model.heads; head++) matmul(seq, model.hidden, model.headDim);
      for (let head = 0; head < model.kvHeads; head++)
        for (const _ of ['k', 'v']) matmul(seq, model.hidden, model.headDim);
      for (let head = 0; head < model.heads; head++) {
        for (let query = 0; query < seq; query++) {
          const keys = causal ? query + 1 : seq;
          matmul(1, model.headDim, keys);
          matmul(1, keys, model.headDim);
        }
      }
      matmul(seq, model.heads * model.headDim, model.hidden);
      for (let gate = 0; gate < (model.activation === 'swiglu' ? 2 : 1); gate++)
        matmul(seq, model.hidden, model.ffn);
      matmul(seq, model.ffn, model.hidden);
    }
    matmul(seq, model.hidden, model.vocab);
  }
  return ops;
}

describe('counting a forward pass', () => {
  it('gives the figures nanoGPT publishes for GPT-2 at 1,024 tokens', () => {
    // karpathy/nanoGPT, transformer_sizing.ipynb: forward a third of 874,944,921,600.
    const of = countFlops(GPT2, 1, 1024);
    expect(of.train).toBe(874_944_921_600);
    expect(of.forward).toBe(291_648_307_200);
    expect(of.head).toBe(2 * 1024 * 50_257 * 768);
    expect(of.perToken).toBe(291_648_307_200 / 1024);
  });

  it('agrees with a walk over every product, for each kind of model, full and causal', () => {
    const small = {
      ...GPT2,
      layers: 2,
      hidden: 8,
      heads: 2,
      kvHeads: 2,
      headDim: 4,
      ffn: 20,
      vocab: 13,
    };
    for (const model of [small, GROUPED]) {
      for (const causal of [false, true]) {
        for (const [batch, seq] of [
          [1, 1],
          [2, 5],
          [3, 9],
        ] as const) {
          expect(countFlops(model, batch, seq, { causal }).forward).toBe(
            walk(model, batch, seq, causal),
          );
        }
      }
    }
  });

  it('works out one layer of BERT-base by hand', () => {
    const { perLayer } = countFlops(preset('bert-base'), 1, 512);
    expect(perLayer).toEqual({
      qkv: 3 * 2 * 512 * 768 * 768,
      scores: 2 * 512 * 512 * 768,
      softmax: 5 * 12 * 512 * 512,
      attentionOutput: 2 * 512 * 512 * 768,
      projection: 2 * 512 * 768 * 768,
      ffn: 4 * 512 * 768 * 3072,
      total: 8_053_063_680,
    });
  });

  it('makes backward twice forward and training three times', () => {
    const of = countFlops(GROUPED, 2, 10);
    expect(of.backward).toBe(2 * Number(of.forward));
    expect(of.train).toBe(3 * Number(of.forward));
    expect(trainFlops(GROUPED, 2, 10, { recompute: true })).toBe(4n * forwardFlops(GROUPED, 2, 10));
  });

  it('stays exact past 2^53, and prints as a decimal string there', () => {
    const one = forwardFlops(preset('gpt2-xl'), 1, 1023);
    const batch = 9_999_991;
    const of = countFlops(preset('gpt2-xl'), batch, 1023);
    expect(of.train).toBe(3n * BigInt(batch) * one);
    expect(JSON.parse(toJson(of)).train).toBe((3n * BigInt(batch) * one).toString());
    expect(typeof of.perToken).toBe('number');
  });

  it('spells a typed number as typed', () => {
    expect([1e24, 3.15e23, 1.5, 12].map((value): Count => decimal(value))).toEqual([
      10n ** 24n,
      315n * 10n ** 21n,
      1.5,
      12,
    ]);
  });

  it.each([
    [0, 8],
    [1, 0],
    [1.5, 8],
    [1, Number.NaN],
  ])('refuses a batch of %s with %s tokens', (batch, seq) => {
    expect(() => countFlops(GPT2, batch, seq)).toThrow(Failure);
  });
});

describe('other families', () => {
  const deepseek: ModelSpec = {
    ...preset('llama-2-7b'),
    name: 'latent',
    layers: 5,
    hidden: 64,
    heads: 4,
    kvHeads: 4,
    headDim: 16,
    ffn: 96,
    vocab: 100,
    experts: { total: 8, active: 2, ffn: 24, sharedFfn: 48, denseLayers: 2 },
    latentAttention: { queryRank: 20, kvRank: 12, ropeDim: 4, plainDim: 8, valueDim: 10 },
  };

  it.each([
    ...presetNames()
      .filter((name) => name.startsWith('llama') || name.startsWith('mi'))
      .map(preset)
      .filter(({ tiedHead }) => !tiedHead),
    deepseek,
  ])("multiply $name's every active weight with every token once", (model) => {
    const parts = countParameters(model);
    const latent = model.latentAttention;
    const vectors =
      model.layers * (2 * model.hidden + (latent ? (latent.queryRank ?? 0) + latent.kvRank : 0)) +
      model.hidden;
    const matrices = activeParameterCount(model) - parts.embedding - vectors;
    const widths = latent ? 4 * (8 + 4) + 4 * 10 : 2 * model.heads * model.headDim;
    for (const [batch, seq] of [
      [1, 1],
      [3, 50],
    ] as const) {
      expect(Number(forwardFlops(model, batch, seq))).toBe(
        2 * batch * seq * matrices + 2 * model.layers * batch * seq * seq * widths,
      );
    }
  });

  it('sends a Mixtral token through 12.9 of 46.7 billion parameters', () => {
    const of = countFlops(preset('mixtral-8x7b'), 1, 1);
    expect(Number(of.perToken) / 2e9).toBeCloseTo(12.9 - 0.13, 1);
  });

  it('see no further back than a sliding window', () => {
    const model: ModelSpec = { ...GROUPED, slidingWindow: 4 };
    let pairs = 0;
    for (let query = 1; query <= 30; query++) pairs += Math.min(query, 4);
    expect(countFlops(model, 1, 30, { causal: true }).perLayer.scores).toBe(2 * pairs * 20);
    expect(countFlops(model, 1, 3, { causal: true }).perLayer).toEqual(
      countFlops(GROUPED, 1, 3, { causal: true }).perLayer,
    );
    expect(decodeFlops(model, 1, 30)).toBe(decodeFlops(GROUPED, 1, 4));
    // Attention over four keys never costs what the projections cost.
    expect(crossover(model, { causal: true }).attentionEqualsProjections).toBeNull();
    expect(countFlops(model, 1, 60, { causal: true }).regime).toBe('short');
    const wide: ModelSpec = { ...GROUPED, slidingWindow: 25 };
    const at = crossover(wide, { causal: true }).attentionEqualsLayer ?? Number.NaN;
    const seen = (25 * 26) / 2 + (at - 25) * 25;
    const layer = countFlops(wide, 1, 1).perLayer;
    expect(2 * 2 * 20 * seen).toBeCloseTo(
      at * (Number(layer.qkv) + Number(layer.projection) + Number(layer.ffn)),
      3,
    );
  });

  it('give an encoder-decoder a cross-attention in each decoder layer, and an encoder that no mask narrows', () => {
    const pair: ModelSpec = {
      ...GROUPED,
      architecture: 'encoder-decoder',
      layers: 2,
      decoderLayers: 3,
    };
    const full = countFlops({ ...GROUPED, layers: 1 }, 1, 6).perLayer;
    const masked = countFlops({ ...GROUPED, layers: 1 }, 1, 6, { causal: true }).perLayer;
    const cross = Number(full.total) - Number(full.ffn);
    const head = 2 * 6 * 11 * 12;
    expect(countFlops(pair, 1, 6).forward).toBe(5 * Number(full.total) + 3 * cross + head);
    expect(countFlops(pair, 1, 6, { causal: true }).forward).toBe(
      2 * Number(full.total) + 3 * Number(masked.total) + 3 * cross + head,
    );
    expect(() => decodeFlops(pair, 1, 6)).toThrow(Failure);
  });

  it('leave out the head of an encoder that has none', () => {
    expect(countFlops(preset('bert-base'), 1, 512)).toMatchObject({
      head: 0,
      forward: 12 * 8_053_063_680,
    });
  });
});

describe('crossover lengths', () => {
  it('are 2d, 4d and 6d where d_ff is 4d', () => {
    for (const name of presetNames().filter(
      (one) => one.startsWith('gpt') || one.startsWith('bert'),
    )) {
      const { hidden } = preset(name);
      expect(crossover(preset(name))).toEqual({
        attentionEqualsProjections: 2 * hidden,
        attentionEqualsFfn: 4 * hidden,
        attentionEqualsLayer: 6 * hidden,
      });
    }
  });

  it('balance the count itself, for grouped queries and causal masks too', () => {
    // d = 8, 4 heads of 4 on 2 key-value heads, d_ff = 12, three matrices: 8(16 + 8)/16 = 12, and 3·8·12/32 = 9 more.
    const model: ModelSpec = { ...GROUPED, hidden: 8, heads: 4, kvHeads: 2, headDim: 4, ffn: 12 };
    for (const causal of [false, true]) {
      const at = crossover(model, { causal });
      if (at.attentionEqualsProjections === null || at.attentionEqualsLayer === null)
        throw new Error('unreachable');
      expect(at.attentionEqualsProjections).toBe(causal ? 23 : 12);
      expect(at.attentionEqualsLayer).toBe(causal ? 41 : 21);
      const first = countFlops(model, 1, at.attentionEqualsProjections, { causal });
      expect(Number(first.perLayer.scores) * 2).toBe(
        Number(first.perLayer.qkv) + Number(first.perLayer.projection),
      );
      expect(first.regime).toBe('crossover');
      const second = countFlops(model, 1, at.attentionEqualsLayer, { causal }).perLayer;
      expect(Number(second.scores) * 4).toBe(Number(second.total));
    }
  });

  it('divide short sequences from long ones', () => {
    expect([1535, 1536, 1537].map((seq) => countFlops(GPT2, 1, seq).regime)).toEqual([
      'short',
      'crossover',
      'long',
    ]);
    expect(countFlops(GPT2, 1, 64).dominant).toBe('ffn');
    expect(countFlops(GPT2, 1, 100_000).dominant).toBe('attention');
    expect(countFlops(preset('gpt2-nano'), 1, 8).dominant).toBe('ffn');
    expect(countFlops({ ...GPT2, layers: 1 }, 1, 8).dominant).toBe('head');
  });
});

describe('approximations', () => {
  it("give PaLM's published figure for GPT-2 and its published ratio of 1.0001", () => {
    // nanoGPT counts neither biases nor the shifts of the norms: 124,337,664 parameters.
    const bare: ModelSpec = { ...GPT2, bias: false, norm: 'rmsnorm' };
    expect(parameterCount(bare)).toBe(124_337_664);
    const of = approximations(bare, 1, 1024);
    expect(of.palm).toBe(875_062_886_400);
    expect((1 + of.palmErrorPercent / 100).toFixed(4)).toBe('1.0001');
  });

  it('say by how much 2P misses', () => {
    const of = approximations(GPT2, 2, 100);
    expect(of.twoP).toBe(2 * 124_439_808 * 200);
    expect(of.sixPD).toBe(6 * 124_439_808 * 200);
    expect(of.errorPercent).toBeCloseTo(
      (100 * 2 * 124_439_808 * 200) / Number(countFlops(GPT2, 2, 100).forward) - 100,
      10,
    );
  });
});

describe('generation', () => {
  it('does the work of one causal forward pass when every position is decoded with a cache', () => {
    let steps = 0n;
    for (let context = 1; context <= 37; context++) steps += decodeFlops(GROUPED, 2, context);
    expect(steps).toBe(forwardFlops(GROUPED, 2, 37, { causal: true }));
  });

  it('takes in the prompt once and steps N − 1 times', () => {
    const shape = { batch: 1, promptTokens: 4, tokens: 3 };
    const cached = generationFlops(GROUPED, { ...shape, kvCache: true });
    expect(cached.prefill).toBe(forwardFlops(GROUPED, 1, 4));
    expect(cached.decode).toBe(decodeFlops(GROUPED, 1, 5) + decodeFlops(GROUPED, 1, 6));
    expect(generationFlops(GROUPED, { ...shape, kvCache: false }).total).toBe(
      [4, 5, 6].reduce((sum, n) => sum + forwardFlops(GROUPED, 1, n), 0n),
    );
    expect(cacheWorkRatio(GROUPED, { ...shape, tokens: 1 })).toBe(1);
  });

  it('counts T(T+1)/2 attention rows without a cache', () => {
    let rows = 0;
    for (let t = 1; t <= 1000; t++) rows += t;
    expect(attentionRows(1000)).toEqual({ uncached: rows, cached: 1000, ratio: rows / 1000 });
  });
});

describe('a recurrent network beside a transformer', () => {
  it('does 4d² a step and layer, one step after another', () => {
    const { rnn, transformer, attentionEqualsRnn } = compareWithRnn(GPT2, 1000);
    expect(rnn).toEqual({
      time: 12 * 1000 * 4 * 768 * 768,
      space: 12 * 1000 * 768,
      weights: 12 * 2 * 768 * 768,
      sequentialSteps: 1011,
    });
    expect(transformer.sequentialSteps).toBe(12);
    expect(transformer.space).toBe(12 * (12 * 1000 * 1000 + 1000 * 768));
    expect(transformer.weights).toBe(12 * 12 * 768 * 768);
    expect(attentionEqualsRnn).toBe(768);
  });
});
