/**
 * What vLLM says of its memory as it starts. It runs the model once on as many tokens as it may batch and its sampler on
 * as many sequences, notes how far the peak rose, and leaves the rest of its share of the GPU to the cache.
 *
 * On an H100 it samples for 1,024 sequences. The sampler's tensors, all as wide as the vocabulary, are then the peak
 * whatever the model: logits in half precision and fp32 (2 + 4 bytes), sorted values with 64-bit indices (4 + 8), the
 * sort's own copies of both (12), probabilities and their sums (4 + 4). Rows of three vocabularies agree to 5%.
 */
import type { ModelSpec } from '../../src/shared/model/spec';
import type { Config, Prediction, PublishedRow } from './published-row';
import { weightBytes } from './published-weights';

const SEQUENCES = 1024;
const BYTES_A_LOGIT = 2 + 4 + 4 + 8 + 12 + 4 + 4;
const GiB = 2 ** 30;
/** What vLLM calls non-torch: 0.13 to 0.14 GiB on one H100, in rows of four models. */
const BESIDES = 0.13 * GiB;

/** In bytes; null where the row is no server's. */
export function serverBytes(
  row: PublishedRow,
  model: ModelSpec | undefined,
  config: Config,
): Prediction | { readonly kind: string; readonly bytes: number } | null {
  const { quantity } = row;
  const tp = config.counted(/TP=?\s?(\d+)/) ?? config.counted(/\btp(\d+)/) ?? 1;
  if (/cuda-?graph/i.test(quantity))
    return {
      reason:
        'a difference that capturing graphs leaves, negative in places: no tensor of the model',
    };
  if (/non-?torch/i.test(quantity))
    return { reason: 'device memory a server counts from a baseline of its own' };
  const available = /available/i.test(quantity);
  const peak = /torch peak|activation_peak|activation peak/i.test(quantity);
  if (!available && !peak) return null;
  if (!model) return { reason: 'the model’s configuration is not published with the figure' };
  if (!/vLLM V1|vLLM 0\.1\d|llm-?d/i.test(config.setup))
    return { reason: 'a server’s profile run, of a batch that is not published' };
  const sampled = SEQUENCES * model.vocab * BYTES_A_LOGIT;
  if (peak) return { kind: 'server, sampling peak', bytes: sampled };
  const memory = config.counted(/([\d.]+) GiB/);
  const weights = weightBytes(model, config.text('precision'), tp);
  if (memory === undefined || weights === undefined)
    return {
      reason: 'memory of the GPU or precision of the weights is not published with the figure',
    };
  const share = /Mistral/.test(row.model)
    ? (config.counted(/Mistral (0\.\d+)/) ?? config.counted(/util\w* (0\.\d+)/))
    : config.counted(/util\w* (0\.\d+)/);
  return {
    kind: 'server, left for the cache',
    bytes: memory * (share ?? 0.9) * GiB - weights - sampled - BESIDES,
  };
}
