/** What a sampling thread hands over, and which source of GPU readings is chosen. */
import { describe, expect, test } from 'vitest';
import { chooseGpuSources } from '../../../../../src/main/telemetry/gpu-choice';
import {
  counterPeriod,
  MEMORY,
  seriesTable,
} from '../../../../../src/main/telemetry/nvml/counters';
import { GPU_SOURCES } from '../../../../../src/main/telemetry/registry';
import {
  BatchBuilder,
  listBuffers,
  runsIn,
  type SampleBatch,
} from '../../../../../src/main/telemetry/thread/sample-batch';
import { ABSENT_REASONS } from '../../../../../src/shared/base/vocabulary';

describe('a batch of readings', () => {
  const taken = (batch: SampleBatch) =>
    [...runsIn(batch)].map(({ series, times, values, absent }) => ({
      series,
      absent,
      times: [...times],
      values: [...values],
    }));

  test('holds the readings of each series in order, however many and however mixed', () => {
    const builder = new BatchBuilder(7);
    for (let i = 0; i < 3000; i++) builder.value(i % 7, 10 * i, 2 ** 40 + i);
    const runs = taken(builder.take());
    expect(runs.map(({ series, absent }) => [series, absent])).toEqual(
      Array.from({ length: 7 }, (_, series) => [series, null]),
    );
    for (const { series, times, values } of runs) {
      const own = Array.from({ length: 3000 }, (_, i) => i).filter((i) => i % 7 === series);
      expect(times).toEqual(own.map((i) => 10 * i));
      expect(values).toEqual(own.map((i) => 2 ** 40 + i));
    }
  });

  test('keeps every reason of absence apart from every value, 0 included', () => {
    const builder = new BatchBuilder(1);
    builder.value(0, 1, 0);
    for (const [i, reason] of ABSENT_REASONS.entries()) builder.absent(0, 2 + i, reason);
    builder.value(0, 90, 3);
    expect(taken(builder.take()).map(({ times, absent }) => [times, absent])).toEqual([
      [[1], null],
      ...ABSENT_REASONS.map((reason, i) => [[2 + i], reason]),
      [[90], null],
    ]);
  });

  test('can be given away without disturbing the next one', () => {
    const builder = new BatchBuilder(3);
    builder.value(1, 5, 50);
    structuredClone(null, { transfer: listBuffers(builder.take()) });
    expect(builder.length).toBe(0);
    builder.value(2, 6, 60);
    expect(taken(builder.take())).toEqual([{ series: 2, absent: null, times: [6], values: [60] }]);
  });
});

describe('the series of a GPU', () => {
  const gpu = (extras: readonly string[]) => ({
    index: 3,
    uuid: 'GPU-3',
    memoryVersion: 2 as const,
    extras,
  });

  test('are those of the nvidia-smi stream, and what the GPU has beyond them', () => {
    const shared = [
      'memory.used',
      'utilization',
      'memory.utilization',
      'power',
      'temperature',
      'clock.sm',
    ].map((metric) => `gpu3.${metric}`);
    expect(new Set(seriesTable([gpu([])], 100).map(({ id }) => id))).toEqual(
      new Set([...shared, 'sampler.read']),
    );
    expect(seriesTable([gpu(['power.instant'])], 100).map(({ id }) => id)).toContain(
      'gpu3.power.instant',
    );
  });

  test('only memory follows an interval of a millisecond', () => {
    expect(counterPeriod(MEMORY, 1)).toBe(1);
    const fast = seriesTable([gpu(['power.instant', 'power.mean'])], 1).filter(
      ({ intervalUs }) => intervalUs !== null && intervalUs < 100_000,
    );
    expect(fast.map(({ id }) => id)).toEqual(['gpu3.memory.used']);
  });

  test('all follow an interval of two seconds', () => {
    expect(
      new Set(
        seriesTable([gpu([])], 2000)
          .filter(({ id }) => id.startsWith('gpu'))
          .map(({ intervalUs }) => intervalUs),
      ),
    ).toEqual(new Set([2_000_000]));
  });
});

describe('the choice of a GPU source', () => {
  const choose = (env: NodeJS.ProcessEnv) => {
    const { sources, why } = chooseGpuSources(env, GPU_SOURCES);
    const ids = sources.map(({ id }) => id);
    return { nvml: ids.includes('nvml'), nvidiaSmi: ids.includes('nvidia-smi'), why };
  };

  test.each([
    ['nothing said', {}, true, true],
    ['NVML forced', { PLUMBLINE_SOURCE: 'nvml', PLUMBLINE_NVIDIA_SMI: '/bin/smi' }, true, false],
    [
      'nvidia-smi forced',
      { PLUMBLINE_SOURCE: 'nvidia-smi', PLUMBLINE_NVML: '/lib/nvml' },
      false,
      true,
    ],
    ['only an nvidia-smi named', { PLUMBLINE_NVIDIA_SMI: '/bin/smi' }, false, true],
    ['only a library named', { PLUMBLINE_NVML: '/lib/nvml' }, true, true],
    ['both named', { PLUMBLINE_NVIDIA_SMI: '/bin/smi', PLUMBLINE_NVML: '/lib/nvml' }, true, true],
  ])('with %s', (_, env, nvml, nvidiaSmi) => {
    const choice = choose(env);
    expect([choice.nvml, choice.nvidiaSmi]).toEqual([nvml, nvidiaSmi]);
    expect(choice.why === null).toBe(nvml && nvidiaSmi);
  });

  test('with a word it does not know, it says so and tries both', () => {
    expect(choose({ PLUMBLINE_SOURCE: 'dcgm' })).toEqual({
      nvml: true,
      nvidiaSmi: true,
      why: 'PLUMBLINE_SOURCE=dcgm is neither nvml nor nvidia-smi',
    });
  });
});
