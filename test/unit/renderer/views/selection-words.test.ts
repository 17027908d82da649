/** What is said of a selected span. */
import { describe, expect, it } from 'vitest';
import {
  lessBaseline,
  overBudgetWords,
  statisticsCells,
} from '../../../../src/renderer/views/session/selection-words';

const statistics = {
  info: {
    id: 'gpu0.power',
    source: 'x',
    metric: 'power',
    unit: 'milliwatts',
    windowUs: null,
    intervalUs: null,
  },
  t0: 0,
  t1: 1,
  count: 2,
  min: { t: 0, value: 300_000 },
  max: { t: 1, value: 440_000 },
  mean: 400_000,
  p50: 1,
  p95: 430_000,
  p99: 1,
  heldUs: 1,
  integral: { value: 2040, unit: 'joules' },
  aboveUs: null,
} as const;

describe('the row of a series', () => {
  it('tells energy as the head of the session does', () => {
    expect(statisticsCells(statistics)).toEqual([
      'GPU 0, power',
      ...['300 W', '400 W', '430 W', '440 W', '2.04 kJ'],
    ]);
  });

  it('is less what was in use before where it lies over the budget, and absent stays absent', () => {
    const bytes = { ...statistics, mean: null, max: null, integral: null };
    const { min, mean, p95, max } = lessBaseline(bytes, 100_000);
    expect([min?.value, mean, p95, max]).toEqual([200_000, null, 330_000, null]);
  });
});

describe('time over the budget', () => {
  it('is a share of the span, and no figure where there was none', () => {
    expect(overBudgetWords(250_000, [1_000_000, 2_000_000])).toBe(
      'Over the budget for 250 ms (25.0%)',
    );
    expect(overBudgetWords(0, [0, 1_000_000])).toBe('Never over the budget');
    expect(overBudgetWords(0.2, [5, 5])).toBe('Never over the budget');
  });
});
