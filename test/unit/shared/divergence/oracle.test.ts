/** The benchmark's own judge of what a trace can tell, on runs whose answer is known. */
import { expect, test } from 'vitest';
import { MiB } from '../../../../src/shared/base/units';
import { computeBudget } from '../../../../src/shared/budget/budget';
import { preset } from '../../../../src/shared/model/presets';
import { runDefaults } from '../../../../src/shared/model/run';
import type { RunSpec } from '../../../../src/shared/model/spec';
import { findRivals } from '../../../bench/divergence/oracle';
import type { Cause, Plan } from '../../../bench/divergence/plan';

const model = preset('qwen2.5-0.5b');
const declared = computeBudget(
  model,
  runDefaults(model, {
    mode: 'infer',
    framework: 'pytorch',
    batch: 1,
    seq: 512,
    precision: 'bf16',
    attention: 'sdpa',
  }),
);

/** `change`: of the run that was. */
const planOf = (cause: Cause, change: Partial<RunSpec>, contextBytes: number, more = {}): Plan =>
  ({
    model,
    declared,
    actual: computeBudget(model, { ...declared.run, ...change }),
    causes: [cause],
    contextBytes,
    logitsCopies: 0,
    markers: 'none',
    intervalUs: 100_000,
    isTwin: false,
    ...more,
  }) as unknown as Plan;

const assumed = declared.tiers.refined.components.context ?? 0;

test('three times a batch of logits in bf16 is a copy of them in fp32', () => {
  const rivals = findRivals(planOf('batch', { batch: 3 }, assumed));
  expect(rivals).toEqual(['logits']);
});

test('a larger context is told where its own level is read, and what announces phases is not asked', () => {
  const larger = assumed + 500 * MiB;
  expect(findRivals(planOf('context', {}, larger, { intervalUs: 1000 }))).toEqual([]);
  expect(findRivals(planOf('batch', { batch: 3 }, assumed, { markers: 'phases' }))).toEqual([]);
});

test('what is changed by less than the errors of any run is the clean one', () => {
  expect(findRivals(planOf('context', {}, assumed + 10 * MiB))).toContain('clean');
});
