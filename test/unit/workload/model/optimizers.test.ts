/** AdamW of the bundled workload against the paper's own recurrence in float64, and what decay alone does. */
import '@tensorflow/tfjs-backend-cpu';
import { setBackend, tensor1d, type Variable, variable } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Optimizer } from '../../../../src/workload/model/optimizers';

const START = [0.5, -2, 30, 0];
/** Gradients of each step: large, small, of both signs, and none. */
const GRADIENTS = [
  [1, -0.1, 0, 3],
  [0.5, 0.2, 0, -3],
  [-2, 1e-3, 0, 0.1],
  [0.1, 0.1, 0, 0.1],
];

/** θ ← θ − γλθ, then Adam with bias correction (Loshchilov and Hutter 2019, algorithm 2, without a schedule). */
function reference(decay: number): number[] {
  const [rate, beta1, beta2, epsilon] = [1e-3, 0.9, 0.999, 1e-8];
  return START.map((start, index) => {
    let [theta, m, v] = [start, 0, 0];
    GRADIENTS.forEach((gradients, step) => {
      const g = gradients[index]!;
      theta -= rate * decay * theta;
      m = beta1 * m + (1 - beta1) * g;
      v = beta2 * v + (1 - beta2) * g * g;
      theta -=
        (rate * (m / (1 - beta1 ** (step + 1)))) /
        (Math.sqrt(v / (1 - beta2 ** (step + 1))) + epsilon);
    });
    return theta;
  });
}

let made = 0;
async function trained(name: 'adam' | 'adamw'): Promise<number[]> {
  const weight: Variable = variable(tensor1d(START), true, `weight${made++}`);
  const optimizer = new Optimizer(name);
  for (const gradients of GRADIENTS)
    optimizer.apply({ [weight.name]: tensor1d(gradients) }, [weight]);
  return [...(await weight.data())];
}

describe('the optimizers of the bundled workload', () => {
  beforeAll(() => setBackend('cpu'));

  it.each([
    ['adam', 0],
    ['adamw', 0.01],
  ] as const)('%s follows the recurrence written out', async (name, decay) => {
    const expected = reference(decay);
    (await trained(name)).forEach((value, index) => {
      expect(Math.abs(value - expected[index]!)).toBeLessThan(
        3e-6 * Math.max(1, Math.abs(expected[index]!)),
      );
    });
  });

  it('adamw shrinks a parameter that has no gradient, and adam leaves it', async () => {
    expect((await trained('adam'))[2]).toBe(30);
    expect((await trained('adamw'))[2]).toBeCloseTo(30 * (1 - 1e-5) ** 4, 5);
  });
});
