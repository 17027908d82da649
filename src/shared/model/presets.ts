/**
 * Models known by name, each from its published configuration (config.json on Hugging Face, or the paper named), and
 * `gpt2-nano`, GPT-2's architecture at a size that trains on any CPU within seconds. Further
 * releases are kept as their files' fields (`releases`); `named` knows both.
 */
import { Failure } from '../base/failure';
import { bart } from './families/bart';
import { bert } from './families/bert';
import { DEEPSEEK_WIDTHS, deepseek } from './families/deepseek';
import { distilbert } from './families/distilbert';
import { gemma2 } from './families/gemma';
import { gpt2 } from './families/gpt2';
import { llama } from './families/llama';
import { MISTRAL } from './families/mistral';
import { qwen2, qwen3 } from './families/qwen';
import { t5 } from './families/t5';
import { asPublished } from './published';
import type { ModelSpec } from './spec';

const PRESETS: ReadonlyMap<string, ModelSpec> = new Map(
  [
    gpt2('gpt2', { layers: 12, hidden: 768, heads: 12 }),
    gpt2('gpt2-medium', { layers: 24, hidden: 1024, heads: 16 }),
    gpt2('gpt2-large', { layers: 36, hidden: 1280, heads: 20 }),
    gpt2('gpt2-xl', { layers: 48, hidden: 1600, heads: 25 }),
    gpt2('gpt2-nano', { layers: 4, hidden: 128, heads: 4, vocab: 1024, maxPositions: 256 }),
    // The chapter's exercise: d = 2048, 24 layers, 32 heads, d_ff 8192, sequences of 2048; GPT-2's vocabulary makes it 1.3B.
    gpt2('gpt-1.3b', { layers: 24, hidden: 2048, heads: 32, maxPositions: 2048 }),
    // Brown et al. 2020, table 2.1.
    gpt2('gpt3', { layers: 96, hidden: 12_288, heads: 96, maxPositions: 2048 }),
    bert('bert-base', { layers: 12, hidden: 768, heads: 12 }),
    bert('bert-large', { layers: 24, hidden: 1024, heads: 16 }),
    distilbert('distilbert', { layers: 6, hidden: 768, heads: 12 }),
    bert('tinybert', { layers: 4, hidden: 312, heads: 12, ffn: 1200 }),
    llama('llama-2-7b', {
      layers: 32,
      hidden: 4096,
      heads: 32,
      ffn: 11_008,
      vocab: 32_000,
      maxPositions: 4096,
    }),
    llama('llama-2-13b', {
      layers: 40,
      hidden: 5120,
      heads: 40,
      ffn: 13_824,
      vocab: 32_000,
      maxPositions: 4096,
    }),
    llama('llama-2-70b', {
      layers: 80,
      hidden: 8192,
      heads: 64,
      kvHeads: 8,
      ffn: 28_672,
      vocab: 32_000,
      maxPositions: 4096,
    }),
    llama('llama-3-8b', {
      layers: 32,
      hidden: 4096,
      heads: 32,
      kvHeads: 8,
      ffn: 14_336,
      vocab: 128_256,
      maxPositions: 8192,
    }),
    llama('llama-3-70b', {
      layers: 80,
      hidden: 8192,
      heads: 64,
      kvHeads: 8,
      ffn: 28_672,
      vocab: 128_256,
      maxPositions: 8192,
    }),
    llama('llama-3.1-8b', {
      layers: 32,
      hidden: 4096,
      heads: 32,
      kvHeads: 8,
      ffn: 14_336,
      vocab: 128_256,
      maxPositions: 131_072,
    }),
    llama('llama-3.1-70b', {
      layers: 80,
      hidden: 8192,
      heads: 64,
      kvHeads: 8,
      ffn: 28_672,
      vocab: 128_256,
      maxPositions: 131_072,
    }),
    llama('llama-3.1-405b', {
      layers: 126,
      hidden: 16_384,
      heads: 128,
      kvHeads: 8,
      ffn: 53_248,
      vocab: 128_256,
      maxPositions: 131_072,
    }),
    llama(
      'llama-3.2-1b',
      {
        layers: 16,
        hidden: 2048,
        heads: 32,
        kvHeads: 8,
        ffn: 8192,
        vocab: 128_256,
        maxPositions: 131_072,
      },
      { tiedHead: true },
    ),
    llama(
      'llama-3.2-3b',
      {
        layers: 28,
        hidden: 3072,
        heads: 24,
        kvHeads: 8,
        ffn: 8192,
        vocab: 128_256,
        maxPositions: 131_072,
      },
      { tiedHead: true },
    ),
    llama(
      'mistral-7b',
      {
        layers: 32,
        hidden: 4096,
        heads: 32,
        kvHeads: 8,
        ffn: 14_336,
        vocab: 32_000,
        maxPositions: 32_768,
      },
      { family: MISTRAL.name, slidingWindow: 4096 },
    ),
    llama(
      'mixtral-8x7b',
      {
        layers: 32,
        hidden: 4096,
        heads: 32,
        kvHeads: 8,
        ffn: 14_336,
        vocab: 32_000,
        maxPositions: 32_768,
      },
      { family: MISTRAL.name, experts: { total: 8, active: 2, ffn: 14_336 } },
    ),
    qwen2(
      'qwen2.5-0.5b',
      {
        layers: 24,
        hidden: 896,
        heads: 14,
        kvHeads: 2,
        ffn: 4864,
        vocab: 151_936,
        maxPositions: 32_768,
      },
      { tiedHead: true },
    ),
    llama(
      'mixtral-8x22b',
      {
        layers: 56,
        hidden: 6144,
        heads: 48,
        kvHeads: 8,
        ffn: 16_384,
        vocab: 32_768,
        maxPositions: 65_536,
      },
      { family: MISTRAL.name, experts: { total: 8, active: 2, ffn: 16_384 } },
    ),
    qwen2(
      'qwen2.5-1.5b',
      {
        layers: 28,
        hidden: 1536,
        heads: 12,
        kvHeads: 2,
        ffn: 8960,
        vocab: 151_936,
        maxPositions: 131_072,
      },
      { tiedHead: true },
    ),
    qwen2(
      'qwen2.5-3b',
      {
        layers: 36,
        hidden: 2048,
        heads: 16,
        kvHeads: 2,
        ffn: 11_008,
        vocab: 151_936,
        maxPositions: 32_768,
      },
      { tiedHead: true },
    ),
    qwen2('qwen2.5-7b', {
      layers: 28,
      hidden: 3584,
      heads: 28,
      kvHeads: 4,
      ffn: 18_944,
      vocab: 152_064,
      maxPositions: 131_072,
    }),
    qwen2('qwen2.5-14b', {
      layers: 48,
      hidden: 5120,
      heads: 40,
      kvHeads: 8,
      ffn: 13_824,
      vocab: 152_064,
      maxPositions: 131_072,
    }),
    qwen2('qwen2.5-32b', {
      layers: 64,
      hidden: 5120,
      heads: 40,
      kvHeads: 8,
      ffn: 27_648,
      vocab: 152_064,
      maxPositions: 131_072,
    }),
    qwen2('qwen2.5-72b', {
      layers: 80,
      hidden: 8192,
      heads: 64,
      kvHeads: 8,
      ffn: 29_568,
      vocab: 152_064,
      maxPositions: 131_072,
    }),
    qwen3(
      'qwen3-0.6b',
      { layers: 28, hidden: 1024, heads: 16, kvHeads: 8, ffn: 3072 },
      { tiedHead: true },
    ),
    qwen3(
      'qwen3-1.7b',
      { layers: 28, hidden: 2048, heads: 16, kvHeads: 8, ffn: 6144 },
      { tiedHead: true },
    ),
    qwen3(
      'qwen3-4b',
      { layers: 36, hidden: 2560, heads: 32, kvHeads: 8, ffn: 9728 },
      { tiedHead: true },
    ),
    qwen3('qwen3-8b', { layers: 36, hidden: 4096, heads: 32, kvHeads: 8, ffn: 12_288 }),
    qwen3('qwen3-14b', { layers: 40, hidden: 5120, heads: 40, kvHeads: 8, ffn: 17_408 }),
    qwen3('qwen3-32b', { layers: 64, hidden: 5120, heads: 64, kvHeads: 8, ffn: 25_600 }),
    qwen3(
      'qwen3-30b-a3b',
      { layers: 48, hidden: 2048, heads: 32, kvHeads: 4, ffn: 6144 },
      { experts: { total: 128, active: 8, ffn: 768 } },
    ),
    gemma2('gemma-2-2b', { layers: 26, hidden: 2304, heads: 8, kvHeads: 4, ffn: 9216 }),
    gemma2('gemma-2-9b', { layers: 42, hidden: 3584, heads: 16, kvHeads: 8, ffn: 14_336 }),
    deepseek(
      'deepseek-v2-lite',
      {
        layers: 27,
        hidden: 2048,
        heads: 16,
        ffn: 10_944,
        vocab: 102_400,
        maxPositions: 163_840,
      },
      { ...DEEPSEEK_WIDTHS, queryRank: null },
      { experts: { total: 64, active: 6, ffn: 1408, sharedFfn: 2816, denseLayers: 1 } },
    ),
    deepseek(
      'deepseek-v3',
      {
        layers: 61,
        hidden: 7168,
        heads: 128,
        ffn: 18_432,
        vocab: 129_280,
        maxPositions: 163_840,
      },
      { ...DEEPSEEK_WIDTHS, queryRank: 1536 },
      {
        experts: {
          total: 256,
          active: 8,
          ffn: 2048,
          sharedFfn: 2048,
          denseLayers: 3,
        },
      },
    ),
    t5('t5-small', { layers: 6, hidden: 512, heads: 8, ffn: 2048 }),
    t5('t5-base', { layers: 12, hidden: 768, heads: 12, ffn: 3072 }),
    t5('t5-large', { layers: 24, hidden: 1024, heads: 16, ffn: 4096 }),
    t5('t5-3b', { layers: 24, hidden: 1024, heads: 32, headDim: 128, ffn: 16_384 }),
    bart('bart-base', { layers: 6, hidden: 768, heads: 12 }),
    bart('bart-large', { layers: 12, hidden: 1024, heads: 16 }),
  ].map((model) => [model.name, asPublished(model)]),
);

export function presetNames(): readonly string[] {
  return [...PRESETS.keys()];
}

export function isPresetName(name: string): boolean {
  return PRESETS.has(name);
}

/** The model of that name; `bad_input` where there is none. */
export function preset(name: string): ModelSpec {
  const found = PRESETS.get(name);
  if (!found)
    throw new Failure(
      'bad_input',
      `There is no model "${name}".`,
      `Use one of ${presetNames().join(', ')}, or a Hugging Face config.json.`,
    );
  return found;
}
