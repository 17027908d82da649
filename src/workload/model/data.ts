/**
 * The tokens of training and of scoring: random ones, or windows of a text in GPT-2's tokens; where the vocabulary is too
 * small to hold the single bytes, each byte is its remainder. Training draws its windows from the text's beginning alone
 * and scoring goes through its end in order, so that no token is scored that was trained on. Both parts are read in a
 * circle, so that a window may be longer than they are. Memory and time are the same for all; what is learned is not.
 */
/// <reference path="../text.d.ts" />
import text from '../../../resources/text/memory.txt?raw';
import type { ModelSpec, RunSpec } from '../../shared/model/spec';
import { SMALLEST_VOCABULARY, Tokenizer } from '../../shared/model/tokens';
import type { Random } from './random';

/** `count` sequences of run.seq tokens in one row, and the token that follows each of them. */
export interface Windows {
  readonly ids: Int32Array;
  readonly last: Int32Array;
}

/** The part of the text that training never sees; it begins with a paragraph. */
const HELD_OUT = 1 / 6;

/** The text in two parts, which share no token. */
export function splitText({ vocab }: Pick<ModelSpec, 'vocab'>): {
  readonly trained: readonly number[];
  readonly heldOut: readonly number[];
} {
  const at = text.lastIndexOf('\n\n', text.length * (1 - HELD_OUT)) + 2;
  const encode = (part: string): number[] =>
    vocab < SMALLEST_VOCABULARY
      ? Array.from(Buffer.from(part), (byte) => byte % vocab)
      : new Tokenizer(vocab).encode(part);
  return { trained: encode(text.slice(0, at)), heldOut: encode(text.slice(at)) };
}

/** The next sequences of training, each call others where they are of the text. */
export function trainingWindows(
  { data = 'random', seq }: RunSpec,
  model: ModelSpec,
  count: number,
  random: Random,
): () => Windows {
  if (data === 'random')
    return () => ({
      ids: random.integers(count * seq, model.vocab),
      last: random.integers(count, model.vocab),
    });
  const { trained } = splitText(model);
  return () =>
    windows(
      trained,
      seq,
      Array.from({ length: count }, () => random.integer(trained.length)),
    );
}

/** The sequences of one step of scoring: one after the other through what was held out. */
export function heldOutWindows(
  heldOut: readonly number[],
  { seq }: RunSpec,
  count: number,
  step: number,
): Windows {
  return windows(
    heldOut,
    seq,
    Array.from({ length: count }, (_, index) => (step * count + index) * seq),
  );
}

function windows(circle: readonly number[], seq: number, starts: readonly number[]): Windows {
  const at = (index: number): number => circle[index % circle.length]!;
  return {
    ids: Int32Array.from({ length: starts.length * seq }, (_, place) =>
      at(starts[Math.floor(place / seq)]! + (place % seq)),
    ),
    last: Int32Array.from(starts, (start) => at(start + seq)),
  };
}

/**
 * Perplexity of the held-out text by the frequencies of single tokens in the trained one (add-one smoothing): a model has
 * learned something of the order of tokens only if its perplexity is below.
 */
export function frequencyPerplexity(
  { trained, heldOut }: ReturnType<typeof splitText>,
  vocab: number,
): number {
  const seen = new Float64Array(vocab).fill(1);
  for (const id of trained) seen[id]!++;
  const nats = heldOut.reduce((sum, id) => sum - Math.log(seen[id]! / (trained.length + vocab)), 0);
  return Math.exp(nats / heldOut.length);
}
