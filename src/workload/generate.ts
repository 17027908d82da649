/**
 * Generation: the likeliest token, or one drawn from the seed. With a KV cache: prefill takes in the prompt and yields the first token, then every decode step
 * feeds one token. Without: every step is a forward pass over all tokens so far. Only the last position's logits exist.
 */
import * as tf from '@tensorflow/tfjs-core';
import { KvCache } from './cache';
import { lastLogits, runBlocks } from './gpt2';
import { breathe } from './reporter';
import { Random } from './random';
import { disposeBatch, leak, makeBatch, type Workload } from './runs';
import { sampleToken, samplingOf } from './sampling';

export async function generate(work: Workload): Promise<void> {
  const { run, model, reporter, random, sequences } = work;
  const { tokens: wanted, promptTokens } = run;
  const cache = run.kvCache ? new KvCache(reporter.ledger, run.kvPrecision, work.faults.doubleCache) : null;
  // Token ids of each sequence so far; only the newest are fed when a cache holds the rest.
  const histories = Array.from({ length: sequences }, () => [...random.integers(promptTokens, model.vocab)]);

  // A stream of its own, so that prompt and weights do not depend on how tokens are chosen.
  const draws = new Random(run.seed + 1);

  const started = performance.now();
  reporter.begin('prefill');
  await nextToken(work, histories, cache, 0, draws);
  leak(work);
  reporter.token(1, newest(histories));
  reporter.end('prefill');
  const prefilled = performance.now();
  reporter.say(`prefill ${promptTokens} tokens in ${seconds(prefilled - started)}`);

  if (wanted > 1) {
    reporter.begin('decode');
    for (let index = 2; index <= wanted; index++) {
      await breathe();
      await nextToken(work, histories, cache, cache ? promptTokens + index - 2 : 0, draws);
      leak(work);
      reporter.token(index, newest(histories));
      reporter.memory('decode', null);
      if (index % 10 === 0 || index === wanted) reporter.say(`token ${index}/${wanted}`);
    }
    reporter.end('decode');
    const rate = (wanted - 1) / ((performance.now() - prefilled) / 1000);
    reporter.say(`decode ${wanted - 1} tokens, ${rate.toFixed(2)} tokens/s per sequence`);
  }
  cache?.dispose();
}

/** One forward pass over the tokens from `start` on; appends the chosen token to every sequence. */
async function nextToken(work: Workload, histories: number[][], cache: KvCache | null, start: number, draws: Random): Promise<void> {
  const { model, run, weights, reporter } = work;
  const sampling = samplingOf(run);
  const length = histories[0]!.length - start;
  const batch = makeBatch(work, Int32Array.from(histories.flatMap((history) => history.slice(start))), length, start);
  reporter.ledger.setContext('activations');
  const x = runBlocks(model, weights, batch, cache);
  const answer = reporter.ledger.within('logits', () => {
    const logits = lastLogits(model, weights, x, batch);
    if (sampling) return logits;
    const index = tf.argMax(logits, 1);
    logits.dispose();
    return index;
  });
  x.dispose();
  disposeBatch(batch);
  const values = await answer.data();
  answer.dispose();
  histories.forEach((history, sequence) => {
    history.push(sampling
      ? sampleToken(values.subarray(sequence * model.vocab, (sequence + 1) * model.vocab) as Float32Array, sampling, draws)
      : values[sequence]!);
  });
}

function newest(histories: readonly (readonly number[])[]): number[] {
  return histories.map((history) => history.at(-1)!);
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
