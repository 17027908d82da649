/**
 * Models known by name. The GPT-2 family as published (openai-community/gpt2*, config.json on Hugging Face), and
 * `gpt2-nano`, the same architecture at a size that trains on any CPU within seconds.
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
    bias: true,
    tiedHead: true,
  };
}

const PRESETS: ReadonlyMap<string, ModelSpec> = new Map(
  [
    gpt2('gpt2', { layers: 12, hidden: 768, heads: 12 }),
    gpt2('gpt2-medium', { layers: 24, hidden: 1024, heads: 16 }),
    gpt2('gpt2-large', { layers: 36, hidden: 1280, heads: 20 }),
    gpt2('gpt2-xl', { layers: 48, hidden: 1600, heads: 25 }),
    gpt2('gpt2-nano', { layers: 4, hidden: 128, heads: 4, vocab: 1024, maxPositions: 256 }),
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
