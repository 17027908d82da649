/**
 * Quantizing numbers: real w to integer q and back, w ≈ s·(q − z). Symmetric maps [−w_max, w_max] with z = 0 onto
 * [−(2^(b−1) − 1), 2^(b−1) − 1]; affine maps [min, max], widened to hold 0, onto the whole range [−2^(b−1), 2^(b−1) − 1].
 *
 * Error bound, both: |w − s·(q − z)| ≤ s/2 for every w the scale was made from. Rounding loses at most half a step; the
 * rounded zero-point can push the ends out of the range by at most half a step, and clamping takes no more than that.
 */

import { requireWhole } from '../base/big-count';
import { Failure } from '../base/failure';

interface Quantizer {
  readonly scale: number;
  readonly zeroPoint: number;
  readonly least: number;
  readonly greatest: number;
  /** Greatest error of any value within the range it was made for: s/2. */
  readonly errorBound: number;
}

/** Integers of b bits, two's complement. */
export function integerRange(bits: number): { readonly least: number; readonly greatest: number } {
  requireWhole('bits', bits, 2);
  return { least: -(2 ** (bits - 1)), greatest: 2 ** (bits - 1) - 1 };
}

/** The quantizer of the range that `values` span, 0 included; `bad_input` where one of them is not finite. */
export function quantizerFor(
  values: ArrayLike<number>,
  bits: number,
  mapping: 'symmetric' | 'affine',
): Quantizer {
  let low = 0;
  let high = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (!Number.isFinite(value))
      throw new Failure(
        'bad_input',
        `Value ${i} is ${value}, which has no place in an integer range.`,
        'Quantize finite numbers.',
      );
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return rangeQuantizer(low, high, bits, mapping);
}

/** The quantizer of the range [low, high], which holds 0. */
export function rangeQuantizer(
  low: number,
  high: number,
  bits: number,
  mapping: 'symmetric' | 'affine',
): Quantizer {
  const { least, greatest } = integerRange(bits);
  if (mapping === 'symmetric') {
    const scale = positive(Math.max(-low, high) / greatest);
    return { scale, zeroPoint: 0, least: -greatest, greatest, errorBound: scale / 2 };
  }
  const scale = positive((high - low) / (greatest - least));
  return {
    scale,
    zeroPoint: Math.round(least - low / scale),
    least,
    greatest,
    errorBound: scale / 2,
  };
}

/** A range of nothing but zero keeps any scale; 1 keeps zero exact. */
function positive(scale: number): number {
  return scale > 0 ? scale : 1;
}

/** q = clamp(round(w/s) + z). */
export function quantize(
  values: ArrayLike<number>,
  { scale, zeroPoint, least, greatest }: Quantizer,
): Int32Array {
  return Int32Array.from(values, (value) =>
    Math.min(greatest, Math.max(least, Math.round(value / scale) + zeroPoint)),
  );
}

/** w = s·(q − z). */
export function dequantize(
  integers: ArrayLike<number>,
  { scale, zeroPoint }: Quantizer,
): Float64Array {
  return Float64Array.from(integers, (integer) => scale * (integer - zeroPoint));
}

interface GroupedResult {
  readonly values: Float64Array;
  readonly greatestError: number;
  readonly rootMeanSquareError: number;
  /** Greatest s/2 of any group. */
  readonly errorBound: number;
}

/** Quantizes and restores in groups of `groupSize`, each with a scale of its own; the last may be shorter. */
export function roundTrip(
  values: ArrayLike<number>,
  bits: number,
  mapping: 'symmetric' | 'affine',
  groupSize = values.length,
): GroupedResult {
  requireWhole('groupSize', Math.max(1, groupSize));
  const restored = new Float64Array(values.length);
  let errorBound = 0;
  let greatestError = 0;
  let squares = 0;
  for (let start = 0; start < values.length; start += groupSize) {
    const group = Array.from(
      { length: Math.min(groupSize, values.length - start) },
      (_, i) => values[start + i] ?? 0,
    );
    const quantizer = quantizerFor(group, bits, mapping);
    errorBound = Math.max(errorBound, quantizer.errorBound);
    dequantize(quantize(group, quantizer), quantizer).forEach((value, i) => {
      const error = Math.abs(value - (group[i] ?? 0));
      restored[start + i] = value;
      greatestError = Math.max(greatestError, error);
      squares += error * error;
    });
  }
  return {
    values: restored,
    greatestError,
    rootMeanSquareError: Math.sqrt(squares / Math.max(1, values.length)),
    errorBound,
  };
}
