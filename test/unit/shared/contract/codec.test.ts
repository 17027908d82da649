import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from '../../../../src/shared/contract/codec';

const roundTrip = (value: unknown): unknown => decodeMessage(encodeMessage(value));

describe('the text codec of the contract', () => {
  it('brings plain data back unchanged', () => {
    const value = { a: [1, 'two', null, true, { b: {} }], c: '–µ😀', d: 2 ** 53 - 1, e: 0.1 };
    expect(roundTrip(value)).toEqual(value);
  });
  it('brings typed arrays back with type and every bit, NaN and views into larger buffers included', () => {
    const whole = Float64Array.of(9, 1.5, Number.NaN, -0, 2 ** 53 - 1, Number.POSITIVE_INFINITY);
    const back = roundTrip({
      t: whole.subarray(1),
      n: Int32Array.of(-1, 7),
      none: new Float64Array(0),
    }) as Record<string, Float64Array>;
    expect(back.t).toBeInstanceOf(Float64Array);
    expect(Array.from(back.t!)).toEqual(Array.from(whole.subarray(1)));
    expect(back.n).toEqual(Int32Array.of(-1, 7));
    expect(back.none).toEqual(new Float64Array(0));
  });
  it('carries arrays longer than a call can take arguments', () => {
    const long = Float64Array.from({ length: 200_000 }, (_, i) => i * 1.25);
    expect(roundTrip(long)).toEqual(long);
  });
  it('keeps numbers that JSON would turn into null', () => {
    expect(roundTrip([Number.NaN, Number.NEGATIVE_INFINITY])).toEqual([
      Number.NaN,
      Number.NEGATIVE_INFINITY,
    ]);
  });
  it('does not mistake data that looks like its own marks', () => {
    for (const value of [
      { $plumbline: 'Float64Array', data: 'AAAAAAAA8D8=' },
      { $plumbline: { $plumbline: 'number', data: 'NaN' } },
      [{ $plumbline: 'object', entries: [['x', Float64Array.of(1)]] }],
    ])
      expect(roundTrip(value)).toEqual(value);
  });
  it('refuses text that no encoder made', () => {
    for (const text of [
      '',
      '{',
      '{"$plumbline":"Function","data":"x"}',
      '{"$plumbline":"Float64Array"}',
      '{"$plumbline":"Float64Array","data":"AAAA"}',
      '{"$plumbline":"Float64Array","data":"%%%"}',
    ])
      expect(() => decodeMessage(text), text).toThrow(SyntaxError);
  });
});
