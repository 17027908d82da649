/** The defaults that bytes depend on, named beside the answer: what the person did not say and the framework would do. */

import { SERVER_NAMES } from '../model/choices';
import type { ModelSpec, RunSpec } from '../model/spec';
import { castsUnquantized, quantizedPrecision } from '../model/stored-precision';

const OPTIMIZERS: Readonly<Partial<Record<RunSpec['optimizer'], string>>> = {
  adamw: 'AdamW',
  adam: 'Adam',
};

/** In words, the settings that `given` leaves open; empty where it says all of them. */
export function listAssumed(
  model: ModelSpec,
  run: RunSpec,
  given: Partial<RunSpec>,
): readonly string[] {
  const isOpen = (name: keyof RunSpec) => given[name] === undefined;
  const isPyTorch = run.framework === 'pytorch';
  const rows: readonly [open: boolean, words: string][] = [
    [run.mode === 'serve' && isOpen('engine'), SERVER_NAMES.vllm],
    [isOpen('precision') && run.gguf === undefined, precisionWords(model, run)],
    [
      isOpen('unquantizedPrecision') && castsUnquantized(run, model),
      'embeddings, norms and head cast to fp32 (PEFT)',
    ],
    [isPyTorch && run.mode !== 'serve' && isOpen('attention'), run.attention],
    [run.mode === 'train' && isOpen('optimizer'), OPTIMIZERS[run.optimizer] ?? run.optimizer],
    [isOpen('batch'), `batch ${run.batch}`],
    [isOpenLength(run, given), lengthWords(run)],
  ];
  return rows.filter(([open]) => open).map(([, words]) => words);
}

/** The same as a sentence; none where nothing is assumed. */
export function assumedSentences(assumed: readonly string[]): readonly string[] {
  return assumed.length === 0 ? [] : [`Assumed: ${assumed.join(', ')}.`];
}

function precisionWords({ dtype, quantization }: ModelSpec, run: RunSpec): string {
  if (run.framework === 'tfjs') return run.precision;
  if (quantization) {
    const stored = quantizedPrecision(quantization);
    return stored === run.precision
      ? `${stored} as published`
      : `${run.precision} (published in ${stored})`;
  }
  return dtype === undefined
    ? `${run.precision} (none is published)`
    : `${run.precision} as published`;
}

function isOpenLength(run: RunSpec, given: Partial<RunSpec>): boolean {
  if (given.lengths !== undefined || given.seq !== undefined) return false;
  return run.mode !== 'generate' || given.promptTokens === undefined || given.tokens === undefined;
}

function lengthWords(run: RunSpec): string {
  return run.mode === 'generate'
    ? `${run.promptTokens} + ${run.tokens} tokens`
    : `sequences of ${run.seq} tokens`;
}
