import { describe, expect, it } from 'vitest';
import { drawBudget } from '../../../../src/shared/picture/budget-picture';
import { documentWith, MB, series, training } from '../../../support/overlay-scenario';

describe('the budget of a GPU beside host memory', () => {
  const { budget, durationUs } = training(3);
  const host = [series('tree.rss', [[0, 700 * MB]])];
  const draw = (level: 'process' | 'allocated') => {
    const own = { ...budget, answer: { ...budget.answer, level } };
    return drawBudget(documentWith({ durationUs, budget: own, series: host }), own, 'refined');
  };

  it('is drawn and called what it is, and the memory of the machine bounds nothing of it', () => {
    expect(draw('process')).toMatchObject({
      ceiling: 450 * MB,
      ceilingName: 'predicted for a GPU, at most',
      capacity: null,
    });
    expect(draw('allocated')).toMatchObject({
      ceilingName: 'predicted at most',
      capacity: { name: 'memory of the machine' },
    });
  });
});
