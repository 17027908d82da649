/** Time beside memory: rates and shares against arithmetic done by hand. */
import { describe, expect, it } from 'vitest';
import { computeBudget } from '../../../../../src/shared/budget/budget';
import { analyseTime } from '../../../../../src/shared/divergence/timing/time';
import { gpuByName } from '../../../../../src/shared/hardware/gpu-names';
import { preset } from '../../../../../src/shared/model/presets';
import { runDefaults } from '../../../../../src/shared/model/run';
import type { RunSpec } from '../../../../../src/shared/model/spec';
import { timeTable } from '../../../../../src/shared/present/tables';
import type { Marker, SampledSeries } from '../../../../../src/shared/trace/types';
import { MB, overlayOf, phase, series } from '../../../../support/overlay-scenario';

const spec = preset('gpt2');
const gpu = gpuByName('A100 80GB');
const budgetFor = (run: Partial<RunSpec>) =>
  computeBudget(spec, runDefaults(spec, { framework: 'pytorch', precision: 'bf16', ...run }));
const traced = (
  budget: ReturnType<typeof budgetFor>,
  markers: Marker[],
  durationMs: number,
  more: SampledSeries[] = [],
) => {
  const line = series(
    'gpu0.memory.used',
    Array.from({ length: durationMs / 10 }, (_, i) => [i * 10, 1000 * MB] as const),
    10,
  );
  const all = [line, ...more];
  return {
    all,
    overlay: overlayOf({ budget, markers, series: all, durationUs: durationMs * 1000 }),
  };
};

/** 2 m n k for every matrix of GPT-2: qkv 3d², projection d², network 8d², scores and values 2·n·d a token, head d·V. */
const forwardOf = (B: number, n: number) => {
  const [L, d, V] = [12, 768, 50_257];
  return 2 * B * n * (L * (12 * d * d + 2 * n * d) + d * V);
};

describe('time beside memory', () => {
  it('of training: tokens a second, FLOPs used of the peak, and the whole step from forward to forward', () => {
    const budget = budgetFor({ mode: 'train', batch: 8, seq: 512, steps: 3 });
    const markers = [0, 1, 2].flatMap((i) => [
      ...phase('forward', i + 1, i * 400, i * 400 + 100),
      ...phase('backward', i + 1, i * 400 + 100, i * 400 + 300),
      ...phase('optimizer', i + 1, i * 400 + 300, i * 400 + 340),
    ]);
    const { all, overlay } = traced(budget, markers, 1200);
    const time = analyseTime(overlay, budget, all, 'NVIDIA A100-SXM4-80GB')!;
    const of = (name: string) => time.phases.find((row) => row.phase === name)!;
    expect(time.gpu).toBe(gpu.name);
    expect(of('forward')).toMatchObject({ count: 3, medianUs: 100_000, totalUs: 300_000 });
    expect(of('forward').tokensPerSecond).toBeCloseTo((8 * 512) / 0.1, 6);
    expect(of('forward').flopsPerSecond! / (forwardOf(8, 512) / 0.1)).toBeCloseTo(1, 9);
    expect(of('backward').flopsUtilization! / ((2 * forwardOf(8, 512)) / 0.2 / 312e12)).toBeCloseTo(
      1,
      9,
    );
    // 40 ms of idling between steps is part of them.
    expect(of('step')).toMatchObject({ count: 2, medianUs: 400_000 });
    expect(of('step').flopsUtilization! / ((3 * forwardOf(8, 512)) / 0.4 / 312e12)).toBeCloseTo(
      1,
      9,
    );
    // An update in bf16 reads weights, gradients and two states, and writes all but the gradients: 7 times 2 bytes.
    expect(
      of('optimizer').bandwidthUtilization! / ((7 * 2 * 124_439_808) / 0.04 / gpu.bandwidth),
    ).toBeCloseTo(1, 2);
    expect(of('optimizer').flopsUtilization).toBeNull();
    expect(timeTable(time).rows.map((row) => row.length)).toEqual([9, 9, 9, 9]);
  });

  it('of generation: a cached step reads all weights, and cannot be faster than that', () => {
    const budget = budgetFor({ mode: 'generate', promptTokens: 64, tokens: 33 });
    const { all, overlay } = traced(
      budget,
      [...phase('prefill', null, 0, 20), ...phase('decode', null, 20, 340)],
      400,
    );
    const decode = analyseTime(overlay, budget, all, 'NVIDIA A100-SXM4-80GB')!.phases.find(
      (row) => row.phase === 'decode',
    )!;
    expect(decode.tokensPerSecond).toBeCloseTo(32 / 0.32, 6);
    const weights = 2 * 124_439_808;
    expect(decode.leastUs!).toBeGreaterThan((32 * 0.98 * weights * 1e6) / gpu.bandwidth);
    expect(decode.bandwidthUtilization!).toBeGreaterThan(
      (32 * 0.98 * weights) / 0.32 / gpu.bandwidth,
    );
    expect(decode.bandwidthUtilization!).toBeLessThan(1);
  });

  it('tells the utilization counter only of phases longer than its window, and only of windows wholly inside', () => {
    const budget = budgetFor({ mode: 'infer', batch: 1, seq: 128, steps: 1 });
    const counter = series(
      'gpu0.utilization',
      [
        [200, 10_000],
        [400, 90_000],
        [600, 90_000],
        [800, 30_000],
      ],
      200,
    );
    const util = { ...counter, info: { ...counter.info, windowUs: 167_000 } };
    const markers = phase('forward', 1, 210, 650);
    const { all, overlay } = traced(budget, markers, 900, [util]);
    expect(analyseTime(overlay, budget, all, null)!.phases[0]!.busy).toBe(90);
    const short = traced(budget, phase('forward', 1, 350, 450), 900, [util]);
    expect(analyseTime(short.overlay, budget, short.all, null)!.phases[0]!.busy).toBeNull();
  });

  it('has no shares for a device that is not in the catalogue, and nothing where no phase was announced', () => {
    const budget = budgetFor({ mode: 'infer', batch: 1, seq: 128, steps: 1 });
    const { all, overlay } = traced(budget, phase('forward', 1, 0, 100), 200);
    expect(analyseTime(overlay, budget, all, 'Simulated GPU')!).toMatchObject({
      gpu: null,
      phases: [{ leastUs: null, flopsUtilization: null, bandwidthUtilization: null }],
    });
    expect(analyseTime(traced(budget, [], 200).overlay, budget, all, null)).toBeNull();
  });
});
