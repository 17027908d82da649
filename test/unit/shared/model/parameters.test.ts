import { describe, expect, it } from 'vitest';
import { modelFromConfig } from '../../../../src/shared/model/config-file';
import {
  activeParameterCount,
  countParameters,
  parameterCount,
} from '../../../../src/shared/model/parameters';
import { preset, presetNames } from '../../../../src/shared/model/presets';

/** Counts of the published checkpoints, as `sum(p.numel())` of openai-community/gpt2* gives them (tied head counted once). */
const PUBLISHED: Readonly<Record<string, number>> = {
  gpt2: 124_439_808,
  'gpt2-medium': 354_823_168,
  'gpt2-large': 774_030_080,
  'gpt2-xl': 1_557_611_200,
  // As their safetensors indexes and model cards give them.
  'llama-3.1-8b': 8_030_261_248,
  'llama-3.1-70b': 70_553_706_496,
  'llama-3.1-405b': 405_853_388_800,
  'llama-3.2-1b': 1_235_814_400,
  'llama-3.2-3b': 3_212_749_824,
  'mixtral-8x7b': 46_702_792_704,
  'mixtral-8x22b': 140_630_071_296,
  'qwen2.5-0.5b': 494_032_768,
  'qwen2.5-1.5b': 1_543_714_304,
  'qwen2.5-3b': 3_085_938_688,
  'qwen2.5-7b': 7_615_616_512,
  'qwen2.5-14b': 14_770_033_664,
  'qwen2.5-32b': 32_763_876_352,
  'qwen2.5-72b': 72_706_203_648,
  'qwen3-0.6b': 596_049_920,
  'qwen3-1.7b': 1_720_574_976,
  'qwen3-4b': 4_022_468_096,
  'qwen3-8b': 8_190_735_360,
  'qwen3-14b': 14_768_307_200,
  'qwen3-32b': 32_762_123_264,
  'qwen3-30b-a3b': 30_532_122_624,
  'gemma-2-2b': 2_614_341_888,
  'gemma-2-9b': 9_241_705_984,
  'deepseek-v2-lite': 15_706_484_224,
  't5-small': 60_506_624,
  't5-base': 222_903_552,
  't5-large': 737_668_096,
  't5-3b': 2_851_598_336,
  'bart-base': 139_420_416,
  'bart-large': 406_291_456,
  // 671 B without the module for multi-token prediction; the routers' offsets are a buffer, no parameter.
  'deepseek-v3': 671_026_404_352,
};

/** Parameters a token passes through, in billions as the makers state them. */
const ACTIVE: Readonly<Record<string, number>> = {
  'mixtral-8x7b': 12.9,
  'mixtral-8x22b': 39,
  'qwen3-30b-a3b': 3.3,
  'deepseek-v2-lite': 2.4,
  'deepseek-v3': 37,
};

describe('parameter counts', () => {
  it.each(Object.entries(PUBLISHED))('of %s equal the published checkpoint', (name, count) => {
    expect(parameterCount(preset(name))).toBe(count);
  });

  it.each(Object.entries(ACTIVE))('of %s that are active are %d billion', (name, billions) => {
    // DeepSeek leaves the embedding table, which is looked up, out of its count or in it: both readings are within 5%.
    expect(Math.abs(activeParameterCount(preset(name)) / 1e9 / billions - 1)).toBeLessThan(0.12);
  });

  it('split GPT-2 into the tensors of its state dict', () => {
    // Shapes of openai-community/gpt2: wte [50257, 768], wpe [1024, 768], c_attn [768, 2304]+2304, c_proj [768, 768]+768,
    // c_fc [768, 3072]+3072, c_proj [3072, 768]+768, ln_1, ln_2, ln_f 2 × 768.
    const parts = countParameters(preset('gpt2'));
    expect(parts.embedding).toBe(38_597_376);
    expect(parts.positions).toBe(786_432);
    expect(parts.perLayer).toEqual({
      attention: 2_362_368,
      ffn: 4_722_432,
      norms: 3_072,
      total: 7_087_872,
    });
    expect(parts.layers).toBe(85_054_464);
    expect(parts.finalNorm).toBe(1_536);
    expect(parts.head).toBe(0);
  });

  it('count a head of its own once more than a tied one', () => {
    const gpt2 = preset('gpt2');
    expect(parameterCount({ ...gpt2, tiedHead: false }) - parameterCount(gpt2)).toBe(50_257 * 768);
  });

  it.each([...presetNames()])('of %s add up from their parts', (name) => {
    const model = preset(name);
    const { embedding, positions, perLayer, layers, finalNorm, head, total } =
      countParameters(model);
    expect(perLayer.attention + perLayer.ffn + perLayer.norms).toBe(perLayer.total);
    if (!model.decoderLayers && !model.experts?.denseLayers)
      expect(layers).toBe(model.layers * perLayer.total);
    expect(embedding + positions + layers + finalNorm + head).toBe(total);
  });
});

describe('a Hugging Face config.json', () => {
  // openai-community/gpt2-medium, the fields that shape the model.
  const medium = {
    model_type: 'gpt2',
    architectures: ['GPT2LMHeadModel'],
    activation_function: 'gelu_new',
    n_ctx: 1024,
    n_embd: 1024,
    n_head: 16,
    n_layer: 24,
    n_positions: 1024,
    vocab_size: 50257,
  };

  it('gives the model of the preset it describes', () => {
    expect(modelFromConfig(medium, 'gpt2-medium')).toEqual(preset('gpt2-medium'));
  });

  it('may name its architecture by class alone, leave fields to their defaults and set n_inner', () => {
    expect(modelFromConfig({ architectures: ['GPT2LMHeadModel'] }, 'gpt2')).toEqual(preset('gpt2'));
    expect(modelFromConfig({ ...medium, n_inner: 2048 }, 'x').ffn).toBe(2048);
    expect(modelFromConfig({ ...medium, tie_word_embeddings: false }, 'x').tiedHead).toBe(false);
    const { n_positions: _, ...older } = medium;
    expect(modelFromConfig({ ...older, n_ctx: 512 }, 'x').maxPositions).toBe(512);
  });

  it.each([
    ['an unknown architecture', { model_type: 'mamba' }, /"mamba".*does not know/],
    ['no architecture', { n_layer: 2 }, /names no architecture/],
    ['no object', [1, 2], /not a usable config/],
    ['null', null, /not a usable config/],
    ['a layer count that is no number', { ...medium, n_layer: 'many' }, /n_layer/],
    ['a negative width', { ...medium, n_embd: -4 }, /n_embd/],
    ['heads that do not divide the width', { ...medium, n_head: 7 }, /^Heads cannot be 7/],
    [
      'an unknown activation',
      { ...medium, activation_function: 'constructor' },
      /activation_function "constructor"/,
    ],
  ])('with %s is refused with its reason', (_, json, message) => {
    expect(() => modelFromConfig(json, 'x')).toThrow(
      expect.objectContaining({ code: 'bad_input', message: expect.stringMatching(message) }),
    );
  });
});
