/** The curve within a phase says at its points what the budget says of the phase: its highest moment and its digest. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RunningDigest } from '../../../../src/shared/base/running-digest';
import { type PhaseCurve, predictCurve } from '../../../../src/shared/budget/curve';
import { cublasWorkspace } from '../../../../src/shared/budget/pytorch/device';
import { tfjsBudget } from '../../../../src/shared/budget/tfjs';
import { modelFromConfig } from '../../../../src/shared/model/config-file';
import { preset } from '../../../../src/shared/model/presets';
import { runDefaults } from '../../../../src/shared/model/run';
import type { RunSpec } from '../../../../src/shared/model/spec';

const STAIRS: readonly {
  readonly id: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly run: object;
  readonly forward: readonly number[];
  readonly backward: readonly number[];
}[] = JSON.parse(readFileSync(new URL('../../../fixtures/stairs.json', import.meta.url), 'utf8'));

/** What is allocated where each block begins, in the order they run in. */
function beginnings(curve: PhaseCurve | undefined): number[] {
  if (curve === undefined) return [];
  const { allocated, block } = curve;
  return [...allocated].filter(
    (_, index) => block[index]! >= 0 && block[index] !== block[index - 1],
  );
}

const tiny = {
  ...preset('gpt2'),
  layers: 4,
  hidden: 64,
  headDim: 16,
  heads: 4,
  ffn: 256,
  vocab: 500,
};
const bundled = (run: Partial<RunSpec>) =>
  runDefaults(tiny, { framework: 'tfjs', backend: 'cpu', batch: 2, seq: 16, steps: 3, ...run });

describe('the bundled workload', () => {
  for (const run of [
    bundled({ mode: 'train' }),
    bundled({ mode: 'train', checkpointing: 'every=2' }),
    bundled({ mode: 'infer' }),
  ])
    it(`${run.mode}, ${run.checkpointing}: every operation is a point, of the block that made it`, () => {
      const curves = predictCurve(tiny, run) ?? [];
      const { timeline } = tfjsBudget(tiny, run);
      expect(curves.map(({ phase, step }) => [phase, step])).toEqual(
        timeline.map(({ phase, step }) => [phase, step]),
      );
      timeline.forEach((row, index) => {
        const { allocated, block } = curves[index]!;
        const digest = new RunningDigest();
        for (const bytes of allocated) digest.add(bytes);
        expect(digest.take()).toEqual(row.operations);
        expect(block).toHaveLength(allocated.length);
        if (row.phase === 'forward' || row.phase === 'backward') {
          const order = [...new Set([...block].filter((one) => one >= 0))];
          const forward = [0, 1, 2, 3];
          const recomputed = [2, 3, 0, 1];
          const backward = run.checkpointing === 'none' ? forward.toReversed() : recomputed;
          expect(order).toEqual(row.phase === 'forward' ? forward : backward);
        } else expect(new Set(block)).toEqual(new Set([-1]));
      });
    });

  it('has none for decoding, which grows with every token', () => {
    const run = bundled({ mode: 'generate', promptTokens: 8, tokens: 4 });
    expect(predictCurve(tiny, run)?.map(({ phase }) => phase)).toEqual(['load', 'prefill']);
  });
});

describe('PyTorch', () => {
  const run = runDefaults(tiny, {
    framework: 'pytorch',
    mode: 'train',
    batch: 2,
    seq: 64,
    steps: 3,
  });

  it('climbs block by block and goes down again, in the first step and in later ones', () => {
    const curves = predictCurve(tiny, run) ?? [];
    expect(curves.map(({ phase, step, lastStep }) => [phase, step, lastStep])).toEqual([
      ['forward', 1, 1],
      ['backward', 1, 1],
      ['forward', 2, 3],
      ['backward', 2, 3],
    ]);
    const [forward, backward] = curves;
    expect([...(forward?.block ?? [])]).toEqual([0, 0, 1, 1, 2, 2, 3, 3, -1]);
    expect([...(backward?.block ?? [])]).toEqual([-1, 3, 3, 2, 2, 1, 1, 0, 0]);
  });

  // What PyTorch 2.13 allocated as each block began, forward and backward, in the second step: test/bench/truth/stairs.py.
  for (const { id, config, run: told, ...measured } of STAIRS)
    it(`${id}: every stair is as high as PyTorch's own`, () => {
      const model = modelFromConfig(config, id);
      const run = runDefaults(model, { framework: 'pytorch', ...(told as Partial<RunSpec>) });
      // The workspaces that cuBLAS takes for forward and for backward.
      const onGpuAlone = 2 * cublasWorkspace(run.gpu);
      for (const phase of ['forward', 'backward'] as const) {
        const curve = predictCurve(model, run)?.find(
          (one) => one.phase === phase && one.step === 2,
        );
        const begins = beginnings(curve);
        const truth = measured[phase];
        expect(begins).toHaveLength(truth.length);
        truth.forEach((bytes, index) => {
          // Names in the model's own code hold a tensor or two of the residual stream while forward runs.
          expect(Math.abs(begins[index]! - onGpuAlone - bytes)).toBeLessThan(0.01 * bytes);
          const rise = bytes - (truth[index - 1] ?? bytes);
          const own = begins[index]! - (begins[index - 1] ?? begins[index]!);
          if (index > 1) expect(Math.abs(own - rise)).toBeLessThanOrEqual(0.001 * Math.abs(rise));
        });
      }
    });

  it('has none where nothing is kept', () => {
    expect(predictCurve(tiny, { ...run, mode: 'infer' })).toBeNull();
  });
});
