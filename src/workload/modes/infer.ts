/** Inference: one forward pass a step over the same batch, with a decoder's logits of the last position or an encoder's states. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { breathe } from '../measure/reporter';
import { encode, encoderBatch } from '../model/encoder';
import { lastLogits, runBlocks } from '../model/gpt2';
import { countPads } from '../model/padding';
import { leak, makeBatch, type Workload } from '../model/runs';
import { seconds } from './seconds';

export function prepareInference(work: Workload): () => Promise<void> {
  const { run, reporter } = work;
  const forward = work.model.architecture === 'encoder' ? encoding(work) : decoding(work);
  return async () => {
    for (let step = 1; step <= run.steps; step++) {
      const started = performance.now();
      reporter.step('begin', step);
      reporter.begin('forward', step);
      reporter.liveBytes.setContext('activations');
      const results = forward();
      // What was computed last is there when everything is.
      await results.at(-1)?.data();
      leak(work);
      reporter.end('forward', step);
      for (const result of results) result.dispose();
      reporter.step('end', step);
      reporter.say(`step ${step}/${run.steps} ${seconds(performance.now() - started)}`);
      await breathe();
    }
  };
}

function decoding(work: Workload): () => readonly Tensor[] {
  const { run, model, reporter, random, sequences, weights } = work;
  const batch = makeBatch(work, random.integers(sequences * run.seq, model.vocab), {
    length: run.seq,
    start: 0,
    pads: countPads(run, sequences, run.seq),
  });
  return () => {
    const x = runBlocks(model, weights, batch, null);
    const logits = reporter.liveBytes.within('logits', () => lastLogits(model, weights, x, batch));
    x.dispose();
    return [logits];
  };
}

function encoding(work: Workload): () => readonly Tensor[] {
  const { run, model, random, sequences, weights } = work;
  const batch = encoderBatch(work, random.integers(sequences * run.seq, model.vocab));
  return () => {
    const { states, pooled } = encode(model, weights, batch);
    return pooled ? [states, pooled] : [states];
  };
}
