/** Inference: one forward pass a step over the same batch, with the logits of the last position. */
import { lastLogits, runBlocks } from './gpt2';
import { padsOf } from './padding';
import { breathe } from './reporter';
import { makeBatch, type Workload, leak } from './runs';
import { seconds } from './generate';

export function prepareInference(work: Workload): () => Promise<void> {
  const { run, model, reporter, random, sequences, weights } = work;
  const batch = makeBatch(work, random.integers(sequences * run.seq, model.vocab), { length: run.seq, start: 0, pads: padsOf(run, sequences, run.seq) });
  return async () => {
    for (let step = 1; step <= run.steps; step++) {
      const started = performance.now();
      reporter.step('begin', step);
      reporter.begin('forward', step);
      reporter.ledger.setContext('activations');
      const x = runBlocks(model, weights, batch, null);
      const logits = reporter.ledger.within('logits', () => lastLogits(model, weights, x, batch));
      await logits.data();
      x.dispose();
      leak(work);
      reporter.end('forward', step);
      logits.dispose();
      reporter.step('end', step);
      reporter.say(`step ${step}/${run.steps} ${seconds(performance.now() - started)}`);
      await breathe();
    }
  };
}
