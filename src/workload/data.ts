/**
 * The tokens of training: random ones, or windows of a text in GPT-2's tokens; where the vocabulary is too small to hold
 * the single bytes, each byte is its remainder. The text is read in a circle, so that a window may be longer than it.
 * Memory and time are the same for both; what is learned is not.
 */
/// <reference path="./text.d.ts" />
import text from '../../resources/text/memory.txt?raw';
import { SMALLEST_VOCABULARY, Tokenizer } from '../shared/model/tokens';
import type { ModelSpec, RunSpec } from '../shared/model/spec';
import type { Random } from './random';

/** `count` sequences of run.seq tokens in one row, and the token that follows each of them. */
export interface TrainingTokens { readonly ids: Int32Array; readonly last: Int32Array }

export function trainingTokens({ data = 'random', seq }: RunSpec, { vocab }: ModelSpec, count: number, random: Random): TrainingTokens {
  if (data === 'random') return { ids: random.integers(count * seq, vocab), last: random.integers(count, vocab) };
  const circle = vocab < SMALLEST_VOCABULARY ? Array.from(Buffer.from(text), (byte) => byte % vocab) : new Tokenizer(vocab).encode(text);
  const ids = new Int32Array(count * seq);
  const last = new Int32Array(count);
  for (let sequence = 0; sequence < count; sequence++) {
    const start = random.integer(circle.length);
    const at = (offset: number): number => circle[(start + offset) % circle.length]!;
    for (let offset = 0; offset < seq; offset++) ids[sequence * seq + offset] = at(offset);
    last[sequence] = at(seq);
  }
  return { ids, last };
}
