import { describe, expect, it } from 'vitest';
import { Failure } from '../../../../src/shared/base/failure';
import { compareStudent } from '../../../../src/shared/compute/distillation';
import {
  floatKvCache,
  quantizedKvCache,
  quantizedMatrix,
  quantizedModel,
} from '../../../../src/shared/compute/quantization';
import {
  dequantize,
  integerRange,
  quantize,
  quantizerFor,
  rangeQuantizer,
  roundTrip,
} from '../../../../src/shared/compute/quantize';
import { parameterCount } from '../../../../src/shared/model/parameters';
import { preset } from '../../../../src/shared/model/presets';

const GPT2 = preset('gpt2');

/** Numbers that repeat: a linear congruential generator. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('quantizing numbers', () => {
  it("maps the chapter's range onto −128 to 127", () => {
    expect(integerRange(8)).toEqual({ least: -128, greatest: 127 });
    expect(integerRange(4)).toEqual({ least: -8, greatest: 7 });
    const { scale, errorBound } = rangeQuantizer(-1, 1, 8, 'affine');
    expect(scale).toBe(2 / 255);
    expect(errorBound).toBe(1 / 255);
    expect([...quantize([-1, 0, 1], rangeQuantizer(-1, 1, 8, 'symmetric'))]).toEqual([
      -127, 0, 127,
    ]);
  });

  it('works out a small example by hand', () => {
    // [0, 10] on 16 levels: s = 2/3, z = −8; 1 → round(1.5) − 8 = −6 → 2 · 2/3.
    const quantizer = rangeQuantizer(0, 10, 4, 'affine');
    expect(quantizer).toMatchObject({ scale: 10 / 15, zeroPoint: -8 });
    expect([...quantize([0, 1, 10], quantizer)]).toEqual([-8, -6, 7]);
    expect([...dequantize([-6], quantizer)][0]).toBeCloseTo(4 / 3, 12);
  });

  it('keeps every error within half a step, for any values, width, mapping and group', () => {
    const next = random(7);
    for (let round = 0; round < 400; round++) {
      const spread = 10 ** (next() * 12 - 6);
      const offset = (next() - 0.5) * 4 * spread;
      const values = Array.from(
        { length: 1 + Math.floor(next() * 70) },
        () => offset + (next() - 0.5) * spread,
      );
      const bits = next() < 0.5 ? 8 : 4;
      const mapping = next() < 0.5 ? 'symmetric' : 'affine';
      const group = 1 + Math.floor(next() * 20);
      for (const size of [values.length, group]) {
        const result = roundTrip(values, bits, mapping, size);
        expect(result.greatestError).toBeLessThanOrEqual(result.errorBound * (1 + 1e-9));
        expect(result.rootMeanSquareError).toBeLessThanOrEqual(result.greatestError * (1 + 1e-12));
      }
      const { least, greatest } = integerRange(bits);
      for (const integer of quantize(values, quantizerFor(values, bits, mapping))) {
        expect(integer).toBeGreaterThanOrEqual(least);
        expect(integer).toBeLessThanOrEqual(greatest);
      }
    }
  });

  it('keeps zero exact, and an array of nothing but zero', () => {
    for (const mapping of ['symmetric', 'affine'] as const) {
      expect(roundTrip([0, 0, 0], 8, mapping).greatestError).toBe(0);
      const quantizer = quantizerFor([0.3, 0.9], 8, mapping);
      expect(dequantize(quantize([0], quantizer), quantizer)[0]).toBeCloseTo(0, 15);
    }
  });

  it('gains from groups where magnitudes differ', () => {
    const values = [
      ...Array.from({ length: 64 }, (_, i) => i / 6400),
      ...Array.from({ length: 64 }, (_, i) => i),
    ];
    expect(roundTrip(values, 4, 'affine', 64).rootMeanSquareError).toBeLessThanOrEqual(
      roundTrip(values, 4, 'affine').rootMeanSquareError,
    );
    expect(Math.abs((roundTrip(values, 4, 'affine', 64).values[10] ?? 0) - 10 / 6400)).toBeLessThan(
      1e-3,
    );
  });

  it('refuses what is no number, and a range of one bit', () => {
    expect(() => quantizerFor([1, Number.NaN], 8, 'affine')).toThrow(Failure);
    expect(() => integerRange(1)).toThrow(Failure);
  });
});

describe('quantized sizes', () => {
  it('count scales and zero-points by granularity', () => {
    expect(
      quantizedMatrix(768, 3072, { bits: 8, granularity: 'tensor', scaleBytes: 4 }).total,
    ).toBe(768 * 3072 + 4);
    expect(quantizedMatrix(768, 3072, { bits: 8, granularity: 'channel' }).total).toBe(
      768 * 3072 + 2 * 768,
    );
    const grouped = quantizedMatrix(768, 3072, {
      bits: 4,
      granularity: 'group',
      groupSize: 128,
      zeroPoint: true,
    });
    expect(grouped).toMatchObject({
      valueBytes: (768 * 3072) / 2,
      scaleBytes: 2 * 768 * 24,
      zeroPointBytes: (768 * 24) / 2,
    });
    // The known 4.156 bits a weight of 4-bit groups of 128 with fp16 scales and 4-bit zero-points.
    expect(grouped.bitsPerValue).toBe(4 + 16 / 128 + 4 / 128);
  });

  it('round a last, shorter group up to a scale of its own', () => {
    expect(
      quantizedMatrix(1, 130, { bits: 8, granularity: 'group', groupSize: 128 }).scaleBytes,
    ).toBe(4);
  });

  it('leave embeddings, norms and biases of a model at fp16', () => {
    const size = quantizedModel(GPT2, { bits: 8, granularity: 'channel' });
    expect(size.quantized.values).toBe(12 * 12 * 768 * 768);
    expect(size.quantized.scaleBytes).toBe(2 * 12 * (4 * 768 + 3072 + 768));
    expect(size.keptBytes).toBe(2 * (parameterCount(GPT2) - 12 * 12 * 768 * 768));
    expect(size.total).toBe(size.quantized.total + size.keptBytes);
    expect(size.versusFp32).toBeLessThan(4);
    expect(size.nominal).toBe(parameterCount(GPT2));
  });

  it("give each of a mixture's experts scales of its own", () => {
    const size = quantizedModel(preset('mixtral-8x7b'), {
      bits: 4,
      granularity: 'group',
      groupSize: 128,
    });
    expect(size.quantized.values).toBe(
      32 * (2 * 4096 * 4096 + 2 * 1024 * 4096 + 8 * 4096 + 8 * 3 * 4096 * 14_336),
    );
    expect(size.quantized.bitsPerValue).toBe(4.125);
  });

  it('quantize a KV cache a token and head at a time', () => {
    const cache = quantizedKvCache(GPT2, 1, 1024, { bits: 8, granularity: 'channel' });
    expect(cache.valueBytes).toBe(2 * 12 * 1024 * 768);
    expect(cache.scaleBytes).toBe(2 * 12 * 1024 * 12 * 2);
    expect(floatKvCache(GPT2, 1, 1024, 'fp16')).toBe(2 * cache.valueBytes);
  });
});

describe('a teacher and its student', () => {
  it('halve the work with half of the layers', () => {
    const of = compareStudent(GPT2, { ...GPT2, layers: 6 }, 128);
    expect(of.workRatio).toBe(2);
    expect(of.memoryRatio).toBeCloseTo(124_439_808 / (124_439_808 - 6 * 7_087_872), 12);
  });
});
