/** Phases found in the shape of a line alone. */
import { describe, expect, it } from 'vitest';
import {
  findShape,
  findStairs,
  splitIntoStages,
} from '../../../../../src/shared/divergence/overlay/segmentation';
import type { Mode } from '../../../../../src/shared/model/spec';
import type { SeriesData } from '../../../../../src/shared/trace/types';
import { budgetWith, MB, overlayOf, series } from '../../../../support/overlay-scenario';

/** Baseline 500; loading to 1500 from 2 s to 8 s; a first step at 2500 until 10 s; steady at 3500 until 28 s; the end. */
const level = (ms: number): number =>
  ms < 2000 ? 500 : ms < 8000 ? 1500 : ms < 10_000 ? 2500 : ms < 28_000 ? 3500 : 500;
const noise = (i: number) => ((i * 7919) % 5) - 2;
const trace = (everyMs: number, from = 0, to = 30_000, of = level) =>
  series(
    'gpu0.memory.used',
    Array.from(
      { length: Math.floor((to - from) / everyMs) },
      (_, i) => [i * everyMs, (of(from + i * everyMs) + noise(i)) * MB] as const,
    ),
    everyMs,
  );
const found = (line: SeriesData, mode: Mode = 'train') => {
  const shape = findShape(line, 500 * MB);
  return shape === null ? [] : splitIntoStages(shape, mode);
};
const stages = (...args: Parameters<typeof trace>) => found(trace(...args));

describe('phases without markers', () => {
  it('are those of the example that the file explains itself with', () => {
    const GiB = 1024 * MB;
    const levels = [
      [2, 0],
      [2, 0.5],
      [6, 3],
      [5, 5],
      [10, 8],
      [3, 0],
    ] as const;
    const heights = levels.flatMap(([samples, height]) => Array<number>(samples).fill(height));
    const line = series(
      'gpu0.memory.used',
      heights.map((height, i) => [i * 100, height * GiB] as const),
    );
    const shape = findShape(line, 0)!;
    expect(shape.least).toBe(0.015 * 8 * GiB);
    expect(splitIntoStages(shape, 'train').map(({ stage, samples }) => [stage, samples])).toEqual([
      ['load', 8],
      ['first-step', 5],
      ['steady', 10],
    ]);
  });

  it.each([1, 10, 100, 500])(
    'are told from the levels that a run rests on, not from those of a climb read every %i ms',
    (everyMs) => {
      // To 1500 within 4 s, rest, to 3500 within 4 s, rest.
      const climb = (ms: number) => 500 + 1000 * Math.min(1, Math.max(0, (ms - 1000) / 4000));
      const of = (ms: number) => climb(ms) + 2 * (climb(ms - 9000) - 500);
      const shape = findShape(trace(everyMs, 0, 30_000, of), 500 * MB)!;
      const heights = findStairs(shape)!.heights.map((height) => height / MB);
      expect(heights).toHaveLength(2);
      expect(heights[0]).toBeCloseTo(1000, -1.5);
      expect(heights[1]).toBeCloseTo(3000, -1.5);
    },
  );

  it.each([
    [1000, 1500],
    [100, 300],
    [1, 200],
  ])(
    'loading, the first step and the steady steps are found at one sample in %i ms',
    (everyMs, slack) => {
      const found = stages(everyMs).filter(({ stage }) => everyMs < 1000 || stage !== 'first-step');
      const at = Object.fromEntries(
        found.map(({ stage, t0, t1 }) => [stage, [t0 / 1000, t1 / 1000]]),
      );
      const near = (stage: string, t0: number, t1: number) => {
        expect(Math.abs(at[stage]![0]! - t0), `${stage} begins`).toBeLessThanOrEqual(slack);
        expect(Math.abs(at[stage]![1]! - t1), `${stage} ends`).toBeLessThanOrEqual(slack);
      };
      near('load', 2000, 8000);
      near('steady', 10_000, 28_000);
      if (everyMs < 1000) near('first-step', 8000, 10_000);
    },
  );

  it('are not made up before a trace that starts late, or after one that ends early', () => {
    expect(stages(100, 12_000).map(({ stage }) => stage)).toEqual([]);
    const early = stages(100, 0, 9000).map(({ stage }) => stage);
    expect(early[0]).toBe('load');
    expect(early).not.toContain('first-step');
  });

  it('are not seen in noise, in a flat line or in next to nothing', () => {
    expect(stages(100, 0, 30_000, () => 500)).toEqual([]);
    expect(stages(100, 0, 30_000, () => 3500)).toEqual([]);
    expect(findShape(series('gpu0.memory.used', []), 0)).toBeNull();
    expect(findShape(series('gpu0.memory.used', [[0, 5 * MB]]), 0)).toBeNull();
  });

  it('of generation are loading, prefill where it stands out, and decoding', () => {
    const of = (ms: number) =>
      ms < 1000
        ? 500
        : ms < 6000
          ? 1500
          : ms < 7000
            ? 2600
            : ms < 20_000
              ? 2000 + (ms - 7000) / 100
              : 500;
    const generation = found(trace(100, 0, 22_000, of), 'generate');
    expect(generation.map(({ stage }) => stage)).toEqual(['load', 'prefill', 'decode']);
    expect(generation.every(({ confidence }) => confidence !== 'low')).toBe(true);
  });

  it('become rows of the overlay, marked as inferred, only where the workload announced none', () => {
    const budget = budgetWith(
      [
        ['load', null, null, { params: 1000 * MB }, { params: 1000 * MB }],
        ['forward', 1, 1, { params: 1000 * MB, activations: 1000 * MB }, { params: 1000 * MB }],
        ['forward', 2, 9, { params: 1000 * MB, activations: 2000 * MB }, { params: 1000 * MB }],
      ],
      { mode: 'train', framework: 'pytorch' },
    );
    const input = {
      budget,
      series: [trace(100)],
      baselines: { 'gpu0.memory.used': 500 * MB },
      durationUs: 30_000_000,
    };
    const rows = overlayOf(input).phases;
    expect(rows.map(({ phase, step, inferred }) => [phase, step, inferred])).toEqual([
      ['load', null, true],
      ['forward', 1, true],
      ['forward', 2, true],
    ]);
    expect(rows.some(({ flagged }) => flagged)).toBe(false);
    expect(rows[2]!.confidence).toBe('high');
    expect(overlayOf({ ...input, budget: null }).phases).toEqual([]);
  });
});
