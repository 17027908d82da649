/** What the dry run does not walk, against walking it, over random runs and random programs. */
import { describe, expect, it } from 'vitest';
import { DryEngine, type DryTensor } from '../../../../src/shared/budget/tfjs/engine';
import { Ops } from '../../../../src/shared/budget/tfjs/ops';
import { DryTraining } from '../../../../src/shared/budget/tfjs/training';
import { tinyModel, tinyRun } from '../../../integration/workload-process';
import { pick, randomFrom } from '../../../support/random-runs';

describe('the steps of training after the first', () => {
  const random = randomFrom(19);
  const upTo = (most: number): number => 1 + Math.floor(random() * most);
  for (let example = 0; example < 60; example++) {
    const heads = upTo(3);
    const model = tinyModel({
      layers: upTo(4),
      heads,
      hidden: heads * upTo(5),
      ffn: upTo(30),
      vocab: upTo(60),
      maxPositions: 16,
    });
    const run = tinyRun({
      batch: upTo(4),
      seq: upTo(16),
      optimizer: pick(random, ['adam', 'adamw', 'sgd', 'momentum'] as const),
      gradAccum: pick(random, [1, 3]),
      checkpointing: pick(random, ['none', 'full', 'every=2'] as const),
    });
    const said = `${run.optimizer}, ${run.checkpointing}, ${model.layers} layers of ${model.hidden}, batch ${run.batch} × ${run.gradAccum}, ${run.seq} tokens`;

    it(`are told from the first as they are when walked: ${said}`, () => {
      const told = new DryTraining(model, run);
      const walked = new DryTraining(model, run);
      const first = told.step();
      expect(walked.step()).toEqual(first);
      const second = told.stepAfter(first);
      expect(walked.step()).toEqual(second);
      expect(walked.step()).toEqual(second);
    });
  }
});

describe('a stretch that is repeated', () => {
  /** Assigns each of `held` a new buffer, by random operations that leave others in the scope. */
  function randomStretch(seed: number, ops: Ops, held: readonly DryTensor[]): void {
    const random = randomFrom(seed);
    const made: DryTensor[] = [...held];
    for (let left = 3 + Math.floor(random() * 8); left > 0; left--) {
      const [a, b] = [pick(random, made), pick(random, made)];
      made.push(random() < 0.4 ? ops.mul(a, 2) : ops.add(a, b));
      // What is disposed before the end makes the highest moment one within the stretch.
      if (random() < 0.3) made.push(ops.engine.tidy(() => ops.square(ops.mul(ops.same(a), b))));
    }
    for (const variable of held) ops.engine.assign(variable, ops.add(pick(random, made), 1));
  }

  /** Everything the totals say around three such stretches in one scope, the later two walked or repeated. */
  function totals(seed: number, repeated: boolean): unknown {
    const random = randomFrom(seed);
    const engine = new DryEngine();
    const ops = new Ops(engine);
    const shape = [1 + Math.floor(random() * 50), 1 + Math.floor(random() * 50)];
    const parameter = (): DryTensor => {
      const initial = engine.create(shape);
      const variable = engine.variable(initial);
      engine.dispose(initial);
      return variable;
    };
    const sets = Array.from({ length: 3 }, () =>
      engine.within('params', () => [parameter(), parameter()]),
    );
    // A high-water mark of before, sometimes above all that comes.
    engine.tidy(() => engine.create([Math.floor(random() * pick(random, [4_000, 400_000]))]));
    if (random() < 0.5) engine.beginPhase();
    const between: unknown[] = [];
    engine.setContext('workspace');
    engine.tidy(() => {
      let again: ((others: readonly DryTensor[]) => void) | null = null;
      for (const held of sets) {
        if (again) again(held);
        else if (repeated) again = engine.repeatable(held, () => randomStretch(seed, ops, held));
        else randomStretch(seed, ops, held);
        if (random() < 0.3) between.push(engine.read());
      }
      return [];
    });
    for (const variable of sets.flat()) engine.retag(variable, 'adam_m');
    between.push(engine.read());
    // What they hold is freed as it would have been.
    for (const variable of sets.flat()) engine.assign(variable, engine.create([1]));
    return [...between, engine.read()];
  }

  it('leaves the totals, marks and variables as walking it does', () => {
    for (let seed = 1; seed <= 300; seed++)
      expect(totals(seed, true), `program ${seed}`).toEqual(totals(seed, false));
  });
});
