/**
 * Text as GPT-2's tokens: byte-level byte pairs, where a token is its rank in one fixed table of merges. A model with a
 * smaller vocabulary of V has the first V ranks: the same encoding, stopped after fewer merges. A larger one never uses
 * the rest. Marks such as <|endoftext|> in a text are read as the characters they are.
 */
import { BytePairEncodingCore } from 'gpt-tokenizer/BytePairEncodingCore';
import ranks from 'gpt-tokenizer/bpeRanks/r50k_base';
import { R50K_TOKEN_SPLIT_REGEX } from 'gpt-tokenizer/encodingParams/constants';

/** The single bytes, which every text can be written in, are the first ranks. */
export const SMALLEST_VOCABULARY = 256;
const END_OF_TEXT = 50_256;

export class Tokenizer {
  readonly #core: BytePairEncodingCore;
  readonly #vocab: number;

  /** For a vocabulary of at least SMALLEST_VOCABULARY. */
  constructor(vocab: number) {
    this.#vocab = vocab;
    this.#core = new BytePairEncodingCore({
      bytePairRankDecoder: ranks.slice(0, vocab),
      tokenSplitRegex: R50K_TOKEN_SPLIT_REGEX,
      specialTokensEncoder: new Map([['<|endoftext|>', END_OF_TEXT]]),
    });
  }

  /** Token ids, each below the vocabulary; none for an empty text. */
  encode(text: string): number[] {
    return this.#core.encodeNative(text);
  }

  /** What each token stands for: characters, or bytes that are no whole character. A token without a rank is nothing. */
  pieces(ids: readonly number[]): (string | Uint8Array)[] {
    return [...this.#core.decodeNativeGenerator(ids.filter((id) => id < this.#vocab))];
  }
}
