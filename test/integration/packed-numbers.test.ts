/**
 * What packed weights compute, against an independent float64 GPT-2. Where every weight of the checkpoint is a number
 * that the precision holds exactly, packing must change nothing; elsewhere it may change no more than its rounding does.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/shared/model/spec';
import { swiftshaderEnvironment, swiftshaderUnavailable } from '../support/swiftshader';
import {
  checkpoint,
  configOf,
  distance,
  logits,
  randomTensors,
  referenceLogits,
  type Shape,
  SMALL,
  type Tensors,
} from './checkpoint';
import { buildWorkload } from './workload-process';

/** Rows of whole sixteens, and for int4 of one group and a half. */
const wide: Shape = { layers: 2, width: 96, heads: 3, vocab: 61, positions: 16 };
const shapes = [
  ['rows of 12 numbers', SMALL],
  ['rows of 96 numbers', wide],
] as const;
const ids = [3, 17, 0, 28, 5, 5, 11];

/**
 * Every matrix made of whole multiples of one power of two, from −most to most, with one multiple that is the most in
 * every group of inputs of an output channel: then the scale is that power of two, and nothing is rounded.
 */
function onGrid(tensors: Tensors, tableMost: number, layerMost: number, group: number): Tensors {
  return new Map(
    [...tensors].map(([name, { shape, values }]) => {
      if (shape.length === 1) return [name, { shape, values }];
      const isTable = /wte|wpe/.test(name);
      const most = isTable ? tableMost : layerMost;
      const step = 0.25 / (most + 1);
      const [rows, columns] = shape as [number, number];
      const grid = values.map((value, at) => {
        const input = isTable ? at % columns : Math.floor(at / columns);
        const isFirst = input % (isTable ? columns : group) === 0;
        return (
          step * (isFirst ? most : Math.max(-most, Math.min(most, Math.round(value / step / 2))))
        );
      });
      expect(grid).toHaveLength(rows * columns);
      return [name, { shape, values: grid }];
    }),
  );
}

const exact = {
  // Eleven bits in [-1, 1), which a half holds.
  fp16: (shape: Shape) => randomTensors('transformer.', shape),
  int8: (shape: Shape) =>
    onGrid(randomTensors('transformer.', shape), 127, 127, Number.MAX_SAFE_INTEGER),
  int4: (shape: Shape) => onGrid(randomTensors('transformer.', shape), 127, 7, 64),
} as const;

const ask = (
  folder: string,
  precision: string,
  backend: Backend = 'wasm',
  tokens: readonly number[] = ids,
) =>
  logits(
    '--weights',
    folder,
    '--token-ids',
    tokens.join(','),
    '--precision',
    precision,
    '--backend',
    backend,
  );

describe('logits of packed weights', () => {
  beforeAll(buildWorkload);

  describe.each(shapes)('%s', (_name, shape) => {
    it.each(['fp16', 'int8', 'int4'] as const)(
      'equal those of the checkpoint where %s holds it exactly',
      async (precision) => {
        const { folder, held } = checkpoint(exact[precision](shape), 'F32', configOf(shape));
        // A single token is multiplied in a way of its own.
        for (const tokens of [ids, ids.slice(0, 1)]) {
          const wanted = referenceLogits(held, tokens, 'transformer.', shape);
          for (const backend of ['wasm', 'cpu'] as const) {
            expect(
              distance((await ask(folder, precision, backend, tokens)).logits, wanted),
              `${backend}, ${tokens.length} tokens`,
            ).toBeLessThan(1e-4);
          }
        }
      },
    );
  });

  it('differ by rounding elsewhere, the less the more bits there are', async () => {
    const tensors = randomTensors('transformer.', wide);
    for (const { values } of tensors.values())
      values.forEach((value, i) => {
        values[i] = value / 3;
      });
    const { folder, held } = checkpoint(tensors, 'F32', configOf(wide));
    const wanted = referenceLogits(held, ids, 'transformer.', wide);
    const [fp16, int8, int4] = [
      await ask(folder, 'fp16'),
      await ask(folder, 'int8'),
      await ask(folder, 'int4'),
    ].map((answer) => distance(answer.logits, wanted));
    expect(fp16).toBeGreaterThan(0);
    expect(fp16).toBeLessThan(2 ** -9);
    expect(int8).toBeGreaterThan(fp16!);
    expect(int8).toBeLessThan(0.05);
    expect(int4).toBeGreaterThan(int8!);
    expect(int4).toBeLessThan(0.5);
  });

  it('are refused where a weight is beyond the greatest half', async () => {
    const tensors = randomTensors();
    tensors.get('transformer.h.1.mlp.c_fc.weight')!.values[5] = 70_000;
    const { folder } = checkpoint(tensors);
    await expect(ask(folder, 'fp16')).rejects.toMatchObject({
      code: 'bad_input',
      message: 'The parameter "layer1.up.weight" holds 70000, which fp16 cannot.',
    });
  });

  const noGpu = swiftshaderUnavailable();
  it.for(['fp16', 'int8', 'int4'] as const)(
    'equal those of the checkpoint on a software GPU where %s holds it exactly',
    { timeout: 180_000 },
    async (precision, { skip }) => {
      if (noGpu !== null) skip(noGpu);
      const { folder, held } = checkpoint(exact[precision](wide), 'F32', configOf(wide));
      Object.assign(process.env, swiftshaderEnvironment());
      expect(
        distance(
          (await ask(folder, precision, 'webgpu')).logits,
          referenceLogits(held, ids, 'transformer.', wide),
        ),
      ).toBeLessThan(1e-4);
    },
  );
});
