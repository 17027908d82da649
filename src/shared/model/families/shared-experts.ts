/** Experts of which some are for every token, behind a few dense layers at the start: DeepSeek's, and those written after them. */
import type { Experts } from '../model-spec';
import type { ConfigFile } from './family';

/** What a configuration class fills in. */
export interface SharedExperts {
  readonly total: number;
  readonly active: number;
  readonly ffn: number;
  readonly shared: number;
  readonly dense: number;
}

/** Experts of which some are for every token, behind a few dense layers at the start. */
export function sharedExperts(file: ConfigFile, usual: SharedExperts): Experts {
  const config = file.parse(({ z, count }) =>
    z.object({
      moe_intermediate_size: count.default(usual.ffn),
      n_routed_experts: count.nullish(),
      n_shared_experts: z.number().int().nonnegative().nullish(),
      num_experts_per_tok: count.nullish(),
      first_k_dense_replace: z.number().int().nonnegative().default(usual.dense),
      moe_layer_freq: z.literal(1).default(1),
      mlp_layer_types: z.array(z.string()).nullish(),
    }),
  );
  return {
    total: config.n_routed_experts ?? usual.total,
    active: config.num_experts_per_tok ?? usual.active,
    ffn: config.moe_intermediate_size,
    sharedFfn: (config.n_shared_experts ?? usual.shared) * config.moe_intermediate_size,
    ...denseIndices(config.mlp_layer_types, config.first_k_dense_replace),
  };
}

/** Layers without experts: those that a list of kinds names, or so many at the start where there is none. */
export function denseIndices(
  kinds: readonly string[] | null | undefined,
  atStart: number,
): Pick<Experts, 'denseLayers' | 'denseAt'> {
  if (!kinds) return { denseLayers: atStart };
  const denseAt = kinds.flatMap((kind, index) => (kind === 'dense' ? [index] : []));
  return denseAt.length > 0 ? { denseAt } : {};
}
