/** Running out of memory on a device whose size is known, and what an allocator and a pool leave in a trace. */
import { describe, expect, it } from 'vitest';
import { computeBudget } from '../../../../../src/shared/budget/budget';
import { diagnose } from '../../../../../src/shared/divergence/findings/diagnose';
import { deriveLines } from '../../../../../src/shared/divergence/overlay/lines';
import { preset } from '../../../../../src/shared/model/presets';
import { runDefaults } from '../../../../../src/shared/model/run';
import { budgetWith, MB, overlayOf, phase, series } from '../../../../support/overlay-scenario';

type Input = Parameters<typeof overlayOf>[0];
const found = (input: Input & { logs?: { t: number; stream: 'stderr'; text: string }[] }) => {
  const {
    series: all = [],
    baselines = {},
    markers = [],
    durationUs = 1_000_000,
    budget = null,
  } = input;
  return diagnose({
    overlay: overlayOf(input),
    budget,
    spans: [],
    markers,
    lines: deriveLines(all, baselines),
    logs: input.logs ?? [],
    exitCode: 1,
    signal: null,
    durationUs,
    mustMatchExactly: false,
  }).findings;
};
const ramp = (n: number, f: (i: number) => number) =>
  Array.from({ length: n }, (_, i) => [i * 100, f(i)] as const);

describe('running out of memory', () => {
  it('is told with the room there was and the largest batch that would have fitted', () => {
    const spec = preset('gpt2');
    const run = runDefaults(spec, { mode: 'train', framework: 'pytorch', batch: 64, seq: 512 });
    const deviceBytes = 16 * 1024 * MB;
    const [one] = found({
      budget: computeBudget(spec, run),
      deviceBytes: { gpu0: deviceBytes },
      durationUs: 1_000_000,
      series: [
        series(
          'gpu0.memory.used',
          ramp(10, (i) => (1000 + i * 1500) * MB),
        ),
      ],
      logs: [
        {
          t: 900_000,
          stream: 'stderr',
          text: 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.',
        },
      ],
    });
    expect(one).toMatchObject({ kind: 'out_of_memory', bytes: 2 * 1024 * MB });
    const text = one!.evidence.join(' ');
    expect(text).toMatch(
      /Free on the device of 16\.0 GiB: 15\.0 GiB at 0 µs, .* 1\.84 GiB at 900 ms/,
    );
    const batch = Number(/a batch of (\d+) would have fitted/.exec(text)![1]);
    const peak = (size: number) => computeBudget(spec, { ...run, batch: size }).tiers.refined.total;
    expect(peak(batch)).toBeLessThanOrEqual(deviceBytes);
    expect(peak(batch + 1)).toBeGreaterThan(deviceBytes);
    expect(one?.remedy).toMatch(new RegExp(`plumbline plan --model gpt2 .*--batch ${batch}\\b`));
  });

  it('is held against what the message tells of the device, where nobody sampled that', () => {
    const spec = preset('gpt2');
    const run = runDefaults(spec, { mode: 'train', framework: 'pytorch', batch: 64, seq: 1024 });
    const peak = (size: number) => computeBudget(spec, { ...run, batch: size }).tiers.refined.total;
    const GiB = 1024 * MB;
    const told = (text: string) =>
      found({
        budget: computeBudget(spec, run),
        series: [
          series(
            'tree.rss',
            ramp(10, () => 900 * MB),
          ),
        ],
        logs: [{ t: 900_000, stream: 'stderr', text }],
      }).find(({ kind }) => kind === 'out_of_memory');
    const most = (limit: number) => {
      let batch = 1;
      while (peak(batch + 1) <= limit) batch += 1;
      return batch;
    };
    // Another process has what is neither this one's nor free.
    const crowded = told(
      'CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 24.00 GiB of which 1.00 GiB is free. Including non-PyTorch memory, this process has 15.00 GiB memory in use. Of the allocated memory 14.00 GiB is allocated by PyTorch, and 0.50 GiB is reserved by PyTorch but unallocated.',
    );
    expect(crowded?.remedy).toContain(`--batch ${most(16 * GiB)} `);
    const old = told(
      'CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 12.00 GiB total capacity; 7.00 GiB already allocated; 0.50 GiB free; 10.00 GiB reserved in total by PyTorch)',
    );
    expect(old?.remedy).toMatch(/3\.00 GiB were reserved and unused, but in pieces\. Take a batch/);
    expect(old?.remedy).toContain(`--batch ${most(12 * GiB)} `);
    const host = told("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.");
    expect(host?.remedy).not.toContain('--batch');
    expect(host?.evidence.join()).not.toContain('would have fitted');
  });

  it.each([
    ["DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.", /^Load less/],
    ['Unexpected bus error: this might be insufficient shared memory (shm).', /--shm-size/],
    [
      'DataLoader worker (pid 7) is killed by signal: Bus error. It is possible that dataloader\u2019s workers are out of shared memory.',
      /--shm-size/,
    ],
    ['ValueError: No available memory for the cache blocks.', /^Let the server have more/],
    [
      'ggml_backend_cuda_buffer: allocating 9.00 MiB on device 0: cudaMalloc failed: out of memory',
      /-ngl/,
    ],
    [
      'HIP out of memory. Tried to allocate 1.00 GiB. GPU 0 has a total capacity of 8.00 GiB of which 0.50 GiB is free. Of the allocated memory 5.00 GiB is allocated by PyTorch, and 2.00 GiB is reserved by PyTorch but unallocated.',
      /^Set PYTORCH_HIP_ALLOC_CONF=/,
    ],
    [
      'CUDA out of memory. Tried to allocate 1.00 GiB. GPU 0 has a total capacity of 8.00 GiB of which 0.50 GiB is free. Process 8 has 6.00 GiB memory in use. Process 9 has 0.50 GiB memory in use.',
      /^Other processes held 6\.50 GiB of the device: end them/,
    ],
    ['CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`', /smaller batch/],
  ])('says what to do about the memory that was missing: %s', (text, remedy) => {
    const log = { t: 900_000, stream: 'stderr' as const, text };
    const one = found({ logs: [log] }).find(({ kind }) => kind === 'out_of_memory');
    expect(one).toMatchObject({ confidence: 'high', remedy: expect.stringMatching(remedy) });
  });

  it('is only what may be where a worker was killed, and gives way to a line that is certain', () => {
    const worker = 'RuntimeError: DataLoader worker (pid 4711) is killed by signal: Killed.';
    const told = (...texts: string[]) =>
      found({
        logs: texts.map((text) => ({ t: 900_000, stream: 'stderr' as const, text })),
      })[0];
    expect(told(worker)).toMatchObject({
      title: 'A process of the workload was killed, perhaps for want of host memory',
      confidence: 'medium',
      remedy: expect.stringMatching(/^Load less/),
    });
    expect(told(worker, 'Out of memory: Killed process 4711 (python)')).toMatchObject({
      title: 'The workload ran out of host memory',
      confidence: 'high',
    });
    for (const other of ['Terminated', 'Segmentation fault'])
      expect(told(worker.replace('Killed.', `${other}.`))).toBeUndefined();
  });

  it('of one sequence is told with the longest that would have fitted, and with the line that plans it', () => {
    const spec = preset('gpt2');
    const run = runDefaults(spec, { mode: 'train', framework: 'pytorch', batch: 1, seq: 1024 });
    const peak = (seq: number) => computeBudget(spec, { ...run, seq }).tiers.refined.total;
    const deviceBytes = peak(400);
    const [one] = found({
      budget: computeBudget(spec, run),
      deviceBytes: { gpu0: deviceBytes },
      series: [
        series(
          'gpu0.memory.used',
          ramp(10, (i) => i * 10 * MB),
        ),
      ],
      logs: [{ t: 900_000, stream: 'stderr', text: 'CUDA error: out of memory' }],
    });
    const text = one?.evidence.join(' ') ?? '';
    const seq = Number(/one of (\d+) would have/.exec(text)?.[1]);
    expect(peak(seq)).toBeLessThanOrEqual(deviceBytes);
    expect(peak(seq + 8)).toBeGreaterThan(deviceBytes);
    expect(one?.remedy).toMatch(new RegExp(`plumbline plan --model gpt2 .*--seq ${seq}\\b`));
  });
});

describe('an allocator', () => {
  const parts = { params: 1000 * MB };
  const budget = budgetWith([['forward', null, null, parts, parts]]);
  const trace = (reserved: number) => ({
    budget,
    markers: phase('forward', 1, 0, 900, {
      allocated: 1000 * MB,
      reserved: reserved * MB,
      peak: 1000 * MB,
    }),
    series: [
      series(
        'gpu0.memory.used',
        ramp(10, () => (reserved + 10) * MB),
      ),
      series('framework.allocated', [[900, 1000 * MB]], null),
      series('framework.reserved', [[900, reserved * MB]], null),
    ],
  });

  it('that reserves what no moment ever needed is fragmentation, and leaves nothing unexplained', () => {
    expect(found(trace(1500))).toMatchObject([{ kind: 'fragmentation', bytes: 500 * MB }]);
  });

  it('with no more than whole segments is no finding', () => {
    expect(found(trace(1020))).toEqual([]);
  });
});

describe('a pool', () => {
  const parts = { params: 1000 * MB };
  const budget = budgetWith([['decode', null, null, parts, parts]], { mode: 'generate' });
  const line = series(
    'gpu0.memory.used',
    ramp(80, (i) => (i < 5 ? 200 : 21_600) * MB),
  );

  it('taken at once and kept is named once, and is no leak and no context', () => {
    const all = found({
      budget,
      series: [line],
      durationUs: 8_000_000,
      deviceBytes: { gpu0: 24_000 * MB },
    });
    expect(all).toMatchObject([
      { kind: 'preallocated_pool', bytes: 20_600 * MB, confidence: 'high' },
    ]);
  });

  it('is not seen in a line that rises by and by', () => {
    const rising = series(
      'gpu0.memory.used',
      ramp(80, (i) => (200 + i * 270) * MB),
    );
    expect(
      found({
        budget,
        series: [rising],
        durationUs: 8_000_000,
        deviceBytes: { gpu0: 24_000 * MB },
      }).map(({ kind }) => kind),
    ).not.toContain('preallocated_pool');
  });
});
