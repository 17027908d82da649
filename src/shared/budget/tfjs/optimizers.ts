/**
 * tfjs's optimizers as dry programs. Adam runs its whole update in one scope: until the last parameter is done it holds
 * eleven temporaries of the size of every one of them, which makes it the peak of most training runs.
 */
import type { RunSpec } from '../../model/spec';
import type { DryEngine, DryTensor, Tensors } from './engine';
import type { Ops } from './ops';

/** Applies `gradients` to `variables`, in their order. */
export type DryOptimizer = (gradients: readonly DryTensor[]) => void;

export function createOptimizer(
  ops: Ops,
  run: RunSpec,
  variables: readonly DryTensor[],
): DryOptimizer {
  if (run.optimizer === 'sgd') return sgd(ops, variables);
  if (run.optimizer === 'momentum') return momentum(ops, variables);
  const update = adam(ops, variables);
  return run.optimizer === 'adamw'
    ? (gradients) => {
        decay(ops, variables);
        update(gradients);
      }
    : update;
}

/** Each parameter in a scope of its own, before any is updated. */
function decay(ops: Ops, variables: readonly DryTensor[]): void {
  for (const value of variables)
    scope(ops.engine, () => {
      ops.engine.assign(value, ops.mul(value, 1));
    });
}

function adam(ops: Ops, variables: readonly DryTensor[]): DryOptimizer {
  const { engine } = ops;
  // Made in one scope, so that the first initial value still stands when the second is made.
  const initial1 = engine.create([]);
  const beta1 = engine.variable(initial1);
  const initial2 = engine.create([]);
  const beta2 = engine.variable(initial2);
  engine.dispose(initial1);
  engine.dispose(initial2);
  const first: DryTensor[] = [];
  const second: DryTensor[] = [];
  return (gradients) => {
    scope(engine, () => {
      const correction1 = ops.sub(1, beta1);
      const correction2 = ops.sub(1, beta2);
      // Parameters of one size are updated alike: the first of them is walked.
      const updates = new Map<number, (held: Tensors) => void>();
      variables.forEach((value, index) => {
        const m = stateFor(ops, first, index, value);
        const v = stateFor(ops, second, index, value);
        const known = updates.get(value.bytes);
        if (known) {
          known([value, m, v]);
          return;
        }
        const update = engine.repeatable([value, m, v], () => {
          const gradient = gradients[index]!;
          const newM = ops.add(ops.mul(m, 1), ops.mul(gradient, 1));
          const newV = ops.add(ops.mul(v, 1), ops.mul(ops.square(gradient), 1));
          const correctedM = ops.div(newM, correction1);
          const correctedV = ops.div(newV, correction2);
          engine.assign(m, newM);
          engine.assign(v, newV);
          const step = ops.mul(ops.div(correctedM, ops.add(ops.same(correctedV), 1)), 1);
          engine.assign(value, ops.add(step, value));
        });
        updates.set(value.bytes, update);
      });
      engine.assign(beta1, ops.mul(beta1, 1));
      engine.assign(beta2, ops.mul(beta2, 1));
    });
    for (const value of variables) engine.retag(value, 'params');
    for (const m of first) engine.retag(m, 'adam_m');
    for (const v of second) engine.retag(v, 'adam_v');
    for (const accumulated of [beta1, beta2]) engine.retag(accumulated, 'optimizer_other');
  };
}

/** One scalar for the rate; each parameter is updated in a scope of its own. */
function sgd(ops: Ops, variables: readonly DryTensor[]): DryOptimizer {
  const { engine } = ops;
  const rate = engine.create([]);
  return (gradients) => {
    variables.forEach((value, index) => {
      scope(engine, () => {
        engine.assign(value, ops.add(ops.mul(rate, gradients[index]!), value));
      });
    });
    for (const value of variables) engine.retag(value, 'params');
  };
}

function momentum(ops: Ops, variables: readonly DryTensor[]): DryOptimizer {
  const { engine } = ops;
  const rate = engine.create([]);
  const decay = engine.create([]);
  const accumulations: DryTensor[] = [];
  return (gradients) => {
    variables.forEach((value, index) => {
      const held = stateFor(ops, accumulations, index, value);
      scope(engine, () => {
        const accumulated = ops.add(ops.mul(decay, held), gradients[index]!);
        const updated = ops.add(ops.mul(rate, accumulated), value);
        engine.assign(held, accumulated);
        engine.assign(value, updated);
      });
    });
    for (const value of variables) engine.retag(value, 'params');
    for (const held of accumulations) engine.retag(held, 'momentum');
  };
}

/** States are made at the first update, as variables of zeros, just before each parameter's turn. */
function stateFor(ops: Ops, states: DryTensor[], index: number, like: DryTensor): DryTensor {
  if (!states[index])
    scope(ops.engine, () => {
      states[index] = ops.engine.variable(ops.same(like));
    });
  return states[index]!;
}

function scope(engine: DryEngine, f: () => void): void {
  engine.tidy(() => {
    f();
    return [];
  });
}
