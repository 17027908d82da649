/** Text in, text out: the prompts of a run as tokens, and what was generated as text. */
import { Failure } from '../../shared/base/failure';
import type { ModelSpec, RunSpec } from '../../shared/model/spec';
import { SMALLEST_VOCABULARY, Tokenizer } from '../../shared/model/tokens';
import type { Workload } from './runs';

/** Tokens of each prompt; `bad_input` where they are not as many as the run says. */
export function readPrompts(
  model: ModelSpec,
  { prompts = [], promptTokens, lengths }: RunSpec,
): number[][] {
  if (model.vocab < SMALLEST_VOCABULARY)
    throw new Failure(
      'bad_input',
      `A text cannot be written in the ${model.vocab} tokens of ${model.name}.`,
      `Use a vocabulary of at least ${SMALLEST_VOCABULARY}.`,
    );
  const tokenizer = new Tokenizer(model.vocab);
  return prompts.map((text, index) => {
    const ids = tokenizer.encode(text);
    const declared = lengths?.[index] ?? promptTokens;
    if (ids.length !== declared)
      throw new Failure(
        'bad_input',
        `The prompt ${JSON.stringify(text.slice(0, 60))} has ${ids.length} tokens, and the run says ${declared}.`,
        'Let promptTokens and lengths count the tokens of the prompts.',
      );
    return ids;
  });
}

/** One note a sequence, as the prompt's continuation. */
export function reportTexts(
  { model, run: { prompts = [] }, reporter }: Workload,
  generated: readonly (readonly number[])[],
): void {
  const tokenizer = new Tokenizer(model.vocab);
  generated.forEach((ids, index) => {
    reporter.note(
      `text${generated.length > 1 ? ` ${index + 1}` : ''}: ${JSON.stringify(prompts[index % prompts.length])} + ${JSON.stringify(decodeText(tokenizer, ids))}`,
    );
  });
}

/** What the tokens stand for, with the replacement character where their bytes are no UTF-8. */
export function decodeText(tokenizer: Tokenizer, ids: readonly number[]): string {
  return Buffer.concat(
    tokenizer.pieces(ids).map((piece) => Buffer.from(piece as Uint8Array)),
  ).toString('utf8');
}
