/**
 * Rows of numbers into packed words and back, in the layout of src/shared/model/packing.ts, over plain typed arrays.
 * Words are little-endian in memory, as is every machine tfjs runs on: the numbers of a row lie one after the other.
 */
import type { PackedLayout } from '../../shared/model/packing';
import { halfOfBits, halfValues } from './half';

export interface PackedRows { readonly words: Int32Array; readonly scales: Float32Array | null }

/** Packs every row; `read` fills its argument with one. Halves past the greatest become infinite. */
export function packRows(layout: PackedLayout, read: (row: number, into: Float32Array) => void): PackedRows {
  const words = new Int32Array(layout.rows * layout.words);
  const scales = layout.scales > 0 ? new Float32Array(layout.rows * layout.scales) : null;
  const row = new Float32Array(layout.columns);
  const bits = new Uint32Array(row.buffer);
  for (let index = 0; index < layout.rows; index++) {
    read(index, row);
    const at = index * layout.words;
    if (scales) packIntegers(layout, row, words, at, scales, index * layout.scales);
    else for (let c = 0; c < layout.columns; c++) words[at + (c >> 1)]! |= halfOfBits(bits[c]!) << ((c & 1) << 4);
  }
  return { words, scales };
}

function packIntegers({ bits, columns, group }: PackedLayout, row: Float32Array, words: Int32Array, at: number, scales: Float32Array, scaleAt: number): void {
  const greatest = 2 ** (bits - 1) - 1;
  const mask = 2 ** bits - 1;
  const perWord = 32 / bits;
  for (let start = 0, index = scaleAt; start < columns; start += group, index++) {
    const end = Math.min(start + group, columns);
    let most = 0;
    for (let c = start; c < end; c++) most = Math.max(most, Math.abs(row[c]!));
    // A group of zeros keeps any scale.
    const scale = Math.fround(most / greatest) || 1;
    scales[index] = scale;
    for (let c = start; c < end; c++) {
      const integer = Math.max(-greatest, Math.min(greatest, Math.round(row[c]! / scale)));
      words[at + Math.floor(c / perWord)]! |= (integer & mask) << (bits * (c % perWord));
    }
  }
}

export type RowReader = (row: number, into: Float32Array) => void;

/** What reads one packed row as float32. */
export function rowReader(layout: PackedLayout, words: Int32Array, scales: Float32Array | null): RowReader {
  const { columns, group, words: stride } = layout;
  const [buffer, offset] = [words.buffer, words.byteOffset];
  if (!scales) {
    const halves = new Uint16Array(buffer, offset, 2 * words.length);
    const values = halfValues();
    return (row, into) => {
      for (let c = 0, at = 2 * row * stride; c < columns; c++) into[c] = values[halves[at + c]!]!;
    };
  }
  const bytes = new Int8Array(buffer, offset, 4 * words.length);
  const integer = layout.bits === 8
    ? (at: number, c: number): number => bytes[at + c]!
    : (at: number, c: number): number => (c & 1 ? bytes[at + (c >> 1)]! >> 4 : (bytes[at + (c >> 1)]! << 28) >> 28);
  return (row, into) => {
    const at = 4 * row * stride;
    for (let start = 0, scaleAt = row * layout.scales; start < columns; start += group, scaleAt++) {
      const scale = scales[scaleAt]!;
      for (let c = start, end = Math.min(start + group, columns); c < end; c++) into[c] = scale * integer(at, c);
    }
  };
}

/** Each of `count` rows of `x` times each packed row: [count, columns] to [count, rows], in float32. */
export function multiply(layout: PackedLayout, read: RowReader, x: Float32Array, count: number, out: Float32Array): void {
  const { rows, columns } = layout;
  const row = new Float32Array(columns);
  for (let index = 0; index < rows; index++) {
    read(index, row);
    for (let n = 0; n < count; n++) out[n * rows + index] = dot(row, x, n * columns);
  }
}

/** Four sums side by side, since one would wait for itself. */
function dot(row: Float32Array, x: Float32Array, at: number): number {
  const { length } = row;
  let [a, b, c, d] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < length; i += 4) {
    a += row[i]! * x[at + i]!;
    b += row[i + 1]! * x[at + i + 1]!;
    c += row[i + 2]! * x[at + i + 2]!;
    d += row[i + 3]! * x[at + i + 3]!;
  }
  for (; i < length; i++) a += row[i]! * x[at + i]!;
  return a + b + (c + d);
}
