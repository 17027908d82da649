/** ERNIE 4.5: Llama with one word for all biases, and its models of experts. */
import type { Experts } from '../model-spec';
import { type DecoderDefaults, LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { ConfigFile, Family } from './family';
import { indices } from './llama4';

export const ERNIE45: Family = {
  name: 'ernie4_5',
  implementation: LLAMA_IMPLEMENTATION,
  configs: [
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
  ],
};

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
        return readDecoder(file, MOE_DEFAULTS, {
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
      num_hidden_layers: count.default(MOE_DEFAULTS.layers),
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

const MOE_DEFAULTS: DecoderDefaults = {
  vocab: 103_424,
  hidden: 2560,
  ffn: 12_288,
  layers: 28,
  heads: 20,
  kvHeads: 4,
  positions: 131_072,
  tied: true,
};
