/**
 * The gradients of the bundled workload, every parameter's: against finite differences of an independent GPT-2 in
 * float64, and against each other however they are come by. They are read where anyone can read them: one step of SGD
 * takes a tenth of the gradient from the weights, and both are checkpoints.
 */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunSpec } from '../../src/shared/model/spec';
import { trainingWindows } from '../../src/workload/model/data';
import { Random } from '../../src/workload/model/random';
import { temporaryHome } from '../support/cli';
import {
  checkpoint,
  configOf,
  randomTensors,
  readCheckpoint,
  referenceLoss,
  type Shape,
  type Tensors,
} from './checkpoint';
import { buildWorkload, runWorkload, tinyModel, tinyRun } from './workload-process';

const shape: Shape = { layers: 3, width: 12, heads: 3, vocab: 29, positions: 10 };
const model = tinyModel({
  layers: shape.layers,
  hidden: shape.width,
  heads: shape.heads,
  ffn: 4 * shape.width,
  vocab: shape.vocab,
  maxPositions: shape.positions,
});
const SEQ = 7;
const SEQUENCES = 4;
const RATE = 0.1;
/** Weights below 2 are kept to 2⁻²⁴, and a tenth of the gradient is all that is seen of it. */
const ROUNDING = 2 ** -24 / RATE;

const { folder, held } = checkpoint(randomTensors('transformer.', shape), 'F32', configOf(shape));
const home = temporaryHome();
let taken = 0;

async function gradients(given: Partial<RunSpec>): Promise<Tensors> {
  const saved = join(home.dir, `weights-${taken++}`);
  const run = tinyRun({
    mode: 'train',
    optimizer: 'sgd',
    batch: SEQUENCES,
    seq: SEQ,
    steps: 1,
    seed: 4,
    ...given,
  });
  const { code, stderr } = await runWorkload(model, run, {}, true, folder, saved);
  expect(code, stderr).toBe(0);
  const after = readCheckpoint(saved);
  expect([...after.keys()].sort()).toEqual([...held.keys()].sort());
  return new Map(
    [...held].map(([name, { shape: lengths, values }]) => [
      name,
      {
        shape: lengths,
        values: values.map((value, at) => (value - after.get(name)!.values[at]!) / RATE),
      },
    ]),
  );
}

/** The first entry that is off by more than rounding explains, in words; null where all agree. */
function disagreement(found: Tensors, wanted: Tensors): string | null {
  for (const [name, { values }] of wanted) {
    const most = Math.max(...values.map(Math.abs));
    for (const [at, value] of values.entries()) {
      const other = found.get(name)!.values[at]!;
      if (!(Math.abs(other - value) <= 2 * ROUNDING + 1e-5 * most))
        return `${name}[${at}]: ${other}, not ${value} (of at most ${most})`;
    }
  }
  return null;
}

describe('gradients of the bundled workload', () => {
  let plain: Tensors;
  beforeAll(async () => {
    await buildWorkload();
    plain = await gradients({});
    return () => {
      home.dispose();
    };
  });

  it('equal finite differences of an independent forward pass in float64, for entries of every parameter', () => {
    const { ids, last } = trainingWindows(tinyRun({ seq: SEQ }), model, SEQUENCES, new Random(4))();
    const targets = [...ids].map((_, at) =>
      (at + 1) % SEQ === 0 ? last[Math.floor(at / SEQ)]! : ids[at + 1]!,
    );
    const loss = (): number => referenceLoss(held, [...ids], targets, SEQ, shape);
    const h = 1e-4;
    let checked = 0;
    for (const [name, { values }] of held) {
      const most = Math.max(...plain.get(name)!.values.map(Math.abs));
      expect(most, name).toBeGreaterThan(1e-4);
      // An odd stride comes to all columns and rows, of a joint projection to queries, keys and values.
      for (
        let at = 0;
        at < values.length;
        at += Math.max(1, Math.floor(values.length / 5)) + (values.length > 50 ? 1 : 0)
      ) {
        const value = values[at]!;
        values[at] = value + h;
        const above = loss();
        values[at] = value - h;
        const slope = (above - loss()) / (2 * h);
        values[at] = value;
        expect(
          Math.abs(plain.get(name)!.values[at]! - slope),
          `${name}[${at}] of ${slope}, at most ${most}`,
        ).toBeLessThan(2 * ROUNDING + 1e-4 * most);
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(4 * held.size);
  });

  it.each<[string, Partial<RunSpec>]>([
    ['on cpu', { backend: 'cpu' }],
    ['with every layer recomputed', { checkpointing: 'full' }],
    ['with every layer recomputed, on cpu', { checkpointing: 'full', backend: 'cpu' }],
    ['with two of three layers recomputed together', { checkpointing: 'every=2' }],
    ['with all layers recomputed at once', { checkpointing: 'every=3' }],
    ['in two micro-batches', { batch: 2, gradAccum: 2 }],
    ['in four micro-batches, on cpu', { batch: 1, gradAccum: 4, backend: 'cpu' }],
    [
      'in four micro-batches with layers recomputed',
      { batch: 1, gradAccum: 4, checkpointing: 'every=2' },
    ],
    [
      'in two micro-batches with every layer recomputed, on cpu',
      { batch: 2, gradAccum: 2, checkpointing: 'full', backend: 'cpu' },
    ],
  ])('are the same for every parameter %s', async (_how, given) => {
    expect(disagreement(await gradients(given), plain)).toBeNull();
  });

  it('are others for other tokens', async () => {
    expect(disagreement(await gradients({ seed: 5 }), plain)).not.toBeNull();
  });
});
