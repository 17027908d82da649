/** Halves against the definition of the format and against JavaScript's own, where this Node has it. */
import { describe, expect, it } from 'vitest';
import {
  floatBitsToHalf,
  halfToFloatBits,
  halfValues,
  MAX_HALF,
} from '../../../../src/workload/packed/half';
import { randomFrom } from '../../../support/random-runs';

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

function valueOfBits(word: number): number {
  bits[0] = word;
  return float[0]!;
}
function half(value: number): number {
  float[0] = value;
  return floatBitsToHalf(bits[0]!);
}
/** From the definition: (-1)^s · 2^(e−15) · 1.f, and 2^-14 · 0.f where the exponent is 0. */
function defined(pattern: number): number {
  const [sign, exponent, fraction] = [pattern >> 15, (pattern >> 10) & 31, pattern & 1023];
  const size =
    exponent === 31
      ? fraction === 0
        ? Infinity
        : Number.NaN
      : exponent === 0
        ? fraction * 2 ** -24
        : (1024 + fraction) * 2 ** (exponent - 25);
  return sign ? -size : size;
}

const all = Array.from({ length: 1 << 16 }, (_, pattern) => pattern);
const finite = all.filter((pattern) => ((pattern >> 10) & 31) !== 31);

describe('halves', () => {
  it('mean what the format defines, all 65,536 of them', () => {
    expect(
      all.filter((pattern) => !Object.is(valueOfBits(halfToFloatBits(pattern)), defined(pattern))),
    ).toEqual([]);
    expect(all.filter((pattern) => !Object.is(halfValues()[pattern]!, defined(pattern)))).toEqual(
      [],
    );
  });

  it('come back as they were', () => {
    expect(finite.filter((pattern) => half(defined(pattern)) !== pattern)).toEqual([]);
  });

  it('round to the nearer neighbour, and from the middle to the even one', () => {
    for (const pattern of finite.filter((one) => one < 0x7bff)) {
      const [low, high] = [defined(pattern), defined(pattern + 1)];
      const middle = (low + high) / 2;
      const step = (high - low) / 8;
      const even = pattern % 2 === 0 ? pattern : pattern + 1;
      const wanted = [pattern, even, pattern + 1];
      const got = [middle - step, middle, middle + step].map(half);
      if (got.join() !== wanted.join()) expect({ pattern, got }).toEqual({ pattern, got: wanted });
    }
  });

  it('are infinite from the middle above the greatest on, and zero up to half the least', () => {
    expect([MAX_HALF, 65519.99, 65520, 1e30, Infinity].map(half)).toEqual([
      0x7bff, 0x7bff, 0x7c00, 0x7c00, 0x7c00,
    ]);
    expect([2 ** -25, 2 ** -25 * (1 + 2 ** -20), -(2 ** -25), 1e-40, -0].map(half)).toEqual([
      0, 1, 0x8000, 0, 0x8000,
    ]);
    expect(Number.isNaN(defined(half(Number.NaN)))).toBe(true);
  });

  it.skipIf(!('f16round' in Math))(
    'round as Math.f16round does, for floats of all magnitudes',
    () => {
      const round = (Math as unknown as { f16round(x: number): number }).f16round;
      const random = randomFrom(7);
      for (let i = 0; i < 200_000; i++) {
        const value = Math.fround((random() - 0.5) * 2 ** (Math.floor(random() * 48) - 28));
        if (!Object.is(defined(half(value)), round(value)))
          expect([value, defined(half(value))]).toEqual([value, round(value)]);
      }
    },
  );
});
