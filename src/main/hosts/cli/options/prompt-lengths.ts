/** How long the sequences are that are given as texts. */
import { Failure } from '../../../../shared/base/failure';
import type { ModelSpec } from '../../../../shared/model/spec';
import type { SpecOptions } from './spec-options';

/** The run's lengths as prompts give them: one for all sequences, or one for each, padded to the longest. */
export async function promptLengths(
  model: ModelSpec,
  prompts: readonly string[],
  options: SpecOptions,
): Promise<SpecOptions> {
  const given = [
    ['--prompt-tokens', options.promptTokens],
    ['--lengths', options.lengths],
    ['--seq', options.seq],
    ...(prompts.length > 1 ? [['--batch', options.batch]] : []),
  ].find(([, value]) => value !== undefined);
  if (given)
    throw new Failure(
      'bad_input',
      `--prompt gives the lengths already, and ${given[0]} was given too.`,
      `Leave ${given[0]} out.`,
    );
  // The table of merges is read only where there is a text to encode.
  const { SMALLEST_VOCABULARY, Tokenizer } = await import('../../../../shared/model/tokens');
  if (model.vocab < SMALLEST_VOCABULARY) {
    throw new Failure(
      'bad_input',
      `A text cannot be written in the ${model.vocab} tokens of ${model.name}.`,
      `Use a model with a vocabulary of at least ${SMALLEST_VOCABULARY}, or leave --prompt out for random tokens.`,
    );
  }
  const tokenizer = new Tokenizer(model.vocab);
  const lengths = prompts.map((text) => tokenizer.encode(text).length);
  if (lengths.includes(0))
    throw new Failure(
      'bad_input',
      '--prompt cannot be empty.',
      'Give at least one character, or leave it out for random tokens.',
    );
  if (new Set(lengths).size === 1)
    return {
      ...options,
      promptTokens: String(lengths[0]),
      ...(prompts.length > 1 && { batch: String(prompts.length) }),
    };
  return { ...options, lengths: lengths.join(',') };
}
