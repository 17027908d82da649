/** IEEE 754 half precision to float32 and back, bit by bit: Float16Array came to JavaScript later than Node 20. */

/** The greatest finite half. */
export const MAX_HALF = 65504;

/** The float32 bits of a half. Subnormal halves are normal floats. */
export function halfToFloatBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

/** The half nearest to a float32 given by its bits, ties to even. */
export function floatBitsToHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // From 65520 on, half a step above the greatest half.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // A half's exponent is 112 less; a carry out of the fraction is one more in the exponent, as it should be.
  if (magnitude >= 0x38800000)
    return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  // Subnormal: a multiple of 2^-24.
  const exponent = magnitude >>> 23;
  if (exponent < 102) return sign;
  const significand = (magnitude & 0x7fffff) | 0x800000;
  const shift = 126 - exponent;
  const whole = significand >>> shift;
  const rest = significand & ((1 << shift) - 1);
  const tie = 1 << (shift - 1);
  return sign | (whole + (rest > tie || (rest === tie && (whole & 1) === 1) ? 1 : 0));
}

let table: Float32Array | null = null;

/** The value of every half, by its bits. */
export function halfValues(): Float32Array {
  table ??= new Float32Array(
    Uint32Array.from({ length: 1 << 16 }, (_, half) => halfToFloatBits(half)).buffer,
  );
  return table;
}
