/**
 * Models that differ from Llama in one thing or two, each said in its row: Seed-OSS, EXAONE 4, Nemotron, ERNIE 4.5,
 * Hunyuan, Helium, Arcee, Apertus, SmolLM3.
 */
import { plainActivation } from './activations';
import { biases, LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { Family } from './family';

/** A family whose code is Llama's but for what its configs say. */
function like(name: string, configs: Family['configs']): Family {
  return { name, implementation: LLAMA_IMPLEMENTATION, configs };
}

const SIZE = { vocab: 32_000, hidden: 4096, ffn: 11_008, layers: 32, heads: 32, kvHeads: null };

/** The output projection has a bias of its own. */
export const SEED_OSS = like('seed_oss', [
  {
    types: ['seed_oss'],
    classes: /^SeedOss/,
    read(file) {
      const config = file.parse(({ z }) =>
        z.object({
          attention_bias: z.boolean().default(true),
          attention_out_bias: z.boolean().default(false),
          mlp_bias: z.boolean().default(false),
        }),
      );
      return readDecoder(
        file,
        {
          ...SIZE,
          vocab: 155_136,
          ffn: 27_648,
          layers: 64,
          heads: 80,
          kvHeads: 8,
          headDim: 128,
          positions: 524_288,
        },
        {
          family: 'seed_oss',
          biases: biases({
            qkv: config.attention_bias,
            output: config.attention_out_bias,
            ffn: config.mlp_bias,
          }),
        },
      );
    },
  },
]);

/** Norms on the outputs, none before; norms of queries and keys. */
export const EXAONE4 = like('exaone4', [
  {
    types: ['exaone4'],
    classes: /^Exaone4(For|Model)/,
    read: (file) =>
      readDecoder(
        file,
        { ...SIZE, vocab: 102_400, ffn: 16_384, positions: 2048, window: 4096 },
        {
          family: 'exaone4',
          pattern: 4,
          differences: { outputNorms: true, qkNorm: true },
        },
      ),
  },
]);

/** LayerNorm (of one plus its scale) and a plain network of squared ReLU. */
export const NEMOTRON = like('nemotron', [
  {
    types: ['nemotron'],
    classes: /^Nemotron(For|Model)/,
    read: (file) =>
      readDecoder(
        file,
        {
          ...SIZE,
          vocab: 256_000,
          hidden: 6144,
          ffn: 24_576,
          heads: 48,
          positions: 4096,
          activation: 'relu2',
        },
        {
          family: 'nemotron',
          activation: plainActivation,
          differences: { norm: 'layernorm' },
        },
      ),
  },
]);

/** One word for all biases. */
export const ERNIE45 = like('ernie4_5', [
  {
    types: ['ernie4_5'],
    classes: /^Ernie4_5(For|Model)/,
    read(file) {
      const { use_bias: bias } = file.parse(({ z }) =>
        z.object({ use_bias: z.boolean().default(false) }),
      );
      return readDecoder(
        file,
        {
          vocab: 103_424,
          hidden: 1024,
          ffn: 3072,
          layers: 18,
          heads: 16,
          kvHeads: 2,
          headDim: 128,
          positions: 131_072,
          tied: true,
        },
        { family: 'ernie4_5', differences: { bias } },
      );
    },
  },
]);

/** Norms of queries and keys, behind the rotation. */
export const HUNYUAN = like('hunyuan', [
  {
    types: ['hunyuan_v1_dense'],
    classes: /^HunYuanDenseV1/,
    read: (file) =>
      readDecoder(
        file,
        { ...SIZE, vocab: 290_943, positions: 2048 },
        { family: 'hunyuan', differences: { qkNorm: true } },
      ),
  },
]);

export const HELIUM = like('helium', [
  {
    types: ['helium'],
    classes: /^Helium(For|Model)/,
    read: (file) =>
      readDecoder(
        file,
        {
          vocab: 48_000,
          hidden: 2560,
          ffn: 7040,
          layers: 24,
          heads: 20,
          kvHeads: 20,
          headDim: 128,
          positions: 4096,
        },
        { family: 'helium', outputBias: false },
      ),
  },
]);

/** A plain network of squared ReLU. */
export const ARCEE = like('arcee', [
  {
    types: ['arcee'],
    classes: /^Arcee(For|Model)/,
    read: (file) =>
      readDecoder(
        file,
        { ...SIZE, hidden: 2560, ffn: 18_432, positions: 4096, activation: 'relu2' },
        { family: 'arcee', activation: plainActivation },
      ),
  },
]);

/** A plain network of xIELU, norms of queries and keys. */
export const APERTUS = like('apertus', [
  {
    types: ['apertus'],
    classes: /^Apertus(For|Model)/,
    read: (file) =>
      readDecoder(
        file,
        { ...SIZE, vocab: 131_072, ffn: 14_336, positions: 65_536, activation: 'xielu' },
        { family: 'apertus', activation: plainActivation, differences: { qkNorm: true } },
      ),
  },
]);

/** Rotation in three layers of four alone, which costs no bytes. */
export const SMOLLM3 = like('smollm3', [
  {
    types: ['smollm3'],
    classes: /^SmolLM3/,
    read: (file) =>
      readDecoder(
        file,
        {
          vocab: 128_256,
          hidden: 2048,
          ffn: 11_008,
          layers: 36,
          heads: 16,
          kvHeads: 4,
          positions: 32_768,
          tied: true,
        },
        { family: 'smollm3', windowOnRequest: true },
      ),
  },
]);
