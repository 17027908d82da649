/**
 * The tokens of training: random ones, or windows of a text read byte by byte (a byte is its own token; with a vocabulary
 * below 256, its remainder). Memory and time are the same for both; what is learned is not.
 */
import text from '../../resources/text/memory.txt?raw';
import { Failure } from '../shared/failure';
import type { ModelSpec, RunSpec } from '../shared/model/spec';
import type { Random } from './random';

/** `count` sequences of run.seq tokens in one row, and the token that follows each of them. */
export interface TrainingTokens { readonly ids: Int32Array; readonly last: Int32Array }

export function trainingTokens({ data = 'random', seq }: RunSpec, { vocab }: ModelSpec, count: number, random: Random): TrainingTokens {
  if (data === 'random') return { ids: random.integers(count * seq, vocab), last: random.integers(count, vocab) };
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= seq) throw new Failure('bad_input', `The training text has ${bytes.length} bytes, too few for sequences of ${seq}.`, 'Use shorter sequences, or random tokens.');
  const ids = new Int32Array(count * seq);
  const last = new Int32Array(count);
  for (let sequence = 0; sequence < count; sequence++) {
    const start = random.integer(bytes.length - seq);
    for (let at = 0; at < seq; at++) ids[sequence * seq + at] = bytes[start + at]! % vocab;
    last[sequence] = bytes[start + seq]! % vocab;
  }
  return { ids, last };
}
