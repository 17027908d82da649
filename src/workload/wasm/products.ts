/**
 * Products with one row or one column for the wasm backend: what decoding does, token after token. tfjs multiplies in tiles
 * of which these fill an eighth; here every number of the matrix is read once, in the order it lies in, and used at once.
 */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { WasmBackend } from '../tfjs/internals';
import { findOffset, overMemory } from './memory';
import binary from './products.wat';

type ProductKernels = {
  /** One row times each of `count` rows of x; results `stride` bytes apart. */
  dots(row: number, x: number, columns: number, count: number, out: number, stride: number): void;
  /** x [rows] times w [rows, columns]. */
  rowProduct(x: number, w: number, rows: number, columns: number, out: number): void;
};

/** `dots` takes rows of whole sixteens of numbers, `rowProduct` columns of whole fours. */
export const DOT_LANES = 16;
const PRODUCT_LANES = 4;
const FLOAT = 4;
export const productKernels = overMemory<ProductKernels>(binary, ['dots', 'rowProduct']);

/** a [.., rows, inner] times b [.., inner, columns], or b turned, [.., columns, inner]; null where neither rows nor columns are one. */
export function vectorProduct(
  backend: WasmBackend,
  a: TensorInfo,
  b: TensorInfo,
  turned: boolean,
): TensorInfo | null {
  const lead = a.shape.slice(0, -2);
  const [rows, inner] = a.shape.slice(-2) as [number, number];
  const [columns = 0] = turned ? b.shape.slice(-2) : b.shape.slice(-1);
  if (
    !util.arraysEqual(lead, b.shape.slice(0, -2)) ||
    a.dtype !== 'float32' ||
    b.dtype !== 'float32' ||
    util.sizeFromShape(b.shape) === 0
  )
    return null;
  const multiply = chooseProduct(productKernels(backend), rows, inner, columns, turned);
  if (!multiply) return null;
  const out = backend.makeOutput([...lead, rows, columns], 'float32');
  const [x, w, to] = [findOffset(backend, a), findOffset(backend, b), findOffset(backend, out)];
  for (let index = 0; index < util.sizeFromShape(lead); index++) {
    multiply(
      x + FLOAT * index * rows * inner,
      w + FLOAT * index * inner * columns,
      to + FLOAT * index * rows * columns,
    );
  }
  return out;
}

/** The kernel that fits, for one pair of matrices at byte offsets. */
function chooseProduct(
  { dots, rowProduct }: ProductKernels,
  rows: number,
  inner: number,
  columns: number,
  turned: boolean,
): ((a: number, b: number, out: number) => void) | null {
  if (inner % DOT_LANES === 0 && (turned ? rows : columns) === 1) {
    return turned
      ? (a, b, out) => dots(a, b, inner, columns, out, FLOAT)
      : (a, b, out) => dots(b, a, inner, rows, out, FLOAT);
  }
  return !turned && rows === 1 && columns % PRODUCT_LANES === 0
    ? (a, b, out) => rowProduct(a, b, inner, columns, out)
    : null;
}
