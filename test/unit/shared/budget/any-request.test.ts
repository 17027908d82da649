/** Whatever is asked for is answered or refused: never an exception, never a figure that is no number, and at once. */
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../../src/shared/base/failure';
import { computeBudget } from '../../../../src/shared/budget/budget';
import { GPUS } from '../../../../src/shared/hardware/gpus';
import { preset, presetNames } from '../../../../src/shared/model/presets';
import { runDefaults } from '../../../../src/shared/model/run';
import { RUN_SETTINGS, SETTING_NAMES } from '../../../../src/shared/model/settings';
import type { ModelSpec, RunSpec } from '../../../../src/shared/model/spec';
import { checkKinds, checkModel, checkRun } from '../../../../src/shared/model/validate';
import { buildPlan } from '../../../../src/shared/planning/plan';
import { pick, randomFrom } from '../../../support/random-runs';

const NUMBERS = [
  0,
  1,
  2,
  3,
  4,
  7,
  8,
  64,
  512,
  4096,
  1e6,
  1e9,
  -1,
  0.5,
  1.5,
  2 ** 53,
  2 ** 60,
  Number.NaN,
  Number.POSITIVE_INFINITY,
];
const SIZES = [
  'layers',
  'hidden',
  'heads',
  'kvHeads',
  'headDim',
  'ffn',
  'vocab',
  'maxPositions',
] as const;
const MILLISECONDS = 100;

function anyModel(random: () => number): ModelSpec {
  const model = { ...preset(pick(random, presetNames())) };
  const changed = random() < 0.5 ? {} : { [pick(random, SIZES)]: pick(random, NUMBERS) };
  return { ...model, ...changed };
}

/** A few settings at values of their own kind or at any number. */
function anyRun(random: () => number, model: ModelSpec): RunSpec {
  const given: Record<string, unknown> = { framework: random() < 0.9 ? 'pytorch' : 'tfjs' };
  for (let i = Math.floor(random() * 6); i > 0; i--) {
    const name = pick(random, SETTING_NAMES);
    const { kind } = RUN_SETTINGS[name];
    const choices: readonly unknown[] = 'choices' in kind && kind.choices ? kind.choices : NUMBERS;
    given[name] = pick(random, random() < 0.85 ? choices : NUMBERS);
  }
  // As the engine does with what a caller hands in: values of the wrong kind never reach the defaults.
  checkKinds(given as Partial<RunSpec>);
  return runDefaults(model, given as Partial<RunSpec>);
}

/** Milliseconds of this process's own time, which a busy machine does not stretch. */
function ownMilliseconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function refusalOf(work: () => void): Failure | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

/** Figures that are no count of anything, by where they stand. */
function impossibleFigures(value: unknown, at = ''): readonly string[] {
  if (typeof value === 'number')
    return Number.isFinite(value) && value >= 0 ? [] : [`${at} ${value}`];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => impossibleFigures(each, `${at}.${key}`));
}

describe('any request', () => {
  it('is answered in finite figures or refused in one sentence, within a tenth of a second', () => {
    const random = randomFrom(2027);
    let answered = 0;
    for (let i = 0; i < 3200; i++) {
      const model = anyModel(random);
      let refusal: Failure | null = null;
      const asked = () => JSON.stringify({ model, i });
      const spent = ownMilliseconds(() => {
        refusal = refusalOf(() => {
          checkModel(model);
          const run = anyRun(random, model);
          checkRun(model, run);
          const { run: _, ...budget } = computeBudget(model, run);
          expect(impossibleFigures(budget), JSON.stringify({ model, run })).toEqual([]);
          answered++;
        });
      });
      expect(spent, asked()).toBeLessThan(MILLISECONDS);
      if (refusal === null) continue;
      const { message, remedy } = refusal as Failure;
      expect(message, asked()).toMatch(/^[^\n]+\.$/);
      expect(remedy, asked()).toMatch(/^[^\n]+\.$/);
    }
    expect(answered).toBeGreaterThan(500);
  });

  it('of a plan is answered too, whatever fits', () => {
    const random = randomFrom(7);
    for (let i = 0; i < 60; i++) {
      const model = anyModel(random);
      refusalOf(() => {
        checkModel(model);
        const run = anyRun(random, model);
        checkRun(model, run);
        const { gpu, fits } = buildPlan(model, run, GPUS, pick(random, GPUS));
        for (const fit of gpu ? [gpu, ...fits] : fits)
          expect(Number.isFinite(fit.headroomBytes), JSON.stringify({ model, run })).toBe(true);
      });
    }
  });

  it('of a billion layers or micro-batches is refused or answered at once', () => {
    const llama = preset('llama-3-8b');
    const many = { ...llama, layers: 1e9 };
    expect(ownMilliseconds(() => refusalOf(() => checkModel(many)))).toBeLessThan(MILLISECONDS);
    const run = runDefaults(llama, {
      mode: 'train',
      framework: 'pytorch',
      pp: 2,
      microBatches: 1e9,
    });
    expect(
      ownMilliseconds(() =>
        refusalOf(() => {
          checkRun(llama, run);
          computeBudget(llama, run);
        }),
      ),
    ).toBeLessThan(MILLISECONDS);
  });
});
