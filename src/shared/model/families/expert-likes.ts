/**
 * Models of experts that differ from ones known already in a thing or two, each said in its row: ERNIE 4.5, EXAONE, Solar Open,
 * FlexOlmo.
 */
import type { Experts } from '../model-spec';
import { type DecoderDefaults, LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import { denseIndices, sharedExperts } from './deepseek';
import type { ConfigFile, Family } from './family';
import { indices } from './llama4';

/** A router in fp32, whose offsets are a weight that does not train, and experts beside two for every token. */
export const ERNIE45_MOE: Family = {
  name: 'ernie4_5_moe',
  implementation: { ...LLAMA_IMPLEMENTATION, routerInFp32: true, routesInHalf: true },
  configs: [
    {
      types: ['ernie4_5_moe'],
      classes: /^Ernie4_5_?Moe(For|Model)/i,
      read(file) {
        const { use_bias: bias } = file.parse(({ z }) =>
          z.object({ use_bias: z.boolean().default(false) }),
        );
        return readDecoder(file, ERNIE, {
          family: 'ernie4_5_moe',
          differences: { bias, ...(bias && { headBias: true }), experts: ernieExperts(file) },
        });
      },
    },
  ],
};

/** From a first layer to a last one, every so many; the others are dense. */
function ernieExperts(file: ConfigFile): Experts {
  const config = file.parse(({ z, count }) => {
    const index = z.number().int().nonnegative();
    return z.object({
      num_hidden_layers: count.default(ERNIE.layers),
      moe_num_experts: count.default(64),
      moe_k: count.default(6),
      moe_intermediate_size: count.default(1536),
      moe_num_shared_experts: index.default(2),
      moe_layer_start_index: index.default(1),
      moe_layer_end_index: z.number().int().default(-1),
      moe_layer_interval: count.default(1),
      // Switches of the release's own code, which its sizes do not hang on.
      moe_use_aux_free: z.boolean().nullish(),
    });
  });
  const { moe_layer_end_index: given, num_hidden_layers: layers } = config;
  const end = given === -1 ? layers - 1 : given;
  const isSparse = (index: number) =>
    (index + 1) % config.moe_layer_interval === 0 &&
    index >= config.moe_layer_start_index &&
    index <= end;
  const denseAt = indices(layers).filter((index) => !isSparse(index));
  return {
    total: config.moe_num_experts,
    active: config.moe_k,
    ffn: config.moe_intermediate_size,
    sharedFfn: config.moe_num_shared_experts * config.moe_intermediate_size,
    routerBias: true,
    bias: false,
    ...(denseAt.length > 0 && { denseAt }),
  };
}

const ERNIE: DecoderDefaults = {
  vocab: 103_424,
  hidden: 2560,
  ffn: 12_288,
  layers: 28,
  heads: 20,
  kvHeads: 4,
  positions: 131_072,
  tied: true,
};

/** DeepSeek V3's experts behind EXAONE 4's attention, with norms before both. */
export const EXAONE_MOE: Family = {
  name: 'exaone_moe',
  implementation: { ...LLAMA_IMPLEMENTATION, routerInFp32: true },
  configs: [
    {
      types: ['exaone_moe'],
      classes: /^ExaoneMoe(For|Model)/,
      read(file) {
        const config = file.parse(({ z, count }) =>
          z.object({
            num_experts: count.default(64),
            num_experts_per_tok: count.default(8),
            num_shared_experts: z.number().int().nonnegative().default(1),
            moe_intermediate_size: count.default(1024),
            first_k_dense_replace: z.number().int().nonnegative().default(1),
            mlp_layer_types: z.array(z.string()).nullish(),
          }),
        );
        return readDecoder(file, EXAONE, {
          family: 'exaone_moe',
          pattern: 4,
          differences: {
            qkNorm: true,
            experts: {
              total: config.num_experts,
              active: config.num_experts_per_tok,
              ffn: config.moe_intermediate_size,
              sharedFfn: config.num_shared_experts * config.moe_intermediate_size,
              ...denseIndices(config.mlp_layer_types, config.first_k_dense_replace),
            },
          },
        });
      },
    },
  ],
};

const EXAONE: DecoderDefaults = {
  vocab: 102_400,
  hidden: 4096,
  ffn: 16_384,
  layers: 32,
  heads: 32,
  kvHeads: 32,
  positions: 2048,
  window: 4096,
};

/** GLM 4.5's experts in every layer. */
export const SOLAR_OPEN: Family = {
  name: 'solar_open',
  implementation: { ...LLAMA_IMPLEMENTATION, routerInFp32: true },
  configs: [
    {
      types: ['solar_open'],
      classes: /^SolarOpen(For|Model)/,
      read: (file) =>
        readDecoder(file, SOLAR, {
          family: 'solar_open',
          outputBias: false,
          differences: {
            experts: sharedExperts(file, {
              total: 128,
              active: 8,
              ffn: 1280,
              shared: 1,
              dense: 0,
            }),
          },
        }),
    },
  ],
};

const SOLAR: DecoderDefaults = {
  vocab: 196_608,
  hidden: 4096,
  // No layer is dense.
  ffn: 10_240,
  layers: 48,
  heads: 64,
  kvHeads: 8,
  headDim: 128,
  positions: 131_072,
};

/** OLMo 2's norms around OLMoE's experts. */
export const FLEX_OLMO: Family = {
  name: 'flex_olmo',
  implementation: { ...LLAMA_IMPLEMENTATION, scaledInFp32: true, routesInHalf: true },
  configs: [
    {
      types: ['flex_olmo'],
      classes: /^FlexOlmo(For|Model)/,
      read(file) {
        const config = file.parse(({ z, count }) =>
          z.object({
            num_experts: count.default(7),
            num_experts_per_tok: count.default(5),
            intermediate_size: count.default(FLEX.ffn),
          }),
        );
        return readDecoder(file, FLEX, {
          family: 'flex_olmo',
          differences: {
            outputNorms: true,
            qkNorm: 'width',
            experts: {
              total: config.num_experts,
              active: config.num_experts_per_tok,
              ffn: config.intermediate_size,
            },
          },
        });
      },
    },
  ],
};

const FLEX: DecoderDefaults = {
  vocab: 100_352,
  hidden: 4096,
  ffn: 11_008,
  layers: 32,
  heads: 32,
  kvHeads: null,
  positions: 4096,
};
