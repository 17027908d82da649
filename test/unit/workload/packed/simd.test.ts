/** Every packed number there is, read by the WebAssembly of the packed kernels: what the format says it is, alone and in a product. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import loadWabt from 'wabt';
import { halfValues } from '../../../../src/workload/packed/half';
import { repository } from '../../../support/repository';

type Unpack = (from: number, to: number, columns: number, group: number, scales: number) => void;
type Dots = (
  from: number,
  x: number,
  columns: number,
  rows: number,
  group: number,
  scales: number,
  out: number,
) => void;
interface Kernels {
  readonly unpack16: Unpack;
  readonly unpack8: Unpack;
  readonly unpack4: Unpack;
  readonly dots16: Dots;
  readonly dots8: Dots;
  readonly dots4: Dots;
}

const memory = new WebAssembly.Memory({ initial: 64 });
const [FROM, SCALES, X, TO] = [1 << 16, 1 << 19, 1 << 20, 1 << 21];
let kernels: Kernels;

beforeAll(async () => {
  const text = readFileSync(join(repository, 'src/workload/packed/simd.wat'), 'utf8');
  const { buffer } = (await loadWabt()).parseWat('simd.wat', text, { simd: true }).toBinary({});
  kernels = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(buffer)), {
    tfjs: { memory },
  }).exports as unknown as Kernels;
});

/** Puts packed bytes and their scales in memory and reads `columns` numbers of them. */
function unpacked(
  unpack: Unpack,
  bytes: Uint8Array,
  columns: number,
  group: number,
  scales: readonly number[],
): number[] {
  new Uint8Array(memory.buffer, FROM, bytes.length).set(bytes);
  new Float32Array(memory.buffer, SCALES, scales.length).set(scales);
  unpack(FROM, TO, columns, group, SCALES);
  return [...new Float32Array(memory.buffer, TO, columns)];
}

/** The same numbers by products with the rows of a unit matrix: whole sixteens of columns. */
function picked(dots: Dots, columns: number, group: number): number[] {
  const x = new Float32Array(memory.buffer, X, columns);
  const out = new Float32Array(memory.buffer, TO, 1);
  return Array.from({ length: columns }, (_, at) => {
    x.fill(0);
    x[at] = 1;
    dots(FROM, X, columns, 1, group, SCALES, TO);
    return out[0]!;
  });
}

describe('packed numbers', () => {
  it('are read as every finite half there is', () => {
    const values = halfValues();
    const finite = Array.from({ length: 1 << 16 }, (_, pattern) => pattern).filter(
      (pattern) => ((pattern >> 10) & 31) !== 31,
    );
    const got = unpacked(
      kernels.unpack16,
      new Uint8Array(Uint16Array.from(finite).buffer),
      finite.length,
      finite.length,
      [],
    );
    expect(finite.filter((pattern, i) => !Object.is(got[i], values[pattern]))).toEqual([]);
  });

  it('are picked by a product from every kind of half', () => {
    const halves = [
      0x0000, 0x8001, 0x0001, 0x03ff, 0x83ff, 0x0400, 0x3c00, 0xbc00, 0x7bff, 0xfbff, 0x3555,
      0x2e66, 0x1234, 0x9234, 0x5640, 0x0200,
    ];
    unpacked(kernels.unpack16, new Uint8Array(Uint16Array.from(halves).buffer), 16, 16, []);
    expect(picked(kernels.dots16, 16, 16)).toEqual(halves.map((pattern) => halfValues()[pattern]));
  });

  it('are read as every int8 and int4 there is, times the scale of their group', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const int8 = [...new Int8Array(bytes.buffer)];
    expect(unpacked(kernels.unpack8, bytes, 256, 256, [0.5])).toEqual(int8.map((n) => n / 2));
    expect(picked(kernels.dots8, 256, 256).map((n) => n + 0)).toEqual(int8.map((n) => n / 2));
    const int4 = [...bytes]
      .flatMap((byte) => [byte & 15, byte >> 4])
      .map((nibble) => (nibble > 7 ? nibble - 16 : nibble));
    const scales = Array.from({ length: 8 }, (_, group) => 2 ** -group);
    const scaled = int4.map((n, at) => n * scales[Math.floor(at / 64)]! + 0);
    expect(unpacked(kernels.unpack4, bytes, 512, 64, scales).map((n) => n + 0)).toEqual(scaled);
    expect(picked(kernels.dots4, 512, 64).map((n) => n + 0)).toEqual(scaled);
  });

  it('of a row whose last group is shorter are summed group by group, row after row', () => {
    const [columns, group] = [96, 64];
    const first = unpacked(
      kernels.unpack4,
      Uint8Array.from({ length: columns }, (_, i) => (i * 37) & 255),
      columns,
      group,
      [0.25, 2, 4, 0.125],
    );
    kernels.unpack4(FROM + columns / 2, TO, columns, group, SCALES + 8);
    const rows = [first, [...new Float32Array(memory.buffer, TO, columns)]];
    const x = Float32Array.from({ length: columns }, (_, i) => (i % 7) - 3);
    new Float32Array(memory.buffer, X, columns).set(x);
    kernels.dots4(FROM, X, columns, 2, group, SCALES, TO);
    const sums = rows.map((row) => x.reduce((sum, one, i) => sum + one * row[i]!, 0));
    expect([...new Float32Array(memory.buffer, TO, 2)]).toEqual(sums);
  });
});
