/** The bundled encoder against an independent BERT: plain loops in float64 from the paper's own equations, sequence by sequence. */

import { join } from 'node:path';
import { repository } from '../../../support/repository';
import '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { disposeVariables, setBackend } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { ModelSpec } from '../../../../src/shared/model/spec';
import { LiveTensorBytes } from '../../../../src/workload/measure/live-tensor-bytes';
import type { Reporter } from '../../../../src/workload/measure/reporter';
import { encode, encoderBatch } from '../../../../src/workload/model/encoder';
import { Random } from '../../../../src/workload/model/random';
import { createWeights, type Initial } from '../../../../src/workload/model/weights';
import { tinyModel, tinyRun } from '../../../integration/workload-process';
import { exactGelu, referenceStates } from '../../../support/reference-encoder';

const bert = tinyModel({
  architecture: 'encoder',
  postNorm: true,
  tokenTypes: 2,
  pooler: true,
  hidden: 12,
  heads: 3,
  layers: 3,
});

/** Values of a fixed sequence, large enough for softmax and GELU to be far from linear, and the same in float64. */
function parameters(): { initial: Initial; held: Map<string, Float64Array> } {
  const random = new Random(7);
  const held = new Map<string, Float64Array>();
  const initial: Initial = (name, shape) => {
    const values = random
      .uniform(
        shape.reduce((a, b) => a * b, 1),
        0.4,
      )
      .map((value) => value + (name.endsWith('.gain') ? 1 : 0));
    held.set(name, Float64Array.from(values));
    return values;
  };
  return { initial, held };
}

function reference(
  { hidden, heads, layers }: ModelSpec,
  held: ReadonlyMap<string, Float64Array>,
  ids: readonly number[],
): { states: number[][]; pooled: number[] | null } {
  const get = (name: string): Float64Array => held.get(name)!;
  const dense = (x: readonly number[], name: string): number[] =>
    Array.from(get(`${name}.bias`), (b, column) =>
      x.reduce(
        (sum, value, i) =>
          sum + value * get(`${name}.weight`)[i * get(`${name}.bias`).length + column]!,
        b,
      ),
    );
  const states = referenceStates(
    {
      layers,
      heads,
      dense,
      activate: exactGelu,
      row: (table, index) =>
        held.has(table) ? [...get(table).subarray(index * hidden, (index + 1) * hidden)] : null,
      norm: (name) => [get(`${name}.gain`), get(`${name}.bias`)],
    },
    ids,
  );
  return {
    states,
    pooled: held.has('pooler.bias') ? dense(states[0]!, 'pooler').map(Math.tanh) : null,
  };
}

async function start(backend: string): Promise<void> {
  if (backend === 'wasm')
    setWasmPaths(`${join(repository, 'node_modules/@tensorflow/tfjs-backend-wasm/dist')}/`);
  expect(await setBackend(backend)).toBe(true);
}
const distance = (a: ArrayLike<number>, b: readonly number[]): number =>
  Math.max(...b.map((value, i) => Math.abs(a[i]! - value)));

describe('the bundled encoder', () => {
  it.each([
    ['cpu', 'BERT', bert],
    ['wasm', 'BERT', bert],
    ['cpu', 'DistilBERT: no segments, no pooler', { ...bert, tokenTypes: 0, pooler: false }],
  ] as const)(
    'on %s equals a float64 reference for every sequence of a padded batch: %s',
    async (backend, _name, model) => {
      await start(backend);
      const { initial, held } = parameters();
      const weights = createWeights(model, initial, 'fp32');
      const sequences = [[3, 17, 0, 28, 5], [9], [30, 2, 2]];
      const run = tinyRun({
        mode: 'infer',
        batch: 3,
        seq: 5,
        lengths: sequences.map(({ length }) => length),
      });
      // Ids of pads are never looked at, so they may be anything.
      const ids = Int32Array.from(
        sequences.flatMap((sequence) => [...sequence, ...[11, 4, 8, 1, 6].slice(sequence.length)]),
      );
      const reporter = { liveBytes: new LiveTensorBytes() } as Reporter;
      const { states, pooled } = encode(
        model,
        weights,
        encoderBatch({ model, run, reporter, sequences: 3 }, ids),
      );
      const [seen, first] = [await states.data(), pooled && (await pooled.data())];
      disposeVariables();
      sequences.forEach((sequence, index) => {
        const expected = reference(model, held, sequence);
        const at = index * 5 * model.hidden;
        expect(
          distance(seen.subarray(at, at + sequence.length * model.hidden), expected.states.flat()),
        ).toBeLessThan(1e-4);
        if (expected.pooled)
          expect(
            distance(
              first!.subarray(index * model.hidden, (index + 1) * model.hidden),
              expected.pooled,
            ),
          ).toBeLessThan(1e-4);
        else expect(first).toBeNull();
      });
    },
  );
});
