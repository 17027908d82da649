import { describe, expect, it } from 'vitest';
import { forwardFlops, trainFlops } from '../../../../src/shared/compute/flops';
import { paddingReport } from '../../../../src/shared/compute/padding';
import { runSeconds, updateBytes } from '../../../../src/shared/compute/run-time';
import { generationReport } from '../../../../src/shared/compute/serving';
import { gpuByName } from '../../../../src/shared/hardware/gpu-names';
import { preset } from '../../../../src/shared/model/presets';
import { runDefaults } from '../../../../src/shared/model/run';
import type { RunSpec } from '../../../../src/shared/model/spec';

const llama = preset('llama-2-7b');
const gpt2 = preset('gpt2');
const H100 = gpuByName('H100 SXM');
const train = (given: Partial<RunSpec> = {}) =>
  runDefaults(llama, {
    framework: 'pytorch',
    mode: 'train',
    seq: 4096,
    batch: 8,
    precision: 'mixed-bf16',
    attention: 'flash',
    ...given,
  });
const seconds = (given: Partial<RunSpec> = {}) => runSeconds(llama, train(given), H100)!;

describe('the least time of a training step', () => {
  it('is that of its FLOPs at the peak where all of it computes, and of its optimizer', () => {
    const atPeak = Number(trainFlops(llama, 8, 4096)) / 989.4e12;
    // AdamW beside fp32 masters: gradients and masters read, moments read and written, masters and the copy written.
    const update = (6_738_415_616 * (4 + 4 + 8 + 8 + 4 + 2)) / 3.35e12;
    expect(seconds()).toBeCloseTo(atPeak + update, 2);
  });

  it('updates what trains alone, with states as wide as the weights', () => {
    const gpt2Train = (change: Partial<RunSpec> = {}) =>
      updateBytes(gpt2, runDefaults(gpt2, { mode: 'train', framework: 'pytorch', ...change }));
    // Read: weights, gradients, two moments; written: weights and moments.
    expect(gpt2Train()).toBe(7 * 4 * 124_439_808);
    expect(gpt2Train({ precision: 'bf16' })).toBe(7 * 2 * 124_439_808);
    expect(gpt2Train({ optimizer: 'momentum' })).toBe(5 * 4 * 124_439_808);
    // Six layers of 12·768² + 13·768 parameters and the last norm.
    expect(gpt2Train({ frozenLayers: 6 })).toBe(7 * 4 * (6 * (12 * 768 ** 2 + 13 * 768) + 2 * 768));
    expect(gpt2Train({ dp: 4, zero: 1 })).toBe(7 * 124_439_808);
  });

  it('grows by a third when every layer is done again, by less when attention is', () => {
    expect(seconds({ checkpointing: 'full' }) / seconds()).toBeGreaterThan(1.3);
    expect(seconds({ checkpointing: 'full' }) / seconds()).toBeLessThan(4 / 3);
    expect(seconds({ checkpointing: 'every=4' })).toBe(seconds({ checkpointing: 'full' }));
    expect(seconds({ checkpointing: 'selective' })).toBeGreaterThan(seconds());
    expect(seconds({ checkpointing: 'selective' })).toBeLessThan(
      seconds({ checkpointing: 'full' }),
    );
  });

  it('hardly changes when the batch is gathered from smaller ones, and falls to two thirds for adapters', () => {
    expect(seconds({ batch: 2, gradAccum: 4 }) / seconds()).toBeCloseTo(1, 1);
    expect(seconds({ loraRank: 16 }) / seconds()).toBeGreaterThan(0.6);
    expect(seconds({ loraRank: 16 }) / seconds()).toBeLessThan(0.68);
  });

  it('waits for the bus where states are offloaded, and for idle stages in a pipeline', () => {
    expect(seconds({ offload: 'optimizer' })).toBeGreaterThan(seconds());
    const pipeline = seconds({ pp: 4, microBatches: 12 });
    expect(pipeline / ((12 * seconds()) / 4)).toBeCloseTo(15 / 12, 1);
  });

  it('is not known where the device lacks the arithmetic', () => {
    expect(runSeconds(llama, train(), gpuByName('T4'))).toBeNull();
  });
});

describe('padding, for a list of lengths', () => {
  const lengths = [512, 256, 128, 64];
  const form = (name: string) =>
    paddingReport(gpt2, lengths).forms.find((one) => one.form === name)!;

  it('tells positions and work of every way to lay them out', () => {
    expect(form('padded')).toMatchObject({
      computed: 2048,
      wastedPercent: 53.125,
      flops: Number(forwardFlops(gpt2, 4, 512)),
    });
    expect(form('grouped')).toMatchObject({
      computed: 1280,
      flops: Number(forwardFlops(gpt2, 2, 512) + forwardFlops(gpt2, 2, 128)),
    });
    expect(form('bucketed')).toMatchObject({ computed: 960, flopsRatio: 1 });
    expect(form('packed')).toMatchObject({ computed: 1024, how: '2 rows of 512' });
  });

  it('never takes less work than the sequences one by one, nor more than padding them all', () => {
    for (const some of [[1], [7, 7, 7], [1, 1000], [300, 200, 100, 50, 25, 12, 6, 3]]) {
      const { forms } = paddingReport(gpt2, some);
      for (const { flopsRatio, computed, useful } of forms) {
        expect(flopsRatio).toBeGreaterThanOrEqual(1);
        expect(flopsRatio).toBeLessThanOrEqual(forms[0]!.flopsRatio + 1e-12);
        expect(computed).toBeGreaterThanOrEqual(useful);
      }
    }
  });
});

describe('a generation as a whole', () => {
  const run = runDefaults(gpt2, {
    framework: 'pytorch',
    mode: 'generate',
    promptTokens: 50,
    tokens: 256,
    precision: 'fp16',
  });

  it('adds up step by step', () => {
    const report = generationReport(gpt2, run, null)!;
    expect(report.prefill).toBe(Number(forwardFlops(gpt2, 1, 50)));
    // Each step: 2 FLOPs for every weight, and 4·d for every key and layer it attends to.
    const weights = 12 * 12 * 768 ** 2 + 50_257 * 768;
    let decode = 0;
    for (let length = 51; length <= 305; length++) decode += 2 * weights + 12 * 4 * 768 * length;
    expect(report.decode).toBe(decode);
    expect(report.device).toBeNull();
    expect(
      Number(generationReport(gpt2, { ...run, kvCache: false }, null)!.total) /
        Number(report.total),
    ).toBeCloseTo(report.cacheWorkRatio, 9);
  });

  it('gains throughput with the batch and loses latency', () => {
    const { device } = generationReport(gpt2, run, gpuByName('A100 80GB'))!;
    const points = device!.batches;
    for (const [i, point] of points.entries()) {
      if (i === 0) continue;
      expect(point.tokensPerSecond).toBeGreaterThan(points[i - 1]!.tokensPerSecond);
      expect(point.totalSeconds).toBeGreaterThan(points[i - 1]!.totalSeconds);
    }
    expect(points.every(({ fits }) => fits)).toBe(true);
    expect(generationReport(gpt2, runDefaults(gpt2, { mode: 'infer' }), null)).toBeNull();
  });

  it('says which batches the device has no room for', () => {
    const gpu = gpuByName('RTX 3090');
    const serve = runDefaults(llama, {
      framework: 'pytorch',
      mode: 'generate',
      promptTokens: 1000,
      tokens: 100,
      precision: 'fp16',
    });
    const points = generationReport(llama, serve, gpu)!.device!.batches;
    expect(points.map(({ fits }) => fits)).toEqual(
      points.map(({ peakBytes: peak }) => peak <= gpu.memoryBytes),
    );
    // 13.5 GB of weights and half a MiB of cache a token leave room for few sequences of 1,100 tokens.
    expect(points.filter(({ fits }) => fits).at(-1)!.batch).toBeLessThan(32);
    expect(points[0]!.fits).toBe(true);
  });
});
