/** The options for what only the bundled workload knows: where its tokens come from, and how the next one is chosen. */
import type { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import type { ModelSpec, RunSpec } from '../../../../shared/model/spec';
import { type SpecOptions, whole } from './spec-options';

export interface TokenOptions {
  readonly data?: string;
  readonly prompt?: readonly string[];
  readonly temperature?: string;
  readonly topK?: string;
  readonly topP?: string;
}

export function addTokenOptions(command: Command): Command {
  return command
    .option(
      '--prompt <text>',
      "text that the bundled workload goes on from, in GPT-2's tokens; given again, one more sequence",
      (text: string, sofar: readonly string[] = []) => [...sofar, text],
    )
    .option(
      '--temperature <t>',
      'generation of the bundled workload: draw tokens at this temperature',
    )
    .option('--top-k <n>', 'draw among the n likeliest tokens')
    .option('--top-p <p>', 'draw among the fewest likeliest tokens that reach this probability')
    .option(
      '--data <kind>',
      'what the bundled workload trains on: random, text; with --mode infer, text scores the part that training never sees',
    );
}

export function tokenChoices({
  data,
  prompt,
  temperature,
  topK,
  topP,
}: TokenOptions): Partial<RunSpec> {
  if (data !== undefined && data !== 'random' && data !== 'text')
    throw new Failure('bad_input', `--data cannot be "${data}".`, 'Use random or text.');
  const [drawnAt, reach, among] = [
    positive('--temperature', temperature),
    positive('--top-p', topP, 1),
    whole('--top-k', topK),
  ];
  return {
    ...(data !== undefined && { data }),
    ...(prompt !== undefined && { prompts: prompt }),
    ...(drawnAt !== undefined && { temperature: drawnAt }),
    ...(among !== undefined && { topK: among }),
    ...(reach !== undefined && { topP: reach }),
  };
}

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

function positive(option: string, text: string | undefined, most = Infinity): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0 && value <= most) return value;
  throw new Failure(
    'bad_input',
    `${option} cannot be "${text}".`,
    `Give a number above 0${most === Infinity ? '' : `, at most ${most}`}.`,
  );
}
