/** Rows packed in columns are the rows that were packed, over the wire too, and take a fraction of the bytes. */
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from '../../../../src/shared/contract/codec';
import { type PackedRows, packRows, unpackRows } from '../../../../src/shared/session/packed-rows';
import { random } from '../../../support/fixture-sessions';

const sent = <Row extends object>(rows: readonly Row[]): Row[] =>
  unpackRows(decodeMessage(encodeMessage(packRows(rows))) as PackedRows<Row>);

/** Rows with everything that a phase's may have, drawn from a seed. */
function drawRows(seed: number, count: number): object[] {
  const rand = random(seed);
  const pick = <T>(...all: readonly T[]): T => all[Math.floor(rand() * all.length)] as T;
  const bytes = () =>
    pick<number | null>(null, 0, -0, 3, -5, 2 ** 31, 2 ** 40, 2 ** 53, 0.1 + rand(), 1e300);
  const ledger = { params: 12, activations: 7 };
  return Array.from({ length: count }, (_, i) => ({
    phase: pick('forward', 'backward'),
    step: pick(null, i, i, i),
    span: [i * 1000, i * 1000 + Math.floor(rand() * 900)],
    measured: bytes(),
    predicted: { textbook: pick(1, 1, 1, 2), ...pick({}, { observed: bytes() }) },
    flagged: pick(true, false),
    parts: pick<object | null>(null, ledger, { ...ledger, kv_cache: i }, { 'a:b,c': [1, [i]] }),
    ...pick({}, { isOpen: true }),
  }));
}

describe('packed rows', () => {
  it('are the rows that were packed, whatever is in them', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const rows = drawRows(seed, seed);
      expect(unpackRows(packRows(rows)), `seed ${seed}`).toStrictEqual(rows);
      expect(JSON.stringify(sent(rows)), `seed ${seed}`).toBe(JSON.stringify(rows));
    }
    expect(sent([])).toEqual([]);
  });

  it('hold what no JSON can, and numbers that no step of 32 bits reaches', () => {
    const rows = [1, Number.NaN, Number.POSITIVE_INFINITY, -0, 2 ** 53, -(2 ** 53), 2 ** 31].map(
      (n) => ({ n }),
    );
    expect(sent(rows)).toStrictEqual(rows);
  });

  it('say once what is alike, so that a row is a handful of numbers', () => {
    const components = Object.fromEntries(
      Array.from({ length: 8 }, (_, i) => [`part${i}`, i * 1e8]),
    );
    const rows = Array.from({ length: 10_000 }, (_, i) => ({
      phase: i % 2 === 0 ? 'forward' : 'backward',
      step: i >> 1,
      span: [i * 45_000, i * 45_000 + 44_999],
      measured: 3e9 + ((i * 7919) % 64) * 2 ** 21,
      predictedComponents: { ...components, activations: i < 10 ? 1 : 2 },
    }));
    const bytes = encodeMessage(packRows(rows)).length / rows.length;
    expect(bytes).toBeLessThan(JSON.stringify(rows).length / rows.length / 6);
    expect(sent(rows)).toEqual(rows);
  });
});
