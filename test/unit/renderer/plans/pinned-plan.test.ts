/** A pinned plan outlives its window, what is none is none, and the session says how it stands to it. */
import { describe, expect, test } from 'vitest';
import { EMPTY_DRAFT } from '../../../../src/renderer/plans/draft';
import { readPlan, storePlan } from '../../../../src/renderer/plans/pinned-plan';
import { FIRST_FORM, readForm, withPlan } from '../../../../src/renderer/views/record/record-form';
import { planKept } from '../../../../src/shared/present/plan-kept';

const plan = {
  title: 'llama-3-8b, train, batch 4',
  peakBytes: 12 * 2 ** 30,
  draft: { ...EMPTY_DRAFT, model: 'llama-3-8b', settings: { mode: 'train', batch: '4' } },
};

describe('a pinned plan', () => {
  test('is read as it was stored, and nothing else is one', () => {
    expect(readPlan(storePlan(plan))).toEqual(plan);
    for (const text of [
      null,
      '',
      '{',
      '[]',
      'null',
      '{"title":1}',
      '{"title":"x","peakBytes":-1,"parameters":[]}',
    ])
      expect(readPlan(text), String(text)).toBeNull();
  });

  test('declares the recording that is held against it', () => {
    const form = withPlan(
      { ...FIRST_FORM, command: { ...FIRST_FORM.command, command: 'python t.py' } },
      plan,
    );
    expect(readForm(form).request).toMatchObject({
      command: ['python', 't.py'],
      model: { name: 'llama-3-8b' },
      run: { mode: 'train', batch: 4 },
    });
  });

  test('stands in the session beside what was measured', () => {
    const session = (bytes: number | null) => ({
      status: 'complete' as const,
      workload: { plan },
      overlay: { measuredPeak: bytes === null ? null : { bytes } },
    });
    expect(planKept(session(13 * 2 ** 30))).toBe(
      '12.0 GiB were planned (llama-3-8b, train, batch 4); measured is 13.0 GiB, +8.3%.',
    );
    expect(planKept(session(null))).toContain('nothing was measured yet');
    expect(planKept({ ...session(1), workload: {} })).toBeNull();
    const planned = '12.0 GiB were planned (llama-3-8b, train, batch 4)';
    expect(planKept({ ...session(12 * 2 ** 30), status: 'failed' })).toBe(
      `${planned}; 12.0 GiB were measured when it failed.`,
    );
    const host = { measuredPeak: { bytes: 2 ** 20 }, hostBesideGpu: true as const };
    expect(planKept({ ...session(1), overlay: host })).toBe(
      `${planned} for a GPU, of which nothing was measured.`,
    );
  });
});
