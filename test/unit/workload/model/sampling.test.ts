/** How the bundled workload chooses a token, against the probabilities written out by hand. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../../../src/workload/model/random';
import { parseSampling, type Sampling, sampleToken } from '../../../../src/workload/model/sampling';
import { tinyRun } from '../../../integration/workload-process';

const DRAWS = 40_000;
/** Tokens 2, 0, 3, 1 in order of likelihood: 0.5, 0.25, 0.15, 0.1. */
const LOGITS = Float32Array.from([0.25, 0.1, 0.5, 0.15].map(Math.log));

function frequencies(sampling: Partial<Sampling>, logits = LOGITS): number[] {
  const random = new Random(11);
  const counts = Array.from(logits, () => 0);
  for (let draw = 0; draw < DRAWS; draw++)
    counts[
      sampleToken(logits, { temperature: 1, topK: Infinity, topP: 1, ...sampling }, random)
    ]!++;
  return counts.map((count) => count / DRAWS);
}
/** Four standard deviations of a frequency are below this. */
const near = (measured: number[], expected: number[]): void =>
  expected.forEach((one, id) => {
    if (one === 0) expect(measured[id]).toBe(0);
    else expect(Math.abs(measured[id]! - one), `token ${id}`).toBeLessThan(0.01);
  });

describe('a drawn token', () => {
  it('comes as often as its probability says', () => near(frequencies({}), [0.25, 0.1, 0.5, 0.15]));
  it('follows the temperature: at one half, probabilities are squared', () => {
    const squares = [0.0625, 0.01, 0.25, 0.0225];
    near(
      frequencies({ temperature: 0.5 }),
      squares.map((one) => one / 0.345),
    );
  });
  it('is one of the k likeliest', () => near(frequencies({ topK: 2 }), [1 / 3, 0, 2 / 3, 0]));
  it('is one of the fewest that reach p, the one that crosses it included', () => {
    near(frequencies({ topP: 0.6 }), [1 / 3, 0, 2 / 3, 0]);
    near(frequencies({ topP: 0.01 }), [0, 0, 1, 0]);
  });
  it('is cut by k first and by p of what is left', () =>
    near(frequencies({ topK: 2, topP: 0.66 }), [0, 0, 1, 0]));
  it('survives logits of any size', () =>
    near(frequencies({}, Float32Array.of(1000, 1000, -1000)), [0.5, 0.5, 0]));
  it('is the same for the same seed', () => {
    const draw = (seed: number): number[] => {
      const random = new Random(seed);
      return Array.from({ length: 50 }, () =>
        sampleToken(LOGITS, { temperature: 1, topK: Infinity, topP: 1 }, random),
      );
    };
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
  });
});

describe('a run', () => {
  it('draws tokens as soon as one of temperature, top-k and top-p is given', () => {
    expect(parseSampling(tinyRun())).toBeNull();
    expect(parseSampling(tinyRun({ topK: 5 }))).toEqual({ temperature: 1, topK: 5, topP: 1 });
    expect(parseSampling(tinyRun({ temperature: 0.7, topP: 0.9 }))).toEqual({
      temperature: 0.7,
      topK: Infinity,
      topP: 0.9,
    });
  });
});
