/**
 * `plumbline logits`: what the bundled models compute for given tokens with the weights of a Hugging Face checkpoint, so
 * that anyone can check it: what GPT-2 says comes next, what an encoder makes of one of the tokens.
 */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import { bundledPart, checkBundledPrecision } from '../../../../shared/model/bundled';
import { askWorkload } from '../../../engine/ask-workload';
import { configBeside } from '../../../engine/workload-choices';
import { resolveModel } from '../options/resolve-model';
import { resolveSpec, whole } from '../options/spec-options';
import type { Output } from '../output';
import { helpFooter } from '../text/columns';

interface LogitsOptions {
  readonly weights: string;
  readonly tokenIds: string;
  readonly position?: string;
  readonly precision?: string;
  readonly backend?: string;
}
interface Logits {
  readonly tokenIds: readonly number[];
  /** One for each token of the vocabulary: after the last of `tokenIds`, or of an encoder's head for masked words at `position`; null where an encoder has none. */
  readonly logits: readonly number[] | null;
}
/** Encoders. */
interface States extends Logits {
  readonly position: number;
  /** The state of the token there, after the last layer. */
  readonly hidden: readonly number[];
  /** What the pooler makes of the first token; null where the model has none. */
  readonly pooled: readonly number[] | null;
}

const SHOWN = 10;

export function registerLogits(program: Command, output: Output): void {
  program
    .command('logits')
    .requiredOption(
      '--weights <dir|file>',
      'Hugging Face checkpoint: model.safetensors with config.json beside it',
    )
    .requiredOption('--token-ids <ids>', 'token ids separated by commas')
    .option(
      '--position <n>',
      'encoders: the token whose state and logits are printed; 0, the first, when left out',
    )
    .option('--precision <p>', 'what the weights are stored in: fp32, fp16, int8, int4')
    .option('--backend <name>', 'webgpu, wasm or cpu; best first when left out')
    .addHelpText(
      'after',
      helpFooter(
        'The document: {tokenIds, logits}; of an encoder, which takes the tokens as one segment, {tokenIds, logits or null, position, hidden, pooled or null}.',
      ),
    )
    .action(async (options: LogitsOptions) => {
      const tokenIds = parseIds(options.tokenIds);
      const { model, run } = await resolveSpec(
        {
          mode: 'infer',
          framework: 'tfjs',
          seq: String(tokenIds.length),
          ...(options.precision !== undefined && { precision: options.precision }),
          ...(options.backend !== undefined && { backend: options.backend }),
        },
        {
          model: bundledPart(await resolveModel(configBeside(options.weights))),
          framework: 'tfjs',
        },
      );
      checkBundledPrecision(run);
      const position = whole('--position', options.position, 0);
      if (position !== undefined && model.architecture !== 'encoder')
        throw new Failure(
          'bad_input',
          `--position is for encoders, and ${model.name} is none.`,
          'Leave --position out.',
        );
      const question = {
        model,
        run,
        weights: resolve(options.weights),
        tokenIds,
        ...(position !== undefined && { position }),
      };
      const answer = await askWorkload<Logits | States>(question);
      output.result(answer, () =>
        'hidden' in answer
          ? statesText(answer)
          : logitsText(answer, `After ${tokenIds.join(', ')}`),
      );
    });
}

function parseIds(text: string): number[] {
  if (/^\s*\d+\s*(,\s*\d+\s*)*$/.test(text)) return text.split(',').map(Number);
  throw new Failure(
    'bad_input',
    `--token-ids cannot be "${text.slice(0, 60)}".`,
    'Give whole numbers separated by commas, for example 464,3290.',
  );
}

function logitsText({ logits }: Logits, where: string): string {
  if (logits === null)
    return 'The checkpoint has no head for masked words, so there are no logits.';
  const best = logits
    .map((value, id) => ({ value, id }))
    .sort((a, b) => b.value - a.value)
    .slice(0, SHOWN);
  return [
    `${where}, the likeliest of ${logits.length} tokens:`,
    ...best.map(({ id, value }) => `  ${String(id).padStart(6)}  ${value.toFixed(4)}`),
  ].join('\n');
}

function statesText({ position, tokenIds, hidden, pooled, logits }: States): string {
  const shown = (values: readonly number[]): string =>
    `  ${values
      .slice(0, SHOWN)
      .map((value) => value.toFixed(4))
      .join('  ')}${values.length > SHOWN ? '  …' : ''}`;
  const place = `position ${position} (token ${tokenIds[position]})`;
  return [
    `The state at ${place}, ${hidden.length} numbers:`,
    shown(hidden),
    ...(pooled === null
      ? []
      : [`What the pooler makes of the first token, ${pooled.length} numbers:`, shown(pooled)]),
    logitsText({ tokenIds, logits }, `At ${place}`),
  ].join('\n');
}
