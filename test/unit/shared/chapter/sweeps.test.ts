/** Sweeps: their points, what a command becomes at each, and the laws found in what was measured. */
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../../src/shared/base/failure';
import { fitPlane } from '../../../../src/shared/base/trend';
import { GiB } from '../../../../src/shared/base/units';
import { computeBudget } from '../../../../src/shared/budget/budget';
import { peakBytes } from '../../../../src/shared/budget/peak';
import { BUNDLED_SWEEPS, findSweep } from '../../../../src/shared/chapter/sweeps/bundled';
import { type BundledSweep, readingFor } from '../../../../src/shared/chapter/sweeps/bundled-sweep';
import {
  countWork,
  type FigureName,
  type SweepRun,
} from '../../../../src/shared/chapter/sweeps/figures';
import { describeSweep, type SweepOutcome } from '../../../../src/shared/chapter/sweeps/outcome';
import { PLAIN_READING } from '../../../../src/shared/chapter/sweeps/reading';
import {
  describePoint,
  fillCommand,
  findPlaceholders,
  type Point,
  parseAxis,
  pointsFor,
  roleFor,
} from '../../../../src/shared/chapter/sweeps/sweep';
import { countParameters } from '../../../../src/shared/model/parameters';
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
    expect(refusal(() => fillCommand(['python', '{bach}'], { batch: '8' }))?.message).toBe(
      'The command does not say {batch} anywhere; it says {bach}.',
    );
  });

  it('finds what stands in braces and is swept by nobody', () => {
    const command = ['python', '--lr={lr}', '{batch}', '{"json": {}}', '{lr}'];
    expect(findPlaceholders(command, { batch: '8' })).toEqual(['{lr}']);
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

/** A run with these figures at a point: what is not given was not measured. */
const run = (point: Point, figures: Partial<Record<FigureName, number>>, again = 0): SweepRun => {
  const pair = (name: FigureName, predicted: number | null = null) => ({
    measured: figures[name] ?? null,
    predicted,
  });
  return {
    point,
    id: `${describePoint(point)}-${again}`,
    bytes: {
      peak: pair('peak', figures.peak === undefined ? null : 3),
      weights: pair('weights'),
      layerWeights: pair('layerWeights'),
      activations: pair('activations'),
    },
    time: figures.time ?? 1,
    work: null,
    isCrowded: false,
  };
};

describe('the laws of a sweep', () => {
  const axes = [parseAxis('n=1,2,4,8,16')];
  const points = pointsFor(axes);
  const describe3 = (peak: (n: number, again: number) => number) =>
    describeSweep(
      PLAIN_READING,
      axes,
      points,
      points.flatMap((point) =>
        [0, 1, 2].map((again) =>
          run(point, { peak: peak(Number(point.n), again), time: 1000 * Number(point.n) }, again),
        ),
      ),
      [],
    );
  const lawFor = (outcome: SweepOutcome, figure: FigureName, axis = 'n') =>
    outcome.laws.find((law) => law.figure === figure && law.axis === axis);

  it('are the exponents that the points were made with, each with an interval', () => {
    const outcome = describe3((n) => 7 * n ** 1.5);
    expect(lawFor(outcome, 'peak')?.exponent).toBeCloseTo(1.5, 10);
    expect(lawFor(outcome, 'peak')?.halfWidth).toBeCloseTo(0, 6);
    expect(lawFor(outcome, 'peak')?.predicted).toBeCloseTo(0, 10);
    expect(lawFor(outcome, 'time')?.exponent).toBeCloseTo(1, 10);
  });

  it('are not judged where the interval is too wide to tell', () => {
    const line = { ...PLAIN_READING, stated: () => [1, 1] as const };
    const judged = (scatter: number) =>
      describeSweep(
        line,
        axes,
        points,
        points.map((point, i) => run(point, { peak: Number(point.n) * scatter ** (i % 2) })),
        [],
      ).laws.find(({ figure }) => figure === 'peak')?.holds;
    expect([judged(1.01), judged(20)]).toEqual([true, null]);
  });

  it('count the median of repeats: one that was disturbed changes nothing', () => {
    const steady = describe3((n) => 100 * n);
    const disturbed = describe3((n, again) => (again === 1 ? 1e9 : 100 * n));
    expect(disturbed.laws).toEqual(steady.laws);
    expect(disturbed.points.map(({ runs }) => runs)).toEqual([3, 3, 3, 3, 3]);
  });

  it('go on without a point that failed, and none is found in two points or in words', () => {
    const some = points
      .filter(({ n }) => n !== '4')
      .map((point) => run(point, { peak: Number(point.n) }));
    const failed = [{ point: 'n=4', why: 'exit code 1' }];
    const outcome = describeSweep(PLAIN_READING, axes, points, some, failed);
    expect(lawFor(outcome, 'peak')?.exponent).toBeCloseTo(1, 10);
    expect(outcome.points[2]).toMatchObject({ runs: 0, figures: { peak: { measured: null } } });
    expect(outcome.failed).toEqual(failed);
    for (const text of ['precision=fp32,int8,int4', 'n=1,2']) {
      const few = [parseAxis(text)];
      const runs = pointsFor(few).map((point) => run(point, { peak: 5 }));
      expect(describeSweep(PLAIN_READING, few, pointsFor(few), runs, []).laws).toEqual([]);
    }
  });

  it('tell two numbers apart that are swept together, and words series by series', () => {
    const both = [parseAxis('cache=on,off'), parseAxis('layers=1,2,4'), parseAxis('width=8,16,32')];
    const all = pointsFor(both);
    const outcome = describeSweep(
      PLAIN_READING,
      both,
      all,
      all.map((point) =>
        run(point, {
          peak: Number(point.layers) * Number(point.width) ** (point.cache === 'on' ? 2 : 3),
        }),
      ),
      [],
    );
    const found = outcome.laws
      .filter(({ figure }) => figure === 'peak')
      .map(({ series, axis, exponent }) => [series.cache, axis, Math.round(exponent * 1e6) / 1e6]);
    expect(found).toEqual([
      ['on', 'layers', 1],
      ['on', 'width', 2],
      ['off', 'layers', 1],
      ['off', 'width', 3],
    ]);
  });

  it('have intervals that hold the true exponent nineteen times in twenty', () => {
    const random = mulberry(7);
    const noise = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
    let held = 0;
    for (let trial = 0; trial < 1000; trial++) {
      const found = fitPlane(
        points.map(({ n }) => ({
          xs: [Math.log(Number(n))],
          y: 2 * Math.log(Number(n)) + noise(),
        })),
      )?.slopes[0];
      if (found && Math.abs(found.slope - 2) <= found.halfWidth) held++;
    }
    expect(held).toBeGreaterThan(925);
    expect(held).toBeLessThan(975);
  });
});

/** mulberry32: a small generator of numbers below 1, the same every time. */
function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('a bundled sweep', () => {
  it('has points that are runs which can be, in both sizes and within what WebAssembly holds', () => {
    for (const sweep of BUNDLED_SWEEPS)
      for (const full of [false, true])
        for (const point of pointsFor(sweep.axes(full))) {
          const { model, run } = sweep.spec(point, full);
          expect(
            () => checkRun(model, run),
            `${sweep.name} ${JSON.stringify(point)}`,
          ).not.toThrow();
          // Of its 4 GiB kernels take a part for themselves.
          expect(peakBytes(model, run), sweep.name).toBeLessThan(2.75 * GiB);
        }
  });

  it.each(BUNDLED_SWEEPS.map((sweep) => [sweep.name, sweep] as const))(
    '%s tells the stated law where the bytes are those of the theory',
    (_, sweep) => {
      const axes = sweep.axes(false);
      const points = pointsFor(axes);
      const outcome = describeSweep(
        readingFor(sweep, false),
        axes,
        points,
        points.map((point) => theoretical(point, sweep.spec(point, false))),
        [],
      );
      for (const { figure, stated, holds, predicted, exponent } of outcome.laws) {
        expect(exponent, figure).toBeCloseTo(predicted ?? NaN, 6);
        // Quantized weights have scales, and embeddings in half precision: not quite their bits.
        if (stated !== null && figure !== 'time' && sweep.name !== 'precision')
          expect(holds, `${figure} ${exponent}`).toBe(true);
      }
      for (const { value } of outcome.conclusions) expect(Number.isFinite(value)).toBe(true);
    },
  );

  it('frees by checkpointing what its layers hold, in both sizes: memory peaks with them, and not elsewhere', () => {
    const sweep = findSweep('checkpointing')!;
    const freed = (full: boolean) => {
      const axes = sweep.axes(full);
      const points = pointsFor(axes);
      const runs = points.map((point) => theoretical(point, sweep.spec(point, full)));
      return describeSweep(readingFor(sweep, full), axes, points, runs, [])
        .conclusions.filter(({ what }) => what.startsWith('activations freed'))
        .map(({ value }) => value);
    };
    const [quick, full] = [freed(false), freed(true)];
    // Twelve layers in segments of 6, 4, 3, 2 and 1: a segment is held whole, of the others their inputs.
    for (const [i, share] of [6, 4, 3, 2, 1].entries()) {
      expect(Math.abs(full[i]! - quick[i]!)).toBeLessThan(1);
      expect(full[i]).toBeLessThan(100 * (1 - share / 12));
      expect(full[i]).toBeGreaterThan(100 * (1 - (share + 0.5) / 12));
    }
  });

  it('counts the work that the laws count: tokens squared without a cache, once with one', () => {
    const work = (tokens: number, cache: 'on' | 'off') => {
      const sweep = findSweep('kv-cache')!;
      const { model, run } = sweep.spec({ tokens: String(tokens), cache }, false);
      return countWork({ ...model, vocab: 8 }, run);
    };
    const growth = (cache: 'on' | 'off') => Math.log2(work(128, cache) / work(64, cache));
    expect(growth('on')).toBeGreaterThan(1);
    expect(growth('on')).toBeLessThan(1.3);
    expect(growth('off')).toBeGreaterThan(1.9);
    expect(growth('off')).toBeLessThan(2.3);
  });
});

/** What a recording would say that measured just what is predicted. */
function theoretical(
  point: Point,
  { model, run: spec }: ReturnType<BundledSweep['spec']>,
): SweepRun {
  const { refined } = computeBudget(model, spec).tiers;
  const exact = (bytes: number) => ({ measured: bytes, predicted: bytes });
  const activations = Math.max(
    ...refined.phases.map(({ components }) => components.activations ?? 0),
  );
  const weights = refined.phases.find(({ phase }) => phase === 'load')?.components.params ?? 0;
  const { total, layers } = countParameters(model);
  const work = countWork(model, spec);
  return {
    point,
    id: describePoint(point),
    bytes: {
      peak: exact(refined.peak.bytes),
      weights: exact(weights),
      layerWeights: exact(weights - 4 * (total - layers)),
      activations: exact(activations),
    },
    time: work / 1e6,
    work,
    isCrowded: false,
  };
}
