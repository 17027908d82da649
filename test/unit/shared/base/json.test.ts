/** JSON that is written in pieces, against the text that is written at once. */
import { expect, test } from 'vitest';
import { JsonRows, jsonPieces, toJson } from '../../../../src/shared/base/json';

const DOCUMENTS: readonly unknown[] = [
  null,
  7,
  'text\nof two lines',
  [],
  {},
  [undefined, 1n, 2 ** 60, [], {}, [[1], [{ a: [] }]]],
  { a: undefined, b: [{ c: 'x\ny', d: [1, 2, { e: null }] }, 3], f: {}, g: Float64Array.of(1, 2) },
  { rows: Array.from({ length: 5000 }, (_, i) => ({ i, name: `row ${i}`, own: [i, [i]] })) },
];

test('pieces make the very text that is made at once, and none of them is much longer than the others', () => {
  for (const document of DOCUMENTS) {
    const pieces = [...jsonPieces(document)];
    expect(pieces.join('')).toBe(toJson(document));
    for (const piece of pieces) expect(piece.length).toBeLessThan(70_000);
  }
});

test('rows that are gone through once make the text of a list', () => {
  const rows = [{ a: 1 }, [2], 'three'];
  const text = [...jsonPieces({ rows: new JsonRows(rows), none: new JsonRows([]) })].join('');
  expect(text).toBe(toJson({ rows, none: [] }));
});
