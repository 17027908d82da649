/** MiniMax: Mixtral's experts behind lightning attention in most layers (Text-01), or norms over all queries and keys (M2). */
import { type DecoderDefaults, LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { Family } from './family';
import { indices } from './llama4';
import { localExperts } from './local-experts';

export const MINIMAX: Family = {
  name: 'minimax',
  implementation: { ...LLAMA_IMPLEMENTATION, modules: { gate: 'output_gate' } },
  configs: [
    {
      types: ['minimax', 'minimax_text_01'],
      classes: /^MiniMax(Text01)?(For|Model)/,
      read(file) {
        const config = file.parse(({ z, count }) =>
          z.object({
            num_hidden_layers: count.default(32),
            layer_types: z.array(z.string()).nullish(),
            attn_type_list: z.array(z.number()).nullish(),
            block_size: count.nullish(),
          }),
        );
        const { layer_types: types, attn_type_list: list } = config;
        const isLinear = (index: number) => {
          if (types) return types[index] === 'linear_attention';
          return list ? list[index] === 0 : index % 2 === 1;
        };
        const model = readDecoder(file, MIXTRAL_LIKE, {
          family: 'minimax',
          differences: { experts: localExperts(file, { total: 8, active: 2, ffn: 14_336 }) },
        });
        return {
          ...model,
          linearAttention: {
            kind: 'lightning',
            layers: indices(config.num_hidden_layers).filter(isLinear),
            keyHeads: model.heads,
            valueHeads: model.heads,
            keyDim: model.headDim,
            valueDim: model.headDim,
            convolution: 0,
          },
        };
      },
    },
  ],
};

export const MINIMAX_M2: Family = {
  name: 'minimax_m2',
  implementation: { ...LLAMA_IMPLEMENTATION, joinsRotated: true },
  configs: [
    {
      types: ['minimax_m2'],
      classes: /^MiniMaxM2/,
      read: (file) =>
        readDecoder(file, M2, {
          family: 'minimax_m2',
          differences: {
            qkNorm: 'width',
            experts: localExperts(file, { total: 256, active: 8, ffn: 1536 }),
          },
        }),
    },
  ],
};

const MIXTRAL_LIKE: DecoderDefaults = {
  vocab: 32_000,
  hidden: 4096,
  ffn: 14_336,
  layers: 32,
  heads: 32,
  kvHeads: 8,
  positions: 131_072,
};
const M2: DecoderDefaults = {
  vocab: 200_064,
  hidden: 3072,
  ffn: 1536,
  layers: 62,
  heads: 48,
  kvHeads: 8,
  headDim: 128,
  positions: 196_608,
};
