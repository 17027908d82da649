/**
 * One forward pass over given tokens, as one JSON document on stdout and nothing else: a decoder's logits after the last
 * token; an encoder's state at one of them, what its pooler makes of the first, and the logits of a head for masked words.
 */
import { slice, type Tensor2D } from '@tensorflow/tfjs-core';
import { Failure } from '../../shared/base/failure';
import type { ModelSpec } from '../../shared/model/spec';
import { encode, encoderBatch } from '../model/encoder';
import { lastLogits, runBlocks } from '../model/gpt2';
import { makeBatch, type Workload } from '../model/runs';
import { type MaskedHead, maskedLogits } from './masked-head';

/** `bad_input` where an id is no token of the model, there are more than it has positions, or `position` is past them. */
export function checkTokenIds(model: ModelSpec, ids: readonly number[], position = 0): void {
  const wrong = ids.find((id) => !Number.isSafeInteger(id) || id < 0 || id >= model.vocab);
  if (wrong !== undefined)
    throw new Failure(
      'bad_input',
      `${wrong} is no token of ${model.name}.`,
      `Give ids from 0 to ${model.vocab - 1}.`,
    );
  if (ids.length < 1 || ids.length > model.maxPositions) {
    throw new Failure(
      'bad_input',
      `${ids.length} token ids were given.`,
      `Give from 1 to ${model.maxPositions} of them.`,
    );
  }
  if (position >= ids.length)
    throw new Failure(
      'bad_input',
      `There is no token at position ${position}.`,
      `Give a position from 0 to ${ids.length - 1}.`,
    );
}

export async function printLogits(work: Workload, ids: readonly number[]): Promise<void> {
  const batch = makeBatch(work, Int32Array.from(ids), { length: ids.length, start: 0 });
  const x = runBlocks(work.model, work.weights, batch, null);
  const logits = await lastLogits(work.model, work.weights, x, batch).data();
  print({ tokenIds: ids, logits: [...logits] });
}

export async function printStates(
  work: Workload,
  ids: readonly number[],
  position: number,
  head: MaskedHead | null,
): Promise<void> {
  const { model, weights } = work;
  const batch = encoderBatch(
    { ...work, run: { ...work.run, seq: ids.length } },
    Int32Array.from(ids),
  );
  const { states, pooled } = encode(model, weights, batch);
  const state = slice(states, [position, 0], [1, model.hidden]) as Tensor2D;
  const logits = head && maskedLogits(model, weights, head, state);
  print({
    tokenIds: ids,
    logits: logits && [...(await logits.data())],
    position,
    hidden: [...(await state.data())],
    pooled: pooled && [...(await pooled.data())],
  });
}

function print(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
