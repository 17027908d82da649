/** Experts as Mixtral and its like write them down. */
import type { ModelSpec } from '../model-spec';
import type { ConfigFile } from './family';

/** `total`, `active` and `ffn`: defaults of the configuration class. */
export function localExperts(
  file: ConfigFile,
  { total, active, ffn }: { total: number; active: number; ffn: number },
): NonNullable<ModelSpec['experts']> {
  const config = file.parse(({ z, count }) =>
    z.object({
      num_local_experts: count.optional(),
      num_experts: count.optional(),
      num_experts_per_tok: count.default(active),
      intermediate_size: count.default(ffn),
    }),
  );
  return {
    total: config.num_local_experts ?? config.num_experts ?? total,
    active: config.num_experts_per_tok,
    ffn: config.intermediate_size,
  };
}
