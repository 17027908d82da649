/** What the bundled TensorFlow.js workload can be: GPT-2, and what of it a model lacks. */
import type { ModelSpec } from './spec';

/** What keeps `model` from running as the bundled workload, as the end of a sentence; null where nothing does. */
export function notBundled(model: ModelSpec): string | null {
  if (model.architecture !== 'decoder') return `it runs decoders, and ${model.name} is an ${model.architecture}`;
  if (model.positions !== 'learned') return `it knows learned positions, and those of ${model.name} are ${model.positions}`;
  if (model.norm !== 'layernorm') return `it knows LayerNorm, and ${model.name} has RMSNorm`;
  if (model.activation !== 'gelu') return `it knows GELU, and ${model.name} has ${model.activation}`;
  if (model.experts || model.latentAttention) return `it knows neither experts nor latent attention, which ${model.name} has`;
  if (model.kvHeads !== model.heads) return `it has a key-value head for every head, and ${model.name} has ${model.kvHeads} for ${model.heads}`;
  if (!model.bias || !model.tiedHead || model.qkNorm || model.tokenTypes || model.pooler || model.postNorm || model.lmHead === false) {
    return `it has biases everywhere and a head tied to the embeddings, and ${model.name} differs`;
  }
  return null;
}
