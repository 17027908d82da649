/**
 * Models known by name, each from its published configuration (config.json on Hugging Face, or the paper named), and
 * `gpt2-nano`, GPT-2's architecture at a size that trains on any CPU within seconds.
 */
import { Failure } from '../failure';
import type { ModelSpec } from './spec';

function gpt2(name: string, size: { layers: number; hidden: number; heads: number; vocab?: number; maxPositions?: number }): ModelSpec {
  const { layers, hidden, heads, vocab = 50_257, maxPositions = 1024 } = size;
  return {
    name,
    architecture: 'decoder',
    layers,
    hidden,
    heads,
    kvHeads: heads,
    headDim: hidden / heads,
    ffn: 4 * hidden,
    vocab,
    maxPositions,
    positions: 'learned',
    norm: 'layernorm',
    activation: 'gelu',
    activationComposed: true,
    bias: true,
    tiedHead: true,
  };
}

function llama(
  name: string,
  size: { layers: number; hidden: number; heads: number; kvHeads?: number; ffn: number; vocab: number; maxPositions: number },
  differences: Partial<ModelSpec> = {},
): ModelSpec {
  const { hidden, heads, kvHeads = heads } = size;
  return {
    name,
    architecture: 'decoder',
    ...size,
    kvHeads,
    headDim: hidden / heads,
    positions: 'rotary',
    norm: 'rmsnorm',
    activation: 'swiglu',
    bias: false,
    tiedHead: false,
    ...differences,
  };
}

function bert(name: string, size: { layers: number; hidden: number; heads: number; ffn?: number }, differences: Partial<ModelSpec> = {}): ModelSpec {
  const { hidden, heads } = size;
  return {
    name,
    architecture: 'encoder',
    layers: size.layers,
    hidden,
    heads,
    kvHeads: heads,
    headDim: hidden / heads,
    ffn: size.ffn ?? 4 * hidden,
    vocab: 30_522,
    maxPositions: 512,
    positions: 'learned',
    norm: 'layernorm',
    activation: 'gelu',
    bias: true,
    tiedHead: true,
    postNorm: true,
    tokenTypes: 2,
    pooler: true,
    ...differences,
  };
}

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
    bert('distilbert', { layers: 6, hidden: 768, heads: 12 }, { tokenTypes: 0, pooler: false }),
    bert('tinybert', { layers: 4, hidden: 312, heads: 12, ffn: 1200 }),
    llama('llama-2-7b', { layers: 32, hidden: 4096, heads: 32, ffn: 11_008, vocab: 32_000, maxPositions: 4096 }),
    llama('llama-2-13b', { layers: 40, hidden: 5120, heads: 40, ffn: 13_824, vocab: 32_000, maxPositions: 4096 }),
    llama('llama-2-70b', { layers: 80, hidden: 8192, heads: 64, kvHeads: 8, ffn: 28_672, vocab: 32_000, maxPositions: 4096 }),
    llama('llama-3-8b', { layers: 32, hidden: 4096, heads: 32, kvHeads: 8, ffn: 14_336, vocab: 128_256, maxPositions: 8192 }),
    llama('llama-3-70b', { layers: 80, hidden: 8192, heads: 64, kvHeads: 8, ffn: 28_672, vocab: 128_256, maxPositions: 8192 }),
    llama('mistral-7b', { layers: 32, hidden: 4096, heads: 32, kvHeads: 8, ffn: 14_336, vocab: 32_000, maxPositions: 32_768 }, { slidingWindow: 4096 }),
    llama('mixtral-8x7b', { layers: 32, hidden: 4096, heads: 32, kvHeads: 8, ffn: 14_336, vocab: 32_000, maxPositions: 32_768 }, { experts: { total: 8, active: 2, ffn: 14_336 } }),
    llama('qwen2.5-0.5b', { layers: 24, hidden: 896, heads: 14, kvHeads: 2, ffn: 4864, vocab: 151_936, maxPositions: 32_768 }, { qkvBias: true, tiedHead: true }),
    llama('qwen2.5-7b', { layers: 28, hidden: 3584, heads: 28, kvHeads: 4, ffn: 18_944, vocab: 152_064, maxPositions: 131_072 }, { qkvBias: true }),
  ].map((model) => [model.name, model]),
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
  if (!found) throw new Failure('bad_input', `There is no model "${name}".`, `Use one of ${presetNames().join(', ')}, or a Hugging Face config.json.`);
  return found;
}
