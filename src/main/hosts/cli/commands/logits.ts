/** `plumbline logits`: what the bundled GPT-2 says comes next, with the weights of a Hugging Face checkpoint. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { Failure, type FailureInfo } from '../../../../shared/failure';
import { checkBundledPrecision } from '../../../../shared/model/bundled';
import { workloadEntry, workloadNode } from '../../../engine/paths';
import { configBeside } from '../../../workloads/checkpoint';
import type { Output } from '../output';
import { specOf } from '../spec-options';

interface LogitsOptions {
  readonly weights: string;
  readonly tokenIds: string;
  readonly precision?: string;
  readonly backend?: string;
}
export interface Logits {
  readonly tokenIds: readonly number[];
  /** One for each token of the vocabulary, after the last of `tokenIds`. */
  readonly logits: readonly number[];
}

const SHOWN = 10;
const LONGEST_ANSWER = 256 * 2 ** 20;

export function registerLogits(program: Command, output: Output): void {
  program
    .command('logits')
    .description('print the logits after the given tokens, computed by the bundled GPT-2')
    .requiredOption('--weights <dir|file>', 'Hugging Face checkpoint: model.safetensors with config.json beside it')
    .requiredOption('--token-ids <ids>', 'token ids separated by commas')
    .option('--precision <p>', 'what the weights are stored in: fp32, fp16, int8, int4')
    .option('--backend <name>', 'webgpu, wasm or cpu; best first when left out')
    .action(async (options: LogitsOptions) => {
      const tokenIds = idsOf(options.tokenIds);
      const { model, run } = specOf(
        {
          model: configBeside(options.weights), mode: 'infer', seq: String(tokenIds.length),
          ...(options.precision !== undefined && { precision: options.precision }), ...(options.backend !== undefined && { backend: options.backend }),
        },
        { model: 'gpt2', framework: 'tfjs' },
      );
      checkBundledPrecision(run);
      const answer = await ask(JSON.stringify({ model, run, weights: resolve(options.weights), tokenIds }));
      output.result(answer, () => logitsText(answer));
    });
}

function idsOf(text: string): number[] {
  if (/^\s*\d+\s*(,\s*\d+\s*)*$/.test(text)) return text.split(',').map(Number);
  throw new Failure('bad_input', `--token-ids cannot be "${text.slice(0, 60)}".`, 'Give whole numbers separated by commas, for example 464,3290.');
}

/** Runs the workload for its answer; what it refuses is refused here in its own words. */
function ask(specs: string): Promise<Logits> {
  const { PLUMBLINE_SOCKET: _socket, PLUMBLINE_FAULT: _fault, ...env } = process.env;
  return new Promise((fulfil, reject) => {
    execFile(workloadNode(), [workloadEntry, specs], { env, maxBuffer: LONGEST_ANSWER }, (error, stdout, stderr) => {
      const answer = stdout.startsWith('{') ? (JSON.parse(stdout) as Logits | { readonly error: FailureInfo }) : null;
      if (answer && 'error' in answer) reject(Failure.from(answer.error));
      else if (answer && !error) fulfil(answer);
      else reject(new Failure('workload_failed', 'The bundled workload failed.', `It said: ${stderr.trim().split('\n')[0] || 'nothing'}`, error ?? undefined));
    });
  });
}

function logitsText({ tokenIds, logits }: Logits): string {
  const best = logits.map((value, id) => ({ value, id })).sort((a, b) => b.value - a.value).slice(0, SHOWN);
  return [`After ${tokenIds.join(', ')}, the likeliest of ${logits.length} tokens:`, ...best.map(({ id, value }) => `  ${String(id).padStart(6)}  ${value.toFixed(4)}`)].join('\n');
}
