/** One forward pass over given tokens: the logits after the last, as one JSON document on stdout and nothing else. */
import { Failure } from '../shared/failure';
import type { ModelSpec } from '../shared/model/spec';
import { lastLogits, runBlocks } from './gpt2';
import { makeBatch, type Workload } from './runs';

/** `bad_input` where an id is no token of the model, or there are more than it has positions. */
export function checkTokenIds(model: ModelSpec, ids: readonly number[]): void {
  const wrong = ids.find((id) => !Number.isSafeInteger(id) || id < 0 || id >= model.vocab);
  if (wrong !== undefined) throw new Failure('bad_input', `${wrong} is no token of ${model.name}.`, `Give ids from 0 to ${model.vocab - 1}.`);
  if (ids.length < 1 || ids.length > model.maxPositions) {
    throw new Failure('bad_input', `${ids.length} token ids were given.`, `Give from 1 to ${model.maxPositions} of them.`);
  }
}

export async function printLogits(work: Workload, ids: readonly number[]): Promise<void> {
  const batch = makeBatch(work, Int32Array.from(ids), { length: ids.length, start: 0 });
  const x = runBlocks(work.model, work.weights, batch, null);
  const logits = await lastLogits(work.model, work.weights, x, batch).data();
  process.stdout.write(`${JSON.stringify({ tokenIds: ids, logits: [...logits] })}\n`);
}
