/** The reader of safetensors files against files written byte by byte here. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Failure } from '../../../../src/shared/base/failure';
import { Safetensors } from '../../../../src/workload/checkpoint/safetensors';
import { Random } from '../../../../src/workload/model/random';

const folder = mkdtempSync(join(tmpdir(), 'plumbline-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(header: unknown, data: Uint8Array, declared?: number): string {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(declared ?? text.length));
  const path = join(folder, `${Math.random().toString(36).slice(2)}.safetensors`);
  writeFileSync(path, Buffer.concat([length, text, data]));
  return path;
}
const words = (...values: number[]): Uint8Array => new Uint8Array(Uint16Array.from(values).buffer);
const codeOf = (f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
  return 'no failure';
};

describe('a safetensors file', () => {
  it('yields each tensor by name, as it was written', () => {
    const data = new Uint8Array(Float32Array.of(1, -2, 3.5, 0, 1e-30, 7).buffer);
    const path = written(
      {
        __metadata__: { format: 'pt' },
        b: { dtype: 'F32', shape: [2], data_offsets: [16, 24] },
        a: { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
      },
      data,
    );
    const file = Safetensors.open(path);
    expect(file.names()).toEqual(['b', 'a']);
    expect([...file.read('a', [2, 2])]).toEqual([1, -2, 3.5, 0]);
    expect([...file.read('b', [2])]).toEqual([Math.fround(1e-30), 7]);
    file.close();
  });

  it('widens halves of every kind exactly', () => {
    // Bit patterns of the standard: one, −2, the largest, the smallest normal and subnormal, both zeros, infinity, a third.
    const path = written(
      { x: { dtype: 'F16', shape: [9], data_offsets: [0, 18] } },
      words(0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x0000, 0x8000, 0x7c00, 0x3555),
    );
    const file = Safetensors.open(path);
    expect([...file.read('x', [9])]).toEqual([
      1,
      -2,
      65504,
      2 ** -14,
      2 ** -24,
      0,
      -0,
      Infinity,
      0.333251953125,
    ]);
    file.close();
  });

  it('widens every subnormal half to its value', () => {
    const path = written(
      { x: { dtype: 'F16', shape: [1023], data_offsets: [0, 2046] } },
      words(...Array.from({ length: 1023 }, (_, index) => index + 1)),
    );
    const file = Safetensors.open(path);
    expect([...file.read('x', [1023])]).toEqual(
      Array.from({ length: 1023 }, (_, index) => (index + 1) * 2 ** -24),
    );
    file.close();
  });

  it('widens bfloat16 exactly', () => {
    const file = Safetensors.open(
      written(
        { x: { dtype: 'BF16', shape: [4], data_offsets: [0, 8] } },
        words(0x3f80, 0xc040, 0x7f80, 0x0001),
      ),
    );
    expect([...file.read('x', [4])]).toEqual([1, -3, Infinity, 2 ** -133]);
    file.close();
  });

  it('refuses another shape, another type and a missing tensor', () => {
    const file = Safetensors.open(
      written(
        {
          x: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
          y: { dtype: 'I64', shape: [1], data_offsets: [8, 16] },
        },
        new Uint8Array(16),
      ),
    );
    expect(() => file.read('x', [1, 2])).toThrow(/is \[2\] and should be \[1, 2\]/);
    expect(() => file.read('y', [1])).toThrow(/type I64/);
    expect(() => file.read('z', [1])).toThrow(/lack the tensor "z"/);
    file.close();
  });

  it.each([
    [
      'shorter than its first eight bytes',
      () => {
        const path = join(folder, 'short');
        writeFileSync(path, 'abc');
        return path;
      },
    ],
    ['whose header is longer than the file', () => written({}, new Uint8Array(0), 2 ** 40)],
    ['whose header is no JSON', () => written('{"x":', new Uint8Array(0))],
    ['whose header is a list', () => written([], new Uint8Array(0))],
    [
      'with a tensor past its end',
      () => written({ x: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, new Uint8Array(4)),
    ],
    [
      'with fewer bytes than a shape needs',
      () => written({ x: { dtype: 'F32', shape: [3], data_offsets: [0, 8] } }, new Uint8Array(8)),
    ],
    [
      'with offsets that run back',
      () => written({ x: { dtype: 'F32', shape: [0], data_offsets: [8, 0] } }, new Uint8Array(8)),
    ],
    [
      'with a negative length',
      () =>
        written({ x: { dtype: 'F32', shape: [-2, -1], data_offsets: [0, 8] } }, new Uint8Array(8)),
    ],
    [
      'with two tensors that share bytes',
      () =>
        written(
          {
            x: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
            y: { dtype: 'F32', shape: [2], data_offsets: [4, 12] },
          },
          new Uint8Array(12),
        ),
    ],
    [
      'with bytes between its tensors',
      () =>
        written(
          {
            x: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
            y: { dtype: 'F32', shape: [1], data_offsets: [8, 12] },
          },
          new Uint8Array(12),
        ),
    ],
    [
      'with bytes after its tensors',
      () => written({ x: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, new Uint8Array(12)),
    ],
    [
      'with one name twice',
      () =>
        written(
          '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0078":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
          new Uint8Array(4),
        ),
    ],
    [
      'with a size past all numbers',
      () =>
        written('{"x":{"dtype":"F32","shape":[1e999],"data_offsets":[0,8]}}', new Uint8Array(8)),
    ],
    [
      'with sizes whose product is past all integers',
      () =>
        written(
          { x: { dtype: 'F32', shape: [2 ** 52, 2 ** 52], data_offsets: [0, 8] } },
          new Uint8Array(8),
        ),
    ],
    [
      'with half a byte',
      () =>
        written({ x: { dtype: 'F32', shape: [1], data_offsets: [0.5, 4.5] } }, new Uint8Array(8)),
    ],
    [
      'with an offset of text',
      () =>
        written({ x: { dtype: 'F32', shape: [1], data_offsets: ['0', '4'] } }, new Uint8Array(4)),
    ],
    ['with a header of 2^63 bytes', () => written({}, new Uint8Array(0), 2 ** 63)],
    ['with an entry that is nothing', () => written({ x: null }, new Uint8Array(8))],
  ])('is refused as corrupt when it is one %s', (_what, make) => {
    expect(codeOf(() => Safetensors.open(make()))).toBe('corrupt');
  });

  it('is bad input when it does not exist', () => {
    expect(codeOf(() => Safetensors.open(join(folder, 'nowhere')))).toBe('bad_input');
  });

  it('holds no more than its header and one tensor in memory, whatever lengths it claims', () => {
    const before = process.memoryUsage().arrayBuffers;
    for (const claim of [2 ** 31, 2 ** 40, 2 ** 62]) {
      expect(
        codeOf(() =>
          Safetensors.open(
            written(
              { x: { dtype: 'F32', shape: [claim / 4], data_offsets: [0, claim] } },
              new Uint8Array(64),
            ),
          ),
        ),
      ).toBe('corrupt');
      expect(codeOf(() => Safetensors.open(written({}, new Uint8Array(64), claim)))).toBe(
        'corrupt',
      );
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
  });

  it('whatever bytes are changed, cut or added, is read in full or refused in one sentence', () => {
    const random = new Random(17);
    const names = ['a', 'b', 'c'];
    const header = Object.fromEntries(
      names.map((name, index) => [
        name,
        {
          dtype: ['F32', 'F16', 'BF16'][index],
          shape: [4],
          data_offsets: [
            [0, 16],
            [16, 24],
            [24, 32],
          ][index],
        },
      ]),
    );
    const whole = readFileSync(written(header, new Uint8Array(32)));
    const outcomes = { read: 0, refused: 0 };
    for (let round = 0; round < 1500; round++) {
      let bytes = Buffer.from(whole);
      for (let change = random.integer(4); change >= 0; change--)
        bytes[random.integer(bytes.length)] = random.integer(256);
      const kind = random.integer(4);
      if (kind === 0) bytes = bytes.subarray(0, random.integer(bytes.length));
      if (kind === 1) bytes = Buffer.concat([bytes, Buffer.alloc(1 + random.integer(9))]);
      const path = join(folder, 'changed.safetensors');
      writeFileSync(path, bytes);
      try {
        const file = Safetensors.open(path);
        try {
          for (const name of names) expect(file.read(name, [4])).toHaveLength(4);
          outcomes.read++;
        } finally {
          file.close();
        }
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        expect(['corrupt', 'bad_input']).toContain(error.code);
        expect(error.message).not.toContain('\n');
        expect(error.message.length).toBeLessThan(400);
        outcomes.refused++;
      }
    }
    expect(outcomes.refused).toBeGreaterThan(800);
    expect(outcomes.read).toBeGreaterThan(20);
  });
});
