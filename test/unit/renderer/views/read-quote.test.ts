/** The chapter's phrases as they are read. */
import { expect, test } from 'vitest';
import { readQuote } from '../../../../src/renderer/views/chapter/read-quote';
import { chapterClaims } from '../../../../src/shared/chapter/claims';

const read = (quote: string) =>
  readQuote(quote)
    .map(({ text, shift }) => (shift === null ? text : `<${shift}>${text}</>`))
    .join('');

test('formulas are read as they are printed', () => {
  expect(read('requires $2nd_{\\text{model}}d_k$')).toBe('requires 2nd<sub>model</>d<sub>k</>');
  expect(read('$n^2d_{\\text{model}}$, \\approx 38.7\\text{G}')).toBe(
    'n<sup>2</>d<sub>model</>, ≈ 38.7G',
  );
  expect(read('= 25{,}600\\text{ GFLOPs}$')).toBe('= 25,600 GFLOPs');
  expect(read('\\approx \\$4.7M$')).toBe('≈ $4.7M');
  expect(read('only 10-20\\% of peak')).toBe('only 10-20% of peak');
  expect(read('$\\frac{3.52 \\times 10^{15}}{312 \\times 10^{12}}$')).toBe(
    '(3.52 × 10<sup>15</>) / 312 × 10<sup>12</>',
  );
  expect(read('\\frac{3.52 \\times 10^{15}}')).toBe('(3.52 × 10<sup>15</>) / ');
});

test('no phrase of the ledger keeps a sign of its source', () => {
  const left = chapterClaims()
    .map(({ quote }) => read(quote))
    .filter((text) => /[\\^]/.test(text));
  expect(left).toEqual([]);
});
