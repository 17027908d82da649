/**
 * Generation: the likeliest token, or one drawn from the seed. With a KV cache: prefill takes in the prompt and yields
 * the first token, then every decode step feeds one token. Without: every step is a forward pass over all tokens so far.
 * Only the last position's logits exist.
 */
import * as tf from '@tensorflow/tfjs-core';
import { breathe } from '../measure/reporter';
import { createCache, type KvCache } from '../model/cache';
import { lastLogits, runBlocks } from '../model/gpt2';
import { countPads } from '../model/padding';
import { readPrompts, reportTexts } from '../model/prompts';
import { Random } from '../model/random';
import { disposeBatch, leak, makeBatch, type Workload } from '../model/runs';
import { parseSampling, sampleToken } from '../model/sampling';
import { seconds } from './seconds';

/** What a run of generation keeps from one token to the next. */
interface Generation {
  readonly work: Workload;
  readonly cache: KvCache | null;
  readonly pads: readonly number[] | null;
  /** Token ids of each sequence so far, its pads in front; only the newest are fed when a cache holds the rest. */
  readonly columns: readonly number[][];
  /** A stream of its own, so that prompt and weights do not depend on how tokens are chosen. */
  readonly draws: Random;
}

export async function generate(work: Workload): Promise<void> {
  const { run, reporter, sequences } = work;
  const { tokens: wanted, promptTokens } = run;
  const pads = countPads(run, sequences, promptTokens);
  const generation: Generation = {
    work,
    pads,
    cache: createCache(
      work.faults.fp32Cache ? { ...run, kvPrecision: 'fp32' } : run,
      reporter.liveBytes,
      work.faults.doubleCache,
    ),
    columns: startColumns(work, pads),
    draws: new Random(run.seed + 1),
  };

  const started = performance.now();
  reporter.begin('prefill');
  await nextToken(generation, 0);
  leak(work);
  reporter.token(1, newestTokens(generation));
  reporter.end('prefill');
  const prefilled = performance.now();
  reporter.say(`prefill ${promptTokens} tokens in ${seconds(prefilled - started)}`);

  if (wanted > 1) {
    reporter.begin('decode');
    for (let index = 2; index <= wanted; index++) {
      await breathe();
      await nextToken(generation, generation.cache ? promptTokens + index - 2 : 0);
      leak(work);
      reporter.token(index, newestTokens(generation));
      reporter.memory('decode', null);
      if (index % 10 === 0 || index === wanted) reporter.say(`token ${index}/${wanted}`);
    }
    reporter.end('decode');
    const rate = (wanted - 1) / ((performance.now() - prefilled) / 1000);
    reporter.say(`decode ${wanted - 1} tokens, ${rate.toFixed(2)} tokens/s per sequence`);
  }
  generation.cache?.dispose();
  if (run.prompts)
    reportTexts(
      work,
      generation.columns.map((ids) => ids.slice(promptTokens)),
    );
}

/** The columns that generation starts from: what the run's texts say, or random tokens. */
function startColumns(work: Workload, pads: readonly number[] | null): number[][] {
  const { model, run, random, sequences } = work;
  const texts = run.prompts && readPrompts(model, run);
  return Array.from({ length: sequences }, (_, index) => {
    const pad = pads?.[index] ?? 0;
    return [
      ...Array<number>(pad).fill(0),
      ...(texts
        ? texts[index % texts.length]!
        : random.integers(run.promptTokens - pad, model.vocab)),
    ];
  });
}

/** One forward pass over the columns from `start` on; appends the chosen token to every sequence. */
async function nextToken(
  { work, cache, pads, columns, draws }: Generation,
  start: number,
): Promise<void> {
  const { model, run, weights, reporter } = work;
  const sampling = parseSampling(run);
  const span = {
    length: columns[0]!.length - start,
    start,
    pads,
    columns: start > 0 ? cache?.columns : undefined,
  };
  const batch = makeBatch(work, Int32Array.from(columns.flatMap((ids) => ids.slice(start))), span);
  reporter.liveBytes.setContext('activations');
  const x = runBlocks(model, weights, batch, cache);
  const answer = reporter.liveBytes.within('logits', () => {
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
  columns.forEach((ids, sequence) => {
    ids.push(
      sampling
        ? sampleToken(
            values.subarray(sequence * model.vocab, (sequence + 1) * model.vocab) as Float32Array,
            sampling,
            draws,
          )
        : values[sequence]!,
    );
  });
}

/** The newest token of every sequence. */
function newestTokens({ columns }: Generation): number[] {
  return columns.flatMap((ids) => ids.slice(-1));
}
