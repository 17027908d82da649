/** A forward pass without a gradient as a dry program. */
import type { ModelSpec, RunSpec } from '../../model/spec';
import { createBatch, isPadded } from './batch';
import type { PhaseBytes } from './dry-run';
import { createEncoderBatch, runEncoder } from './encoder';
import { load } from './program';

/** All forward passes are alike; those over a text are scored at every position. */
export function dryInference(
  model: ModelSpec,
  run: RunSpec,
): { loaded: PhaseBytes; forward: PhaseBytes } {
  const { engine, ops, parameters, gpt2 } = load(model, run);
  if (model.architecture === 'encoder') {
    const batch = createEncoderBatch(engine, model, run);
    const loaded = engine.read();
    engine.beginPhase();
    engine.setContext('activations');
    runEncoder(ops, gpt2, model, parameters, batch);
    return { loaded, forward: engine.read() };
  }
  const batch = createBatch(engine, run.batch, {
    length: run.seq,
    start: 0,
    padded: isPadded(run),
  });
  const targets =
    run.data === 'text'
      ? engine.within('inputs', () => engine.create([run.batch * run.seq, 2]))
      : null;
  const loaded = engine.read();
  engine.beginPhase();
  engine.setContext('activations');
  const x = gpt2.runBlocks(batch, null);
  engine.within('logits', () => (targets ? gpt2.score(x, targets) : gpt2.lastLogits(x, batch)));
  engine.dispose(x);
  return { loaded, forward: engine.read() };
}
