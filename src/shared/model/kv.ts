/** Width of what a layer keeps of one token for attention. */
import type { ModelSpec } from './spec';

/** Latent attention keeps the compressed vector and the rotary part of the key: r_kv + r. */
export function latentKvWidth(model: ModelSpec): number {
  return model.latentAttention ? model.latentAttention.kvRank + model.latentAttention.ropeDim : 0;
}

/** Elements kept per token and layer: keys and values of all key-value heads, 2·h_kv·k, or the latent vector. */
export function kvElementsPerToken(model: ModelSpec): number {
  return model.latentAttention ? latentKvWidth(model) : 2 * model.kvHeads * model.headDim;
}
