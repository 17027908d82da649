/** Models that published measurements name, as their configurations give them. */
import { preset } from '../../src/shared/model/presets';
import type { ModelSpec } from '../../src/shared/model/spec';

function qwen3(name: string, size: { layers: number; hidden: number; heads: number; kvHeads: number; ffn: number; tied?: boolean }, more: Partial<ModelSpec> = {}): ModelSpec {
  const { tied = false, ...rest } = size;
  return { ...preset('qwen2.5-7b'), ...rest, name, headDim: 128, vocab: 151_936, maxPositions: 40_960, qkvBias: false, qkNorm: true, tiedHead: tied, ...more };
}

const QWEN3: Readonly<Record<string, ModelSpec>> = {
  '0.6b': qwen3('qwen3-0.6b', { layers: 28, hidden: 1024, heads: 16, kvHeads: 8, ffn: 3072, tied: true }),
  '1.7b': qwen3('qwen3-1.7b', { layers: 28, hidden: 2048, heads: 16, kvHeads: 8, ffn: 6144, tied: true }),
  '4b': qwen3('qwen3-4b', { layers: 36, hidden: 2560, heads: 32, kvHeads: 8, ffn: 9728, tied: true }),
  '8b': qwen3('qwen3-8b', { layers: 36, hidden: 4096, heads: 32, kvHeads: 8, ffn: 12_288 }),
  '14b': qwen3('qwen3-14b', { layers: 40, hidden: 5120, heads: 40, kvHeads: 8, ffn: 17_408 }),
  '32b': qwen3('qwen3-32b', { layers: 64, hidden: 5120, heads: 64, kvHeads: 8, ffn: 25_600 }),
  '30b-a3b': qwen3('qwen3-30b-a3b', { layers: 48, hidden: 2048, heads: 32, kvHeads: 4, ffn: 6144 }, { experts: { total: 128, active: 8, ffn: 768 } }),
};

/** Qwen (2023): Llama's blocks with biases on queries, keys and values, and a vocabulary of 151,936. */
function qwen1(name: string, size: { layers: number; hidden: number; heads: number; ffn: number }): ModelSpec {
  return { ...preset('llama-2-7b'), ...size, name, kvHeads: size.heads, headDim: 128, vocab: 151_936, maxPositions: 8192, qkvBias: true };
}

const PATTERNS: readonly (readonly [RegExp, (found: RegExpMatchArray) => ModelSpec | undefined])[] = [
  [/^bert-large/i, () => preset('bert-large')],
  [/^GPT-2 .*bias=False/i, () => ({ ...preset('gpt2'), bias: false, norm: 'rmsnorm' })],
  [/^GPT-2 (small|124M)/i, () => preset('gpt2')],
  [/^GPT-2 (medium|35\dM)/i, () => preset('gpt2-medium')],
  [/^Llama[- ]?2[- ]13B/i, () => preset('llama-2-13b')],
  [/^Llama(-| )?2?(-| )?7B/i, () => preset('llama-2-7b')],
  [/^(Meta-)?Llama[- ]3(\.1)?[- ]8B$/i, () => preset('llama-3-8b')],
  [/^Llama[- ]3\.2[- ]3B/i, () => ({ ...preset('llama-3-8b'), name: 'llama-3.2-3b', layers: 28, hidden: 3072, heads: 24, headDim: 128, ffn: 8192, tiedHead: true, maxPositions: 131_072 })],
  [/^Mistral 7B/i, () => ({ ...preset('mistral-7b'), vocab: 32_768 })],
  [/^Qwen2\.5[- ]7B/i, () => preset('qwen2.5-7b')],
  [/^Qwen3[- ]([\d.]+B(-A3B)?)/i, (found) => QWEN3[(found[1] ?? '').toLowerCase()]],
  [/^Qwen-1\.8B/i, () => qwen1('qwen-1.8b', { layers: 24, hidden: 2048, heads: 16, ffn: 5504 })],
  [/^Qwen-7B/i, () => qwen1('qwen-7b', { layers: 32, hidden: 4096, heads: 32, ffn: 11_008 })],
  [/^Qwen-14B/i, () => qwen1('qwen-14b', { layers: 40, hidden: 5120, heads: 40, ffn: 13_696 })],
  [/^Phi-3-mini/i, () => ({ ...preset('llama-2-7b'), name: 'phi-3-mini', hidden: 3072, heads: 32, kvHeads: 32, headDim: 96, ffn: 8192, vocab: 32_064 })],
];

/** The model a row names; undefined where its configuration is not known here. */
export function publishedModel(name: string): ModelSpec | undefined {
  for (const [pattern, make] of PATTERNS) {
    const found = pattern.exec(name);
    if (found) return make(found);
  }
  return undefined;
}
