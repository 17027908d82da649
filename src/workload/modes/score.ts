/**
 * Scoring: forward passes over the part of the text that training never sees, one batch of it a step, with the mean
 * cross-entropy of every position. Its exponential is the perplexity: among how many tokens, all alike, the model is
 * left to guess.
 */
import * as tf from '@tensorflow/tfjs-core';
import { breathe } from '../measure/reporter';
import { frequencyPerplexity, heldOutWindows, splitText } from '../model/data';
import { computeLogits, runBlocks } from '../model/gpt2';
import { crossEntropy } from '../model/losses';
import { leak, makeBatch, shiftedTargets, type Workload } from '../model/runs';
import { seconds } from './seconds';

export function prepareScoring(work: Workload): () => Promise<void> {
  const { run, model, weights, reporter, sequences } = work;
  const { liveBytes } = reporter;
  const text = splitText(model);
  let { ids, last } = heldOutWindows(text.heldOut, run, sequences, 0);
  let batch = makeBatch(work, ids, { length: run.seq, start: 0 });
  let targets = liveBytes.within('inputs', () => shiftedTargets(ids, run.seq, last));
  const advance = (step: number): void => {
    tf.dispose([batch.ids, targets]);
    ({ ids, last } = heldOutWindows(text.heldOut, run, sequences, step));
    liveBytes.within('inputs', () => {
      batch = { ...batch, ids: tf.tensor1d(ids, 'int32') };
      targets = shiftedTargets(ids, run.seq, last);
    });
  };
  return async () => {
    let nats = 0;
    for (let step = 1; step <= run.steps; step++) {
      const started = performance.now();
      reporter.step('begin', step);
      if (step > 1) advance(step - 1);
      reporter.begin('forward', step);
      liveBytes.setContext('activations');
      const x = runBlocks(model, weights, batch, null);
      const loss = liveBytes.within('logits', () =>
        tf.tidy(() => crossEntropy(computeLogits(model, weights, x), targets)),
      );
      x.dispose();
      nats += (await loss.data())[0]! / run.steps;
      leak(work);
      reporter.end('forward', step);
      loss.dispose();
      reporter.step('end', step);
      reporter.say(`step ${step}/${run.steps} ${seconds(performance.now() - started)}`);
      await breathe();
    }
    const scored = {
      perplexity: Math.exp(nats),
      scoredTokens: run.steps * sequences * run.seq,
      frequencyPerplexity: frequencyPerplexity(text, model.vocab),
    };
    reporter.announce('run', scored);
    reporter.say(
      `held-out text, ${scored.scoredTokens} tokens: perplexity ${scored.perplexity.toFixed(3)}; ${scored.frequencyPerplexity.toFixed(1)} by how often each token stands in the trained text alone, ${model.vocab} by chance`,
    );
  };
}
