/**
 * The model a published row means: by the name people give it, at the sizes of its configuration; or, where nobody
 * knows the name, from the sizes the row itself gives.
 */
import { gemma2 } from '../../src/shared/model/families/gemma';
import { gpt2 } from '../../src/shared/model/families/gpt2';
import { llama } from '../../src/shared/model/families/llama';
import { qwen3 } from '../../src/shared/model/families/qwen';
import { isPresetName, preset } from '../../src/shared/model/presets';
import type { ModelSpec } from '../../src/shared/model/spec';
import { checkModel } from '../../src/shared/model/validate';
import { Config, type PublishedRow } from './published-row';

/** Qwen (2023) and Qwen1.5: Llama's blocks with biases on queries, keys and values. */
function qwen1(name: string, size: { layers: number; hidden: number; ffn: number }): ModelSpec {
  return llama(
    name,
    { ...size, heads: size.hidden / 128, vocab: 151_936, maxPositions: 8192 },
    { qkvBias: true },
  );
}

/** Attention and feed-forward side by side on one norm, with LayerNorm and GELU. */
function parallel(
  name: string,
  size: { layers: number; hidden: number; heads: number; kvHeads?: number; vocab: number },
  more: Partial<ModelSpec> = {},
): ModelSpec {
  return llama(
    name,
    { ...size, ffn: 4 * size.hidden, maxPositions: 2048 },
    { norm: 'layernorm', activation: 'gelu', layerNorms: 1, ...more },
  );
}

function opt(name: string, layers: number, hidden: number, heads: number): ModelSpec {
  return {
    ...gpt2(name, { layers, hidden, heads, vocab: 50_272, maxPositions: 2050 }),
    activation: 'relu',
    activationComposed: false,
  };
}

function neox(
  name: string,
  layers: number,
  hidden: number,
  heads: number,
  vocab: number,
  more: Partial<ModelSpec> = {},
): ModelSpec {
  return llama(
    name,
    { layers, hidden, heads, ffn: 4 * hidden, vocab, maxPositions: 2048 },
    { norm: 'layernorm', activation: 'gelu', bias: true, ...more },
  );
}

const mistral = (name: string, more: Partial<ModelSpec>): ModelSpec => ({
  ...preset('llama-3-8b'),
  name,
  layers: 40,
  hidden: 5120,
  headDim: 128,
  vocab: 131_072,
  maxPositions: 131_072,
  ...more,
});
const gptOss = (name: string, layers: number, total: number): ModelSpec =>
  llama(
    name,
    {
      layers,
      hidden: 2880,
      heads: 64,
      kvHeads: 8,
      ffn: 2880,
      vocab: 201_088,
      maxPositions: 131_072,
    },
    { headDim: 64, bias: true, experts: { total, active: 4, ffn: 2880, routerBias: true } },
  );

/** Models without a preset, by what a name without spaces and dashes begins with. The longest beginning decides. */
const NAMED: readonly (readonly [string, () => ModelSpec])[] = [
  ['bertlarge', () => preset('bert-large')],
  ['bertbase', () => preset('bert-base')],
  ['gpt2', () => preset('gpt2')],
  ['gpt2small', () => preset('gpt2')],
  ['gpt2124m', () => preset('gpt2')],
  ['gpt2medium', () => preset('gpt2-medium')],
  ['gpt2350m', () => preset('gpt2-medium')],
  ['gpt2355m', () => preset('gpt2-medium')],
  ['gpt2large', () => preset('gpt2-large')],
  ['gpt2774m', () => preset('gpt2-large')],
  ['gpt2762m', () => preset('gpt2-large')],
  ['gpt2xl', () => preset('gpt2-xl')],
  ['gpt21558m', () => preset('gpt2-xl')],
  ['gpt21.5b', () => preset('gpt2-xl')],
  ['gpt21.6b', () => preset('gpt2-xl')],
  ['gpt3', () => preset('gpt3')],
  ['gpt3175b', () => preset('gpt3')],
  ['llama7b', () => preset('llama-2-7b')],
  ['llama13b', () => preset('llama-2-13b')],
  [
    'llama30b',
    () =>
      llama('llama-30b', {
        layers: 60,
        hidden: 6656,
        heads: 52,
        ffn: 17_920,
        vocab: 32_000,
        maxPositions: 2048,
      }),
  ],
  [
    'llama33b',
    () =>
      llama('llama-33b', {
        layers: 60,
        hidden: 6656,
        heads: 52,
        ffn: 17_920,
        vocab: 32_000,
        maxPositions: 2048,
      }),
  ],
  [
    'llama65b',
    () =>
      llama('llama-65b', {
        layers: 80,
        hidden: 8192,
        heads: 64,
        ffn: 22_016,
        vocab: 32_000,
        maxPositions: 2048,
      }),
  ],
  ['vicuna7b', () => preset('llama-2-7b')],
  ['vicuna13b', () => preset('llama-2-13b')],
  ['llama3.370b', () => preset('llama-3.1-70b')],
  ['mistral7b', () => ({ ...preset('mistral-7b'), vocab: 32_768 })],
  ['mistralsmall', () => mistral('mistral-small', { heads: 32, kvHeads: 8, ffn: 32_768 })],
  ['mistralnemo', () => mistral('mistral-nemo', { heads: 32, kvHeads: 8, ffn: 14_336 })],
  ['qwen1.8b', () => qwen1('qwen-1.8b', { layers: 24, hidden: 2048, ffn: 5504 })],
  ['qwen7b', () => qwen1('qwen-7b', { layers: 32, hidden: 4096, ffn: 11_008 })],
  ['qwen14b', () => qwen1('qwen-14b', { layers: 40, hidden: 5120, ffn: 13_696 })],
  ['qwen72b', () => qwen1('qwen-72b', { layers: 80, hidden: 8192, ffn: 24_576 })],
  ['qwen20.5b', () => preset('qwen2.5-0.5b')],
  ['qwen21.5b', () => preset('qwen2.5-1.5b')],
  ['qwen27b', () => preset('qwen2.5-7b')],
  ['qwen272b', () => preset('qwen2.5-72b')],
  [
    'qwen3235ba22b',
    () =>
      qwen3(
        'qwen3-235b-a22b',
        { layers: 94, hidden: 4096, heads: 64, kvHeads: 4, ffn: 12_288 },
        { experts: { total: 128, active: 8, ffn: 1536 } },
      ),
  ],
  [
    'gemma227b',
    () =>
      gemma2(
        'gemma-2-27b',
        { layers: 46, hidden: 4608, heads: 32, kvHeads: 16, ffn: 36_864 },
        { headDim: 128 },
      ),
  ],
  [
    'gemma2b',
    () => gemma2('gemma-2b', { layers: 18, hidden: 2048, heads: 8, kvHeads: 1, ffn: 16_384 }),
  ],
  ['gemma7b', () => gemma2('gemma-7b', { layers: 28, hidden: 3072, heads: 16, ffn: 24_576 })],
  [
    'phi1.5',
    () =>
      parallel(
        'phi-1.5',
        { layers: 24, hidden: 2048, heads: 32, vocab: 51_200 },
        { bias: true, activationComposed: true },
      ),
  ],
  [
    'phi2',
    () =>
      parallel(
        'phi-2',
        { layers: 32, hidden: 2560, heads: 32, vocab: 51_200 },
        { bias: true, activationComposed: true },
      ),
  ],
  [
    'phi3mini',
    () =>
      llama('phi-3-mini', {
        layers: 32,
        hidden: 3072,
        heads: 32,
        ffn: 8192,
        vocab: 32_064,
        maxPositions: 4096,
      }),
  ],
  [
    'falcon7b',
    () =>
      parallel(
        'falcon-7b',
        { layers: 32, hidden: 4544, heads: 71, kvHeads: 1, vocab: 65_024 },
        { tiedHead: true },
      ),
  ],
  [
    'falcon40b',
    () => neox('falcon-40b', 60, 8192, 128, 65_024, { kvHeads: 8, bias: false, tiedHead: true }),
  ],
  ['gptj6b', () => parallel('gpt-j-6b', { layers: 28, hidden: 4096, heads: 16, vocab: 50_400 })],
  ['gptneox20b', () => neox('gpt-neox-20b', 44, 6144, 64, 50_432)],
  ['pythia160m', () => neox('pythia-160m', 12, 768, 12, 50_304)],
  ['pythia410m', () => neox('pythia-410m', 24, 1024, 16, 50_304)],
  ['pythia1b', () => neox('pythia-1b', 16, 2048, 8, 50_304)],
  ['pythia1.4b', () => neox('pythia-1.4b', 24, 2048, 16, 50_304)],
  ['pythia2.8b', () => neox('pythia-2.8b', 32, 2560, 32, 50_304)],
  ['pythia6.9b', () => neox('pythia-6.9b', 32, 4096, 32, 50_432)],
  ['pythia12b', () => neox('pythia-12b', 36, 5120, 40, 50_688)],
  ['opt125m', () => opt('opt-125m', 12, 768, 12)],
  ['opt1.3b', () => opt('opt-1.3b', 24, 2048, 32)],
  ['opt2.7b', () => opt('opt-2.7b', 32, 2560, 32)],
  ['opt6.7b', () => opt('opt-6.7b', 32, 4096, 32)],
  ['opt13b', () => opt('opt-13b', 40, 5120, 40)],
  ['opt30b', () => opt('opt-30b', 48, 7168, 56)],
  ['opt66b', () => opt('opt-66b', 64, 9216, 72)],
  ['gptoss20b', () => gptOss('gpt-oss-20b', 24, 32)],
  ['gptoss120b', () => gptOss('gpt-oss-120b', 36, 128)],
  ['deepseekv3', () => preset('deepseek-v3')],
  ['deepseekr1', () => preset('deepseek-v3')],
];

const plain = (name: string): string =>
  name
    .toLowerCase()
    .replace(/^meta[- ]/, '')
    .replace(/[^a-z0-9.]/g, '');

/** The model a row names, at the vocabulary it gives; undefined where name and sizes say too little. */
export function publishedModel(row: PublishedRow): ModelSpec | undefined {
  const config = new Config(row);
  const model = named(row.model) ?? fromSizes(row.model, config);
  if (!model) return undefined;
  const vocab = config.number('vocab');
  const unbiased = /bias=False/.test(row.model);
  const found: ModelSpec = {
    ...model,
    ...(vocab ? { vocab } : {}),
    ...(unbiased ? { bias: false, norm: 'rmsnorm' } : {}),
  };
  checkModel(found);
  return found;
}

function named(name: string): ModelSpec | undefined {
  const asked = plain(name);
  const candidates: (readonly [string, () => ModelSpec])[] = [...NAMED];
  for (const one of PRESET_NAMES) candidates.push([plain(one), () => preset(one)]);
  let best: readonly [string, () => ModelSpec] | undefined;
  for (const one of candidates)
    if (asked.startsWith(one[0]) && one[0].length > (best?.[0].length ?? 0)) best = one;
  return best?.[1]();
}

const PRESET_NAMES = [
  'llama-2-7b',
  'llama-2-13b',
  'llama-2-70b',
  'llama-3-8b',
  'llama-3-70b',
  'llama-3.1-8b',
  'llama-3.1-70b',
  'llama-3.1-405b',
  'llama-3.2-1b',
  'llama-3.2-3b',
  'mixtral-8x7b',
  'mixtral-8x22b',
  'qwen2.5-0.5b',
  'qwen2.5-1.5b',
  'qwen2.5-3b',
  'qwen2.5-7b',
  'qwen2.5-14b',
  'qwen2.5-32b',
  'qwen2.5-72b',
  'qwen3-0.6b',
  'qwen3-1.7b',
  'qwen3-4b',
  'qwen3-8b',
  'qwen3-14b',
  'qwen3-32b',
  'qwen3-30b-a3b',
  'gemma-2-2b',
  'gemma-2-9b',
  'deepseek-v2-lite',
  'distilbert',
  't5-small',
  't5-base',
  't5-large',
  't5-3b',
  'bart-base',
  'bart-large',
].filter(isPresetName);

/** Of a decoder nobody named: layers, width and, unless they are 128 wide, heads. Gated where grouped or said to be. */
function fromSizes(name: string, config: Config): ModelSpec | undefined {
  const layers = config.number('layers');
  const hidden = config.number('d_model');
  if (layers === undefined || hidden === undefined || !/^\s*(GPT|decoder|\d+(\.\d+)?B)/i.test(name))
    return undefined;
  const heads = config.number('heads') ?? hidden / 128;
  return gpt2(name, { layers, hidden, heads, maxPositions: config.number('seq') ?? 2048 });
}
