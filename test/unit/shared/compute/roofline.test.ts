import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../../src/shared/base/failure';
import { forwardFlops } from '../../../../src/shared/compute/flops';
import { decodeFlops } from '../../../../src/shared/compute/generation';
import {
  cacheSpeedup,
  decodeUtilization,
  generationLatency,
  throughputByBatch,
} from '../../../../src/shared/compute/latency';
import { bucketed, grouped, packed, padded } from '../../../../src/shared/compute/padding';
import {
  operationCosts,
  passSeconds,
  peakThroughput,
  ridgePoint,
  roofline,
} from '../../../../src/shared/compute/roofline';
import { optimizationSummary } from '../../../../src/shared/compute/summary';
import { sixPD, trainingCost } from '../../../../src/shared/compute/training';
import { gpuByName, gpuNames, gpusNamed } from '../../../../src/shared/hardware/gpu-names';
import { GPUS } from '../../../../src/shared/hardware/gpus';
import { parameterCount } from '../../../../src/shared/model/parameters';
import { preset } from '../../../../src/shared/model/presets';

const GPT2 = preset('gpt2');
const A100 = gpuByName('A100 80GB');
const LLAMA2_7B = preset('llama-2-7b');

describe('the GPU catalogue', () => {
  it.each([
    ['NVIDIA GeForce RTX 4090', 'RTX 4090'],
    ['rtx4090', 'RTX 4090'],
    ['4090', 'RTX 4090'],
    ['geforce rtx 3090', 'RTX 3090'],
    ['NVIDIA A100-SXM4-80GB', 'A100 80GB'],
    ['a100 40 gb', 'A100 40GB'],
    ['A100-80G', 'A100 80GB'],
    ['Tesla V100-SXM2-16GB', 'V100 16GB'],
    ['Tesla T4', 'T4'],
    ['NVIDIA H100 80GB HBM3', 'H100 SXM'],
    ['h100-pcie', 'H100 PCIe'],
    ['NVIDIA RTX A5000', 'A5000'],
    ['A6000', 'RTX A6000'],
    ['NVIDIA RTX 6000 Ada Generation', 'RTX 6000 Ada'],
    ['NVIDIA A100-PCIE-40GB', 'A100 40GB'],
    ['NVIDIA A100 80GB PCIe', 'A100 80GB PCIe'],
    ['l4', 'L4'],
    ['L40s', 'L40S'],
    ['mi300x', 'MI300X'],
  ])('knows "%s" as %s', (asked, name) => {
    expect(gpuByName(asked).name).toBe(name);
  });

  it('refuses a name that fits several, and names them', () => {
    expect(gpusNamed('A100').map((gpu) => gpu.name)).toEqual([
      'A100 40GB',
      'A100 80GB',
      'A100 80GB PCIe',
    ]);
    expect(() => gpuByName('V100')).toThrow(Failure);
  });

  it.each([
    ['', gpuNames()],
    ['Voodoo 2', gpuNames()],
    ['toString', gpuNames()],
    ['RTX 4080 SUPER', ['RTX 4080']],
    ['RTX 4091', ['RTX 4090']],
  ])('does not take "%s" for another, and says what it may mean', (name, meant) => {
    try {
      gpuByName(name);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(Failure);
      expect((error as Failure).remedy).toContain(meant.join(', '));
      expect((error as Failure).remedy).toContain('24GB');
    }
  });

  it('holds memory as nvidia-smi reports it', () => {
    const mib = (name: string) => gpuByName(name).memoryBytes / 2 ** 20;
    expect([
      mib('T4'),
      mib('RTX 3090'),
      mib('RTX 4090'),
      mib('H100 SXM'),
      mib('H200'),
      mib('RTX 5090'),
      mib('L40S'),
    ]).toEqual([15_360, 24_576, 24_564, 81_559, 143_771, 32_607, 46_068]);
    expect(gpuByName('MI300X').memoryFrom).toBe('vendor');
  });

  const captures = '../shared/fixtures';
  const beside = existsSync(captures);
  it.skipIf(!beside)(
    beside
      ? 'agrees with every nvidia-smi capture at hand'
      : 'agrees with every nvidia-smi capture at hand (skipped: the captures are not beside this checkout)',
    () => {
      let agreed = 0;
      for (const file of readdirSync(captures)) {
        const text = readFileSync(`${captures}/${file}`, 'utf8');
        const name = /<product_name>(.*?)<\/product_name>/.exec(text)?.[1];
        const total = /<fb_memory_usage>\s*<total>(\d+) MiB/.exec(text)?.[1];
        const known = name === undefined || total === undefined ? [] : gpusNamed(name);
        if (known.length !== 1) continue;
        expect(known[0]!.memoryBytes / 2 ** 20, `${name} in ${file}`).toBe(Number(total));
        agreed++;
      }
      expect(agreed).toBeGreaterThan(3);
    },
  );

  it('names the document of every figure, with its year and address', () => {
    for (const { name, source, url } of GPUS) {
      expect(source, name).toMatch(/\b20\d\d\b/);
      expect(url, name).toMatch(/^https:\/\//);
    }
  });

  it('has peaks without sparsity: narrower types are at most twice as fast from step to step', () => {
    for (const { name, peak } of GPUS) {
      if (peak.int8 !== null && peak.bf16 !== null)
        expect(peak.int8 / peak.bf16, name).toBeLessThan(4.05);
      if (peak.fp8 !== null && peak.fp16 !== null)
        expect(peak.fp8 / peak.fp16, name).toBeCloseTo(2, 1);
      if (peak.tf32 !== null && peak.fp16 !== null)
        expect(peak.fp16 / peak.tf32, name).toBeGreaterThan(1.9);
    }
  });

  it('finds every GPU by its own name and each name its driver gives', () => {
    for (const gpu of GPUS)
      for (const name of [gpu.name, ...gpu.deviceNames]) expect(gpuByName(name)).toBe(gpu);
  });
});

describe('the roofline', () => {
  it('puts the ridge of an A100 at 312 TFLOPS over 2,039 GB/s', () => {
    expect(ridgePoint(A100, 'fp16')).toBeCloseTo(153.016, 3);
    expect(peakThroughput(A100, 'fp32')).toBe(19.5e12);
    expect(peakThroughput(A100, 'mixed-bf16')).toBe(312e12);
  });

  it('reads two of eight experts for one token, nearly all for many', () => {
    const weights = (batch: number) => {
      const ffn = operationCosts(preset('mixtral-8x7b'), {
        batch,
        queries: 1,
        context: 1,
        precision: 'fp16',
      }).find(({ name }) => name === 'ffn');
      return (ffn?.bytes ?? 0) / (2 * 3 * 4096 * 14_336);
    };
    expect(weights(1)).toBeCloseTo(2, 2);
    // 8·(1 − 0.75³²) experts, and activations on top.
    expect(weights(32)).toBeGreaterThan(8 * (1 - 0.75 ** 32));
    expect(weights(32)).toBeLessThan(8.2);
  });

  it('leaves the rest of the cache of a sliding window unread', () => {
    const bytes = (context: number) =>
      operationCosts(preset('mistral-7b'), {
        batch: 1,
        queries: 1,
        context,
        precision: 'fp16',
      }).find(({ name }) => name === 'attention')?.bytes;
    expect(bytes(20_000)).toBe(bytes(4096));
  });

  it('does the arithmetic the exact count says, for a prompt and for a step', () => {
    for (const name of ['gpt2', 'llama-3-8b', 'mixtral-8x7b', 'mistral-7b']) {
      const model = preset(name);
      const total = (shape: { queries: number; context: number; causal?: boolean }) =>
        operationCosts(model, { batch: 2, precision: 'fp16', ...shape }).reduce(
          (sum, { times, flops }) => sum + times * flops,
          0,
        );
      for (const causal of [false, true])
        expect(total({ queries: 300, context: 300, causal })).toBe(
          Number(forwardFlops(model, 2, 300, { causal })),
        );
      expect(total({ queries: 1, context: 900 })).toBe(Number(decodeFlops(model, 2, 900)));
    }
  });

  it('refuses arithmetic the device does not have', () => {
    expect(() => peakThroughput(gpuByName('V100 16GB'), 'bf16')).toThrow(Failure);
  });

  it('works out one feed-forward block by hand', () => {
    const ffn = operationCosts(GPT2, {
      batch: 2,
      queries: 10,
      context: 10,
      precision: 'fp16',
    }).find(({ name }) => name === 'ffn');
    // Weights 2·768·3072 and, for 20 tokens, two inputs and two outputs of the block's two products, all of two bytes.
    expect(ffn?.bytes).toBe(2 * (2 * 768 * 3072) + 2 * 20 * (2 * 768 + 2 * 3072));
    expect(ffn?.flops).toBe(4 * 20 * 768 * 3072);
  });

  it('finds decoding bound by memory and a long prompt by arithmetic', () => {
    const step = roofline(GPT2, { batch: 1, queries: 1, context: 500, precision: 'fp16' }, A100);
    expect(new Set(step.map(({ bound }) => bound))).toEqual(new Set(['memory']));
    const prompt = roofline(
      GPT2,
      { batch: 32, queries: 1024, context: 1024, precision: 'fp16', attention: 'flash' },
      A100,
    );
    expect(prompt.find(({ name }) => name === 'ffn')?.bound).toBe('compute');
  });

  it('never promises less time than the weights take to read', () => {
    const seconds = passSeconds(
      LLAMA2_7B,
      { batch: 1, queries: 1, context: 100, precision: 'bf16' },
      A100,
    );
    expect(seconds).toBeGreaterThan((2 * (parameterCount(LLAMA2_7B) - 32_000 * 4096)) / 2.039e12);
  });

  it('bounds the published speed of Llama 2 7B on an A100 from above, and within a factor of two', () => {
    // gpt-fast README: 104.9 tokens/s at bf16, 155.6 at int8 (weights only), batch 1, A100 80 GB.
    for (const [precision, measured] of [
      ['bf16', 104.9],
      ['int8', 155.58],
    ] as const) {
      const predicted =
        1 / passSeconds(LLAMA2_7B, { batch: 1, queries: 1, context: 200, precision }, A100);
      expect(predicted).toBeGreaterThan(measured);
      expect(predicted).toBeLessThan(2 * measured);
    }
  });
});

describe('latency', () => {
  const service = { batch: 1, promptTokens: 50, tokens: 256, precision: 'fp16' } as const;

  it('splits into prefill and N − 1 steps', () => {
    const one = generationLatency(GPT2, { ...service, tokens: 1 }, A100);
    expect(one.decodeSeconds).toBe(0);
    expect(one.perTokenSeconds).toBeNull();
    const two = generationLatency(GPT2, { ...service, tokens: 2 }, A100);
    expect(two.decodeSeconds).toBe(
      passSeconds(GPT2, { ...service, queries: 1, context: 51 }, A100),
    );
    expect(two.tokensPerSecond).toBe(2 / two.totalSeconds);
  });

  it('gains throughput with batch, always less than the batch, at the price of latency', () => {
    const points = throughputByBatch(GPT2, service, A100, [1, 8, 64]);
    expect(points[0]?.throughputGain).toBe(1);
    for (const [i, point] of points.entries()) {
      expect(point.throughputGain).toBeLessThanOrEqual(point.batch);
      if (i > 0) {
        expect(point.throughputGain).toBeGreaterThan(points[i - 1]?.throughputGain ?? 0);
        expect(point.latencyCost).toBeGreaterThan(points[i - 1]?.latencyCost ?? 0);
      }
    }
  });

  it('predicts a smaller speed-up by the KV cache in time than in work, since a cached step waits for memory', () => {
    const { workRatio, timeRatio } = cacheSpeedup(GPT2, service, A100);
    expect(workRatio).toBeGreaterThan(100);
    expect(timeRatio).toBeGreaterThan(1);
    expect(timeRatio).toBeLessThan(workRatio);
  });

  it('uses about one FLOP a byte for one sequence, so half a percent of an A100', () => {
    expect(decodeUtilization(GPT2, { batch: 1, precision: 'fp16' }, 50, A100)).toBeCloseTo(
      1 / ridgePoint(A100, 'fp16'),
      3,
    );
  });

  it('computes the table of optimizations: int8 below 4×, int4 below 8×, a cache that costs memory', () => {
    const rows = new Map(
      optimizationSummary(GPT2, A100, 50, 100).rows.map((row) => [row.technique, row]),
    );
    expect(rows.get('fp16')?.speedup).toBeGreaterThan(1.5);
    expect(rows.get('int8')?.speedup).toBeLessThan(4);
    expect(rows.get('int4')?.memoryRatio).toBeLessThan(8);
    expect(rows.get('kv-cache')?.memoryRatio).toBeLessThan(1);
    expect(rows.get('batching')?.speedup).toBeGreaterThan(10);
  });
});

describe('training', () => {
  it('takes 3,640 petaflop/s-days for GPT-3, as its paper says', () => {
    expect(sixPD(175e9, 300e9) / (1e15 * 86_400)).toBeCloseTo(3646, 0);
  });

  it('works out days, GPU-hours, money and energy', () => {
    const cost = trainingCost({
      flops: 1.05e24,
      gpus: 1024,
      gpu: A100,
      precision: 'fp16',
      utilization: 0.5,
      pricePerGpuHour: 2.5,
    });
    expect(cost.days).toBeCloseTo(76.0766, 3);
    expect(cost.gpuHours).toBeCloseTo((1024 * 1.05e24) / (1024 * 156e12) / 3600, 3);
    expect(cost.cost).toBeCloseTo(2.5 * cost.gpuHours, 6);
    expect(cost.energyKWh).toBeCloseTo(0.4 * cost.gpuHours, 6);
    expect(
      trainingCost({ flops: 1, gpus: 1, gpu: A100, precision: 'fp16', utilization: 1 }).cost,
    ).toBeNull();
    expect(() =>
      trainingCost({ flops: 1, gpus: 0, gpu: A100, precision: 'fp16', utilization: 1 }),
    ).toThrow(Failure);
  });
});

describe('padding', () => {
  const lengths = [512, 256, 128, 64];

  it("wastes 1,088 of 2,048 positions on the chapter's batch", () => {
    expect(padded(lengths)).toEqual({
      useful: 960,
      computed: 2048,
      wasted: 1088,
      wastedPercent: 53.125,
    });
  });

  it('is avoided by grouping, by buckets and by packing', () => {
    expect(grouped(lengths, 2).computed).toBe(2 * 512 + 2 * 128);
    expect(bucketed(lengths, [1024, 128, 256, 512]).computed).toBe(512 + 256 + 128 + 128);
    expect(packed(lengths, 512)).toMatchObject({ rows: 2, computed: 1024, wasted: 64 });
  });

  it('refuses what cannot be placed', () => {
    expect(() => padded([])).toThrow(Failure);
    expect(() => bucketed([600], [512])).toThrow(Failure);
    expect(() => packed([600], 512)).toThrow(Failure);
  });
});
