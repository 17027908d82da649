/**
 * Rows of numbers into packed words and back, in the layout of src/shared/model/packing.ts, over plain typed arrays.
 * Words are little-endian in memory, as is every machine tfjs runs on: the numbers of a row lie one after the other.
 */
import type { PackedLayout } from '../../shared/model/packing';
import { floatBitsToHalf, halfValues } from './half';

interface PackedRows {
  readonly words: Int32Array;
  readonly scales: Float32Array | null;
}

/** Packs every row; `read` fills its argument with one. Halves past the greatest become infinite. */
export function packRows(
  layout: PackedLayout,
  read: (row: number, into: Float32Array) => void,
): PackedRows {
  const words = new Int32Array(layout.rows * layout.words);
  const row = new Float32Array(layout.columns);
  if (layout.scales === 0) {
    const halves = new Uint16Array(words.buffer);
    const bits = new Uint32Array(row.buffer);
    for (let index = 0; index < layout.rows; index++) {
      read(index, row);
      for (let c = 0, at = 2 * index * layout.words; c < layout.columns; c++)
        halves[at + c] = floatBitsToHalf(bits[c]!);
    }
    return { words, scales: null };
  }
  const scales = new Float32Array(layout.rows * layout.scales);
  const bytes = new Int8Array(words.buffer);
  for (let index = 0; index < layout.rows; index++) {
    read(index, row);
    packIntegers(layout, row, bytes, 4 * index * layout.words, scales, index * layout.scales);
  }
  return { words, scales };
}

/** One row, a scale for each of its groups. */
function packIntegers(
  { bits, columns, group }: PackedLayout,
  row: Float32Array,
  bytes: Int8Array,
  at: number,
  scales: Float32Array,
  scaleAt: number,
): void {
  const greatest = 2 ** (bits - 1) - 1;
  for (let start = 0, index = scaleAt; start < columns; start += group, index++) {
    const end = Math.min(start + group, columns);
    let most = 0;
    for (let c = start; c < end; c++) most = Math.max(most, Math.abs(row[c]!));
    // A group of zeros keeps any scale.
    const scale = Math.fround(most / greatest) || 1;
    scales[index] = scale;
    for (let c = start; c < end; c++) {
      const integer = Math.max(-greatest, Math.min(greatest, Math.round(row[c]! / scale)));
      if (bits === 8) bytes[at + c] = integer;
      else bytes[at + (c >> 1)]! |= (integer & 15) << ((c & 1) << 2);
    }
  }
}

export type RowReader = (row: number, into: Float32Array) => void;

/** What reads one packed row as float32. */
export function rowReader(
  layout: PackedLayout,
  words: Int32Array,
  scales: Float32Array | null,
): RowReader {
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
  return (row, into) => {
    const at = 4 * row * stride;
    for (let start = 0, scaleAt = row * layout.scales; start < columns; start += group, scaleAt++) {
      const scale = scales[scaleAt]!;
      const end = Math.min(start + group, columns);
      if (layout.bits === 8) for (let c = start; c < end; c++) into[c] = scale * bytes[at + c]!;
      else
        for (let c = start; c < end; c++)
          into[c] = scale * ((bytes[at + (c >> 1)]! << (c & 1 ? 24 : 28)) >> 28);
    }
  };
}

/** Each of `count` rows of `x` times each packed row: [count, columns] to [count, rows], in float32. */
export function multiplyRows(
  layout: PackedLayout,
  read: RowReader,
  x: Float32Array,
  count: number,
  out: Float32Array,
): void {
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
