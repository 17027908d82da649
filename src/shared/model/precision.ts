/** Bytes of one stored element at each precision. */
import type { Precision } from './choices';

const BYTES: Readonly<Record<Precision, number>> = {
  fp32: 4,
  fp16: 2,
  bf16: 2,
  'mixed-fp16': 2,
  'mixed-bf16': 2,
  int8: 1,
  int4: 0.5,
  fp8: 1,
  nf4: 0.5,
  mxfp4: 0.5,
};

/** Bytes of one weight or cache element; for mixed precision those of the half-precision working copy. int4 is half a byte. */
export function bytesPerElement(precision: Precision): number {
  return BYTES[precision];
}

/** Weights alone are stored narrower, and made wide again where they multiply. */
export function isQuantized(precision: Precision): boolean {
  return bytesPerElement(precision) < 2;
}

/** fp16 or bf16 beside fp32 master weights. */
export function isMixed(precision: Precision): boolean {
  return precision === 'mixed-fp16' || precision === 'mixed-bf16';
}
