/** What is said of a selected span. */
import { describe, expect, it } from 'vitest';
import { overBudgetWords } from '../../../../src/renderer/views/session/selection-words';

describe('time over the budget', () => {
  it('is a share of the span, and no figure where there was none', () => {
    expect(overBudgetWords(250_000, [1_000_000, 2_000_000])).toBe(
      'Over the budget for 250 ms (25.0%)',
    );
    expect(overBudgetWords(0, [0, 1_000_000])).toBe('Never over the budget');
    expect(overBudgetWords(0.2, [5, 5])).toBe('Never over the budget');
  });
});
