/**
 * Choosing the next token from its logits: the likeliest, or one drawn from softmax(logits / temperature), cut first to
 * the k likeliest and then to the fewest likeliest whose probabilities reach p.
 */
import type { RunSpec } from '../../shared/model/spec';
import type { Random } from './random';

export interface Sampling {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
}

/** Null where the run takes the likeliest token. */
export function parseSampling({ temperature, topK, topP }: RunSpec): Sampling | null {
  if (temperature === undefined && topK === undefined && topP === undefined) return null;
  return { temperature: temperature ?? 1, topK: topK ?? Infinity, topP: topP ?? 1 };
}

/** One token id. Takes exactly one number from `random`. */
export function sampleToken(
  logits: Float32Array,
  { temperature, topK, topP }: Sampling,
  random: Random,
): number {
  const ids = Array.from(logits.keys())
    .sort((a, b) => logits[b]! - logits[a]! || a - b)
    .slice(0, Math.min(topK, logits.length));
  const top = logits[ids[0]!]!;
  const weights = ids.map((id) => Math.exp((logits[id]! - top) / temperature));
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  let kept = 0;
  let mass = 0;
  while (kept < ids.length && (kept === 0 || mass < topP * whole)) mass += weights[kept++]!;
  let left = random.fraction() * mass;
  for (let index = 0; index < kept; index++) {
    left -= weights[index]!;
    if (left < 0) return ids[index]!;
  }
  return ids[kept - 1]!;
}
