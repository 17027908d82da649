import { describe, expect, it } from 'vitest';
import { fitTrend } from '../../../../../src/shared/base/trend';
import { computeBudget } from '../../../../../src/shared/budget/budget';
import type { Budget } from '../../../../../src/shared/budget/types';
import { preset } from '../../../../../src/shared/model/presets';
import { runDefaults } from '../../../../../src/shared/model/run';
import {
  budgetWith,
  findingsFor,
  MB,
  phase,
  series,
  training,
} from '../../../../support/overlay-scenario';

const kinds = (input: Parameters<typeof findingsFor>[0]) =>
  findingsFor(input).map(({ kind }) => kind);
const ramp = (n: number, f: (i: number) => number) =>
  Array.from({ length: n }, (_, i) => [i * 100, f(i)] as const);

describe('no finding', () => {
  it('comes from an empty trace or from one that matches its budget', () => {
    expect(findingsFor({})).toEqual([]);
    expect(findingsFor({ ...training(6), mustMatchExactly: true })).toEqual([]);
    expect(findingsFor({ ...training(6), mustMatchExactly: false })).toEqual([]);
  });

  it('comes from Adam’s states arriving in the first steps, without any budget', () => {
    expect(findingsFor({ ...training(6), budget: null })).toEqual([]);
  });

  it('comes from a workload that failed for another reason', () => {
    expect(
      kinds({ exitCode: 1, logs: [{ t: 0, stream: 'stderr', text: 'ValueError: memory layout' }] }),
    ).toEqual([]);
  });
});

describe('a leak', () => {
  it('of framework bytes is told to the byte, and leaves nothing unexplained', () => {
    const found = findingsFor({ ...training(6, 4096), mustMatchExactly: true });
    expect(found.map(({ kind }) => kind)).toEqual(['leak']);
    expect(found[0]).toMatchObject({
      slope: { bytes: 4096, per: 'step', since: 1 },
      bytes: 6 * 4096,
      confidence: 'high',
    });
    expect(found[0]!.evidence.join(' ')).toMatch(
      /exactly 4,096 bytes.*workspace by 4\.00 KiB a step/s,
    );
  });

  it('is found without a budget from the steps after the first', () => {
    const found = findingsFor({ ...training(6, 2 * MB), budget: null, mustMatchExactly: true });
    expect(found.map(({ kind, slope }) => [kind, slope?.bytes])).toEqual([['leak', 2 * MB]]);
  });

  it('is not claimed from two steps', () => {
    expect(kinds({ ...training(2, 4096), mustMatchExactly: true })).not.toContain('leak');
  });

  it('of generated tokens is told beside the growth of the cache', () => {
    // 10 tokens: prefill yields the first, each of the nine others adds 100 bytes of cache, and 8 that no budget knows.
    const budget = budgetWith(
      [
        ['prefill', null, null, { params: 1000, kv_cache: 400 }, { params: 1000, kv_cache: 400 }],
        ['decode', null, null, { params: 1000, kv_cache: 1300 }, { params: 1000, kv_cache: 1300 }],
      ],
      { mode: 'generate', promptTokens: 4, tokens: 10 },
    );
    const [begin, end] = phase('decode', null, 100, 1200);
    const decode = Array.from({ length: 9 }, (_, i) => i + 2).flatMap((index) => [
      { t: index * 100_000, rank: 0, step: null, type: 'token' as const, index },
      {
        t: index * 100_000 + 1,
        rank: 0,
        step: null,
        type: 'memory' as const,
        phase: 'decode',
        memory: {
          allocated: 1400 + 108 * (index - 1),
          components: {
            params: 1000,
            kv_cache: 400 + 100 * (index - 1),
            workspace: 8 * (index - 1),
          },
        },
      },
    ]);
    const markers = [
      ...phase('prefill', null, 0, 100, { allocated: 1400 }),
      begin!,
      ...decode,
      end!,
    ];
    const line = series(
      'framework.allocated',
      [
        [100, 1400],
        [1100, 2372],
      ],
      null,
    );
    const found = findingsFor({
      budget,
      markers,
      series: [line],
      mustMatchExactly: true,
      durationUs: 1_200_000,
    });
    expect(found.map(({ kind, slope }) => [kind, slope])).toEqual([
      ['leak', { bytes: 8, per: 'token', since: 2 }],
    ]);
    expect(found[0]!.evidence.at(-1)).toMatch(
      /grow beyond their prediction: workspace by 8 B a token\.$/,
    );
  });

  it('of a sampled line is a slope with its interval, and noise is none', () => {
    const markers = Array.from({ length: 8 }, (_, i) =>
      phase('forward', i + 1, i * 100 + 1, i * 100 + 99),
    ).flat();
    const at = (growth: number, noise: number) =>
      series(
        'gpu0.memory.used',
        Array.from(
          { length: 80 },
          (_, i) =>
            [i * 10, 1000 * MB + Math.floor(i / 10) * growth + ((i * 7919) % 13) * noise] as const,
        ),
        10,
      );
    const found = findingsFor({ markers, series: [at(20 * MB, MB / 8)] }).filter(
      ({ kind }) => kind === 'leak',
    );
    expect(found).toHaveLength(1);
    expect(found[0]!.confidence).toBe('medium');
    expect(found[0]!.slope!.bytes / MB).toBeGreaterThan(19);
    expect(found[0]!.slope!.bytes / MB).toBeLessThan(21);
    expect(kinds({ markers, series: [at(0, 4 * MB)] })).toEqual([]);
    // However steady, a few MiB in all are no leak.
    expect(kinds({ markers, series: [at(MB, 0)] })).toEqual([]);
  });
});

describe('running out of memory', () => {
  it.each([
    [
      'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity',
      2 * 1024 * MB,
    ],
    ['RESOURCE_EXHAUSTED: Out of memory while trying to allocate', null],
    ["terminate called after throwing an instance of 'std::bad_alloc'", null],
    ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory', null],
    ['MemoryError', null],
  ])('is read from the log: %s', (text, bytes) => {
    const markers = phase('backward', 3, 0, 900);
    const [found] = findingsFor({
      markers,
      exitCode: 1,
      logs: [{ t: 800_000, stream: 'stderr', text }],
    });
    expect(found).toMatchObject({
      kind: 'out_of_memory',
      bytes,
      phase: 'backward',
      span: [800_000, 800_000],
      confidence: 'high',
    });
  });

  it('is only suspected of a process that was killed', () => {
    expect(findingsFor({ exitCode: null, signal: 'SIGKILL' })).toMatchObject([
      { kind: 'out_of_memory', confidence: 'low', bytes: null },
    ]);
    expect(kinds({ exitCode: null, signal: 'SIGTERM' })).toEqual([]);
  });

  it('is less sure where the workload went on', () => {
    expect(
      findingsFor({
        exitCode: 0,
        logs: [{ t: 5, stream: 'stdout', text: 'MemoryError: retrying' }],
      }),
    ).toMatchObject([{ confidence: 'medium' }]);
  });
});

describe('other processes and the device context', () => {
  it('are named with the bytes they took', () => {
    const found = findingsFor({
      series: [
        series(
          'gpu0.memory.used',
          ramp(5, () => 1000 * MB),
        ),
        series(
          'gpu0.other.memory',
          ramp(5, (i) => (i < 3 ? 100 : 612) * MB),
        ),
      ],
    });
    expect(found).toMatchObject([{ kind: 'other_process', bytes: 512 * MB, span: [0, 300_000] }]);
  });

  it('that stay as they were are no finding', () => {
    expect(
      kinds({
        series: [
          series(
            'gpu0.memory.used',
            ramp(5, () => 1000 * MB),
          ),
          series(
            'gpu0.other.memory',
            ramp(5, () => 300 * MB),
          ),
        ],
      }),
    ).toEqual([]);
  });

  it('the context is the least that process memory lies above the framework’s reserve', () => {
    const found = findingsFor({
      series: [
        series(
          'gpu0.memory.used',
          ramp(5, () => 1000 * MB),
        ),
        series(
          'gpu0.process.memory',
          ramp(5, (i) => (900 + 50 * (i % 2)) * MB),
        ),
        series(
          'framework.reserved',
          ramp(5, () => 400 * MB),
          null,
        ),
      ],
    });
    expect(found).toMatchObject([{ kind: 'context', bytes: 500 * MB, confidence: 'high' }]);
  });
});

describe('what is left', () => {
  const budget = budgetWith([
    ['forward', null, null, { params: 1000 * MB }, { params: 1000 * MB }],
  ]);

  it('is called unexplained, with its phase and its bytes', () => {
    const markers = phase('forward', 1, 0, 1000);
    const found = findingsFor({
      budget,
      markers,
      series: [
        series(
          'gpu0.memory.used',
          ramp(10, () => 1300 * MB),
        ),
      ],
    });
    expect(found).toMatchObject([{ kind: 'unexplained', bytes: 300 * MB, phase: 'forward' }]);
  });

  it('is told of a run without markers too, and not within the limits', () => {
    expect(
      findingsFor({
        budget,
        series: [
          series(
            'gpu0.memory.used',
            ramp(10, () => 700 * MB),
          ),
        ],
      }),
    ).toMatchObject([{ kind: 'unexplained', bytes: -300 * MB, phase: null }]);
    expect(
      kinds({
        budget,
        series: [
          series(
            'gpu0.memory.used',
            ramp(10, () => 1050 * MB),
          ),
        ],
      }),
    ).toEqual([]);
  });

  it('is none where a line that rests on one level is that of another precision, or of a larger context', () => {
    const model = preset('gpt2-large');
    const run = { mode: 'infer', framework: 'pytorch', batch: 1, seq: 128 } as const;
    const [declared, actual] = (['bf16', 'fp32'] as const).map((precision) =>
      computeBudget(model, runDefaults(model, { ...run, precision })),
    ) as [Budget, Budget];
    const { total } = actual.tiers.refined;
    const rest = (bytes: number) =>
      series(
        'gpu0.memory.used',
        ramp(60, (i) => (i < 5 ? 0 : Math.round(bytes))),
      );
    const told = (budget: Budget, bytes: number) =>
      findingsFor({
        budget,
        series: [rest(bytes)],
        baselines: { 'gpu0.memory.used': 0 },
        durationUs: 6_000_000,
      });
    expect(told(actual, total)).toEqual([]);
    expect(told(declared, total)).toMatchObject([
      { kind: 'dtype_mismatch', setting: { fits: 'fp32' }, confidence: 'low' },
    ]);
    expect(told(actual, total + 600 * MB)).toMatchObject([
      { kind: 'context', bytes: expect.any(Number) },
    ]);
  });

  it('is the part that a known context does not cover', () => {
    const all = [
      series(
        'gpu0.memory.used',
        ramp(10, () => 1600 * MB),
      ),
      series(
        'gpu0.process.memory',
        ramp(10, () => 1600 * MB),
      ),
      series(
        'framework.reserved',
        ramp(10, () => 1200 * MB),
        null,
      ),
    ];
    expect(findingsFor({ budget, series: all }).map(({ kind, bytes }) => [kind, bytes])).toEqual([
      ['context', 400 * MB],
      ['unexplained', 200 * MB],
    ]);
  });
});

describe('a trend', () => {
  it('is the least-squares slope with its 95% interval', () => {
    // Hand-worked: x 1..5, y 2, 4, 5, 4, 5: slope 0.6, s² = 2.4/3, SE = sqrt(0.8/10), t(3) = 3.182.
    const trend = fitTrend([2, 4, 5, 4, 5].map((y, i) => ({ x: i + 1, y })))!;
    expect(trend.slope).toBeCloseTo(0.6, 12);
    expect(trend.halfWidth).toBeCloseTo(3.182 * Math.sqrt(0.08), 9);
    expect(trend.r2).toBeCloseTo(0.6, 12);
    expect(
      fitTrend([
        { x: 1, y: 1 },
        { x: 2, y: 2 },
      ]),
    ).toBeNull();
  });
});
