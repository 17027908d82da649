/** The defaults that bytes depend on, named beside the answer: what the person did not say and the framework would do. */

import { formatBytes } from '../base/format';
import { SERVER_NAMES } from '../model/choices';
import { INT4_GROUP, isPacked } from '../model/packing';
import { findDtypeSource } from '../model/published';
import { quantizedBytes } from '../model/quantization';
import type { ModelSpec, RunSpec } from '../model/spec';
import { castsUnquantized, findStorage, quantizedPrecision } from '../model/stored-precision';
import { listTensors } from '../model/weights';

const OPTIMIZERS: Readonly<Partial<Record<RunSpec['optimizer'], string>>> = {
  adamw: 'AdamW',
  adam: 'Adam',
};

/** Whether it is left open, and what is assumed then. */
type Row = readonly [open: boolean, words: string];

/** In words, the settings that `given` leaves open; empty where it says all of them. */
export function listAssumed(
  model: ModelSpec,
  run: RunSpec,
  given: Partial<RunSpec>,
): readonly string[] {
  const isOpen = (name: keyof RunSpec) => given[name] === undefined;
  const isPyTorch = run.framework === 'pytorch';
  const rows: readonly Row[] = [
    [run.mode === 'serve' && isOpen('engine'), SERVER_NAMES.vllm],
    [isOpen('precision') && run.gguf === undefined, precisionWords(model, run)],
    ...(isPyTorch || run.mode === 'serve' ? quantizedRows(model, run) : packedRows(run)),
    [
      isOpen('unquantizedPrecision') && castsUnquantized(run, model),
      'embeddings, norms and head cast to fp32 (PEFT)',
    ],
    [
      isOpen('loraPrecision') && (run.loraRank ?? 0) > 0 && run.precision !== 'fp32',
      'adapters in fp32 (PEFT)',
    ],
    [isPyTorch && run.mode !== 'serve' && isOpen('attention'), run.attention],
    [isOpen('dp') && (run.zero ?? 0) > 0, 'one rank (--dp), where ZeRO shards nothing'],
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

/** A release known by name whose file nobody here has seen says so. */
function precisionWords({ name, dtype, quantization }: ModelSpec, run: RunSpec): string {
  if (run.framework === 'tfjs') return run.precision;
  const isRead = findDtypeSource(name) !== null;
  const doubt = isRead ? '' : ' (not verified)';
  if (quantization) {
    const stored = quantizedPrecision(quantization);
    return stored === run.precision
      ? `${stored} as published${doubt}`
      : `${run.precision} (published in ${stored}${isRead ? '' : ', not verified'})`;
  }
  if (dtype === undefined)
    return `${run.precision} (none ${isRead ? 'is published' : 'known to be published'})`;
  return `${run.precision} as published${doubt}`;
}

/**
 * What four or eight bits mean where a model is quantized as it is loaded: the scales beside the numbers, and what stays as
 * it was. transformers 5 holds the experts of a layer as one parameter, and bitsandbytes converts nn.Linear alone
 * (transformers/integrations/bitsandbytes.py, replace_with_bnb_linear), so that they stay in half precision there; releases
 * that were quantized before, engines and transformers 4 have each as a matrix of its own.
 */
function quantizedRows(model: ModelSpec, run: RunSpec): readonly Row[] {
  const storage = findStorage(model, run.precision);
  if (storage === null || storage === model.quantization || run.gguf !== undefined) return [];
  const isBitsAndBytes = storage.kind === 'nf4' || storage.kind === 'int8';
  const experts = listTensors(model).filter(({ expert, kind }) => expert && kind === 'matrix');
  const more = experts.reduce(
    (sum, { rows, columns, count }) =>
      sum + count * (2 * rows * columns - quantizedBytes(storage, columns, rows)),
    0,
  );
  const rest = castsUnquantized(run, model) ? '' : '; embeddings, norms and head in 16';
  return [
    [
      storage.kind === 'nf4',
      `${NF4_BITS} bits a weight (NF4, an fp32 scale every ${storage.group}${rest})`,
    ],
    [
      isBitsAndBytes && run.mode !== 'serve' && experts.length > 0,
      `experts quantized too (transformers 5 with bitsandbytes leaves them in 16 bits: ${formatBytes(more)} more)`,
    ],
  ];
}

/** What the bundled workload's narrow weights are. */
function packedRows({ precision }: RunSpec): readonly Row[] {
  if (!isPacked(precision)) return [];
  const matrices = {
    fp16: 'matrices in halves',
    int8: 'matrices at 8 bits with an fp32 scale a row',
    int4: `layers at 4 bits with an fp32 scale every ${INT4_GROUP}, embeddings and head at 8 with one a row`,
  }[precision];
  return [[true, `${matrices}, biases and norms in fp32`]];
}

/** Four of a number, and a 64th of a scale's 32. */
const NF4_BITS = 4.5;

function isOpenLength(run: RunSpec, given: Partial<RunSpec>): boolean {
  if (given.lengths !== undefined || given.seq !== undefined) return false;
  return run.mode !== 'generate' || given.promptTokens === undefined || given.tokens === undefined;
}

function lengthWords(run: RunSpec): string {
  return run.mode === 'generate'
    ? `${run.promptTokens} + ${run.tokens} tokens`
    : `sequences of ${run.seq} tokens`;
}
