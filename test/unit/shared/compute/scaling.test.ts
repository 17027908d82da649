import { describe, expect, it } from 'vitest';
import { Failure } from '../../../../src/shared/base/failure';
import {
  BESIROGLU,
  chinchillaLoss,
  chinchillaOptimum,
  EXPONENTS,
  fitPowerLaw,
  HOFFMANN,
  lifetimeOptimum,
  lossOptimum,
  PUBLISHED_OPTIMA,
  ratioOptimum,
  tokensForLoss,
} from '../../../../src/shared/compute/chinchilla';
import {
  KAPLAN,
  kaplanJointLoss,
  kaplanLoss,
  kaplanOptimum,
  PF_DAY,
} from '../../../../src/shared/compute/kaplan';
import { compareToOptimum, scalingReport } from '../../../../src/shared/compute/scaling';

describe('Chinchilla', () => {
  it.each([1, 2, 3] as const)(
    'approach %i: the published table has the published exponents',
    (approach) => {
      const { exponent } = fitPowerLaw(PUBLISHED_OPTIMA[approach]);
      expect(Math.abs(exponent - EXPONENTS[approach].a)).toBeLessThanOrEqual(0.005);
    },
  );

  // Hoffmann et al. 2022, tables 3 and A3: parameters, FLOPs, tokens.
  it.each([
    [1, 67e9, 5.76e23, 1.5e12],
    [1, 1e12, 1.27e26, 21.2e12],
    [1, 10e9, 1.23e22, 205.1e9],
    [2, 67e9, 6.88e23, 1.7e12],
    [2, 1e12, 1.59e26, 26.5e12],
    [3, 175e9, 1.26e25, 12.0e12],
    [3, 1e9, 1.62e20, 27.1e9],
  ] as const)('approach %i reproduces its row of %d parameters', (approach, N, flops, D) => {
    const best = chinchillaOptimum(flops, approach);
    expect(Math.abs(best.N / N - 1)).toBeLessThan(0.05);
    expect(Math.abs(best.D / D - 1)).toBeLessThan(0.06);
    expect(6 * best.N * best.D).toBeCloseTo(flops, -Math.floor(Math.log10(flops)) + 9);
  });

  it("gives Chinchilla itself from Gopher's budget: about 67 billion parameters", () => {
    expect(chinchillaOptimum(5.76e23, 1).N / 1e9).toBeCloseTo(67, -1);
    expect(compareToOptimum(70e9, 1.4e12).verdict).toBe('near-optimal');
  });

  it('puts 10^24 FLOPs at 20 tokens a parameter into 91.3 billion parameters', () => {
    const best = ratioOptimum(1e24, 20);
    expect(best.N / 1e9).toBeCloseTo(91.287, 3);
    expect(best.D / 1e9).toBeCloseTo(1825.74, 2);
  });

  it('works out a loss by hand, in parameters and tokens', () => {
    // 406.4 / 10^(9·0.34) + 410.7 / 10^(10·0.28)
    expect(chinchillaLoss(1e9, 1e10)).toBeCloseTo(
      1.69 + 406.4 / 10 ** 3.06 + 410.7 / 10 ** 2.8,
      12,
    );
  });

  it.each([
    ['Hoffmann', HOFFMANN],
    ['Besiroglu', BESIROGLU],
  ] as const)(
    "the optimum of %s's law is where no step along the budget lowers the loss",
    (_name, law) => {
      for (const flops of [1e20, 5.76e23, 1e26]) {
        const { N } = lossOptimum(flops, law);
        const at = (size: number) => chinchillaLoss(size, flops / (6 * size), law);
        for (const step of [0.5, 0.9, 0.999, 1.001, 1.1, 2])
          expect(at(N)).toBeLessThan(at(N * step));
      }
    },
  );

  it("finds the refit close to 20 tokens a parameter at Chinchilla's budget, where the rounded constants ask for three times that", () => {
    expect(lossOptimum(5.76e23, BESIROGLU).tokensPerParameter).toBeGreaterThan(15);
    expect(lossOptimum(5.76e23, BESIROGLU).tokensPerParameter).toBeLessThan(25);
    expect(lossOptimum(5.76e23, HOFFMANN).tokensPerParameter).toBeGreaterThan(60);
  });

  it('inverts the loss', () => {
    const D = tokensForLoss(7e9, 2.0) ?? Number.NaN;
    expect(chinchillaLoss(7e9, D)).toBeCloseTo(2.0, 12);
    expect(tokensForLoss(1e6, 1.7)).toBeNull();
  });

  it('serves a lifetime cheapest with the training optimum when nothing is served, and smaller models the more is', () => {
    const flops = 1e23;
    const best = lossOptimum(flops);
    const loss = chinchillaLoss(best.N, best.D);
    const none = lifetimeOptimum(loss, 0);
    expect(none.N / best.N).toBeCloseTo(1, 3);
    expect(Number(none.totalFlops) / flops).toBeCloseTo(1, 6);
    const sizes = [0, 1e12, 1e13, 1e14].map((served) => lifetimeOptimum(loss, served));
    for (let i = 1; i < sizes.length; i++) expect(sizes[i]?.N).toBeLessThan(sizes[i - 1]?.N ?? 0);
    const served = sizes[2];
    if (!served) throw new Error('unreachable');
    expect(chinchillaLoss(served.N, served.D)).toBeCloseTo(loss, 9);
    expect(() => lifetimeOptimum(1.5, 0)).toThrow(Failure);
  });
});

describe('Kaplan', () => {
  it('gives a loss of 1 at its scales and the published exponents around them', () => {
    expect(kaplanLoss('N', KAPLAN.N.scale)).toBe(1);
    expect(kaplanLoss('D', KAPLAN.D.scale)).toBe(1);
    expect(kaplanLoss('C', KAPLAN.C.scale * PF_DAY)).toBeCloseTo(1, 12);
    expect(kaplanLoss('N', 1e9) / kaplanLoss('N', 1e10)).toBeCloseTo(10 ** 0.076, 10);
  });

  it('spends a petaflop/s-day on 1.3 billion parameters and grows the model by C^0.73', () => {
    expect(kaplanOptimum(PF_DAY).N).toBe(1.3e9);
    expect(kaplanOptimum(10 * PF_DAY).N / 1.3e9).toBeCloseTo(10 ** 0.73, 10);
  });

  it('tends to the law of the one thing that limits', () => {
    expect(kaplanJointLoss(1e9, 1e30)).toBeCloseTo((6.4e13 / 1e9) ** 0.076, 6);
  });
});

describe('where a model stands', () => {
  it('finds GPT-3 three times too large for its compute, at 1.71 tokens a parameter', () => {
    const { gpt3 } = scalingReport({ compute: 1e24 });
    expect(gpt3.verdict).toBe('undertrained');
    expect(gpt3.tokensPerParameter).toBeCloseTo(1.714, 3);
    expect(gpt3.sizeOverOptimum).toBeGreaterThan(3);
    expect(gpt3.sizeOverOptimum * gpt3.tokensOverOptimum).toBeCloseTo(1, 9);
  });

  it('finds Llama 3 8B trained past its optimum', () => {
    expect(compareToOptimum(8e9, 15e12).verdict).toBe('overtrained');
  });

  it('takes a budget, or a model with its data, and nothing in between', () => {
    expect(scalingReport({ params: 1e9, tokens: 2e10 })).toMatchObject({
      compute: 120_000_000_000_000_000_000n,
      given: { tokensPerParameter: 20 },
    });
    for (const question of [
      {},
      { params: 1e9 },
      { tokens: 1e9 },
      { compute: 1e20, params: 1e9 },
      { compute: -1 },
    ])
      expect(() => scalingReport(question)).toThrow(Failure);
  });
});
