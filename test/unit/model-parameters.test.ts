import { describe, expect, it } from 'vitest';
import { modelFromConfig } from '../../src/shared/model/config-file';
import { countParameters, parameterCount } from '../../src/shared/model/parameters';
import { preset, presetNames } from '../../src/shared/model/presets';

/** Counts of the published checkpoints, as `sum(p.numel())` of openai-community/gpt2* gives them (tied head counted once). */
const PUBLISHED: Readonly<Record<string, number>> = {
  gpt2: 124_439_808,
  'gpt2-medium': 354_823_168,
  'gpt2-large': 774_030_080,
  'gpt2-xl': 1_557_611_200,
};

describe('parameter counts', () => {
  it.each(Object.entries(PUBLISHED))('of %s equal the published checkpoint', (name, count) => {
    expect(parameterCount(preset(name))).toBe(count);
  });

  it('split GPT-2 into the tensors of its state dict', () => {
    // Shapes of openai-community/gpt2: wte [50257, 768], wpe [1024, 768], c_attn [768, 2304]+2304, c_proj [768, 768]+768,
    // c_fc [768, 3072]+3072, c_proj [3072, 768]+768, ln_1, ln_2, ln_f 2 × 768.
    const parts = countParameters(preset('gpt2'));
    expect(parts.embedding).toBe(38_597_376);
    expect(parts.positions).toBe(786_432);
    expect(parts.perLayer).toEqual({ attention: 2_362_368, ffn: 4_722_432, norms: 3_072, total: 7_087_872 });
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
    const { embedding, positions, perLayer, layers, finalNorm, head, total } = countParameters(model);
    expect(perLayer.attention + perLayer.ffn + perLayer.norms).toBe(perLayer.total);
    expect(layers).toBe(model.layers * perLayer.total);
    expect(embedding + positions + layers + finalNorm + head).toBe(total);
  });
});

describe('a Hugging Face config.json', () => {
  // openai-community/gpt2-medium, the fields that shape the model.
  const medium = { model_type: 'gpt2', architectures: ['GPT2LMHeadModel'], activation_function: 'gelu_new', n_ctx: 1024, n_embd: 1024, n_head: 16, n_layer: 24, n_positions: 1024, vocab_size: 50257 };

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
    ['heads that do not divide the width', { ...medium, n_head: 7 }, /heads cannot be 7/],
    ['an unknown activation', { ...medium, activation_function: 'constructor' }, /activation_function "constructor"/],
  ])('with %s is refused with its reason', (_, json, message) => {
    expect(() => modelFromConfig(json, 'x')).toThrow(expect.objectContaining({ code: 'bad_input', message: expect.stringMatching(message) }));
  });
});
