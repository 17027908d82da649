/** Sweeps: their points, what a command becomes at each, and the laws found in what was measured. */
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../../src/shared/base/failure';
import { computeBudget } from '../../../../src/shared/budget/budget';
import { BUNDLED_SWEEPS } from '../../../../src/shared/chapter/sweeps/bundled';
import { describeSweep, type SweepRun } from '../../../../src/shared/chapter/sweeps/outcome';
import {
  fillCommand,
  parseAxis,
  pointsFor,
  roleFor,
} from '../../../../src/shared/chapter/sweeps/sweep';
import { checkRun } from '../../../../src/shared/model/validate';

const refusal = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  return null;
};

describe('a sweep', () => {
  it('has every combination once, each with a name of its own', () => {
    const axes = [parseAxis('batch=1, 2,4'), parseAxis('seq=64,128')];
    const roles = pointsFor(axes).flatMap((point) => [1, 2].map((n) => roleFor(point, n)));
    expect(roles).toContain('batch=4, seq=64');
    expect(new Set(roles).size).toBe(12);
  });

  it('puts values where the command names them, and refuses a command that names none', () => {
    const command = ['python', 'train.py', '--batch={batch}', '{batch}'];
    expect(fillCommand(command, { batch: '8' })).toEqual(['python', 'train.py', '--batch=8', '8']);
    expect(refusal(() => fillCommand(['python'], { batch: '8' }))?.remedy).toContain('{batch}');
  });

  it.each(['batch', 'batch=', '=1', 'batch=1,,2', 'batch=1,1', '1=2'])('refuses %s', (text) => {
    expect(refusal(() => parseAxis(text))).toMatchObject({ code: 'bad_input' });
  });

  it('refuses more points than anybody waits for', () => {
    const many = `a=${Array.from({ length: 30 }, (_, i) => i).join(',')}`;
    const axes = [parseAxis(many), parseAxis(many.replace('a', 'b'))];
    expect(refusal(() => pointsFor(axes))?.message).toContain('900');
  });
});

describe('the law of a sweep', () => {
  const axes = [parseAxis('n=1,2,4,8,16')];
  const points = pointsFor(axes);
  const runs = (peak: (n: number, again: number) => number): SweepRun[] =>
    points.flatMap((point) =>
      [0, 1, 2].map((again) => ({
        point,
        id: `${point.n}-${again}`,
        peak: peak(Number(point.n), again),
        predicted: 3 * Number(point.n) ** 2,
        activations: 5 * Number(point.n),
        predictedActivations: null,
        time: 1000 * Number(point.n),
      })),
    );

  it('is the exponent that the points were made with, and an interval around it', () => {
    const { laws } = describeSweep(
      axes,
      points,
      runs((n) => 7 * n ** 1.5),
      [],
    );
    expect(laws.peak?.exponent).toBeCloseTo(1.5, 10);
    expect(laws.peak?.halfWidth).toBeCloseTo(0, 6);
    expect(laws.predicted?.exponent).toBeCloseTo(2, 10);
    expect(laws.time?.exponent).toBeCloseTo(1, 10);
    expect(laws.activations?.exponent).toBeCloseTo(1, 10);
    expect(laws.predictedActivations).toBeNull();
  });

  it('counts the median of repeats: one that was disturbed changes nothing', () => {
    const steady = describeSweep(
      axes,
      points,
      runs((n) => 100 * n),
      [],
    );
    const disturbed = describeSweep(
      axes,
      points,
      runs((n, again) => (again === 1 ? 1e9 : 100 * n)),
      [],
    );
    expect(disturbed.laws.peak).toEqual(steady.laws.peak);
    expect(disturbed.points.map(({ runs }) => runs)).toEqual([3, 3, 3, 3, 3]);
  });

  it('goes on without a point that failed, and says none of two points or of words', () => {
    const some = runs((n) => n).filter(({ point }) => point.n !== '4');
    const outcome = describeSweep(axes, points, some, [{ point: 'n=4', why: 'exit code 1' }]);
    expect(outcome.laws.peak?.exponent).toBeCloseTo(1, 10);
    expect(outcome.points[2]).toMatchObject({ runs: 0, peak: null });
    const words = [parseAxis('precision=fp32,int8,int4')];
    const named = pointsFor(words).map((point) => ({
      point,
      id: 'x',
      peak: 5,
      predicted: 5,
      activations: null,
      predictedActivations: null,
      time: 1,
    }));
    expect(describeSweep(words, pointsFor(words), named, []).laws.peak).toBeNull();
  });
});

it('every point of the bundled sweeps is a run that can be, in both sizes', () => {
  for (const sweep of BUNDLED_SWEEPS)
    for (const full of [false, true])
      for (const point of pointsFor(sweep.axes(full))) {
        const { model, run } = sweep.spec(point, full);
        expect(() => checkRun(model, run), `${sweep.name} ${JSON.stringify(point)}`).not.toThrow();
        expect(computeBudget(model, run).tiers.refined.peak.bytes).toBeGreaterThan(0);
      }
});
