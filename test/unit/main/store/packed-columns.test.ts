import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter, ChunkError } from '../../../../src/main/store/bytes';
import { packColumn, unpackColumn } from '../../../../src/main/store/packed-columns';
import { randomFrom as random } from '../../../support/random-runs';

function packed(values: Float64Array): Buffer {
  const out = new ByteWriter();
  packColumn(out, values);
  return out.copy();
}

describe('a packed column', () => {
  it('gives back exactly what was packed, as a whole and in part, whatever the numbers', () => {
    const next = random(7);
    for (let round = 0; round < 3000; round++) {
      const n = 1 + Math.floor(next() * 300);
      const scale = 10 ** Math.floor(next() * 16);
      const unit = next() < 0.3 ? 2 ** Math.floor(next() * 22) : 1;
      const offset = Math.floor((next() - 0.5) * 1e15);
      const quiet = next();
      let value = offset;
      const column = Float64Array.from({ length: n }, () => {
        if (next() > quiet) value = offset + Math.floor((next() - 0.5) * scale) * unit;
        return Math.abs(value) > 2 ** 51 ? offset : value;
      });
      if (next() < 0.1) column[Math.floor(next() * n)] = next() < 0.5 ? 1e300 : 0.1;
      const bytes = new ByteReader(packed(column));
      expect(unpackColumn(bytes, n)).toEqual(column);
      bytes.end();
      const from = Math.floor(next() * n);
      const to = from + Math.floor(next() * (n + 1 - from));
      const again = new ByteReader(packed(column));
      expect(unpackColumn(again, n, from, to)).toEqual(column.slice(from, to));
      again.end();
    }
  });

  it('is whole wherever the room of what it is written to ends', () => {
    const next = random(13);
    const column = Float64Array.from({ length: 64 }, () => Math.floor(next() * 2 ** 24));
    for (let before = 3800; before < 4200; before++) {
      const out = new ByteWriter();
      for (let i = 0; i < before; i++) out.byte(i & 255);
      packColumn(out, column);
      const bytes = new ByteReader(out.copy());
      for (let i = 0; i < before; i++) bytes.byte();
      expect(unpackColumn(bytes, column.length)).toEqual(column);
    }
  });

  it('holds several columns one after the other', () => {
    const out = new ByteWriter();
    const columns = [Float64Array.of(1, 5, 9), Float64Array.of(0.5), new Float64Array(200).fill(7)];
    for (const column of columns) packColumn(out, column);
    const bytes = new ByteReader(out.copy());
    for (const column of columns) expect(unpackColumn(bytes, column.length)).toEqual(column);
    bytes.end();
  });

  it('takes a unit out: memory in pages of 2 MiB needs as many bits as there are pages', () => {
    const next = random(3);
    const pages = Float64Array.from({ length: 4096 }, () => Math.floor(next() * 16) * 2 ** 21);
    expect(packed(pages).length).toBeLessThan(4096 * 0.6);
    expect(packed(new Float64Array(4096).fill(2 ** 34)).length).toBeLessThan(200);
  });

  it('takes a bit for a value that is held: a counter renewed with each tenth reading', () => {
    const next = random(5);
    let value = 0;
    const held = Float64Array.from({ length: 4096 }, (_, i) => {
      if (i % 10 === 0) value = Math.floor(next() * 2 ** 20);
      return value;
    });
    expect(packed(held).length).toBeLessThan(4096 * (1 / 8 + 20 / 8 / 10 + 0.2));
    expect(unpackColumn(new ByteReader(packed(held)), held.length)).toEqual(held);
  });

  it('refuses bytes that end too soon or hold something else', () => {
    const whole = packed(Float64Array.from({ length: 100 }, (_, i) => (i * 7919) % 1000));
    for (let length = 0; length < whole.length - 1; length++)
      expect(() => {
        const bytes = new ByteReader(whole.subarray(0, length));
        unpackColumn(bytes, 100);
        bytes.end();
      }).toThrow(ChunkError);
    const unknown = Buffer.from(whole);
    unknown[0] = 9;
    expect(() => unpackColumn(new ByteReader(unknown), 100)).toThrow(ChunkError);
  });
});
