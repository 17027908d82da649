import { describe, expect, it } from 'vitest';
import { compareSessions } from '../../../../src/shared/session/compare';
import { documentWith, MB, series, training } from '../../../support/overlay-scenario';

function session(name: string, leak: number, batch = 1) {
  const made = training(4, leak);
  const budget = { ...made.budget, run: { ...made.budget.run, batch } };
  return {
    budget,
    doc: documentWith({ ...made, budget, mustMatchExactly: true }, { name, id: name }),
  };
}

describe('a comparison', () => {
  const a = session('before', 0);
  const b = session('after', 9 * MB, 2);
  const comparison = compareSessions([a.doc, b.doc], [a.budget, b.budget]);

  it('holds the peaks, and the change against the first', () => {
    // Backward of step 4 stands three leaks above the 450 MiB it should be.
    expect(comparison.peak).toEqual({
      measured: [450 * MB, 477 * MB],
      predicted: [450 * MB, 450 * MB],
      changeBytes: [null, 27 * MB],
      changePercent: [null, 6],
    });
    expect(comparison.time).toEqual({
      durationUs: [1_300_000, 1_300_000],
      changePercent: [null, 0],
    });
  });

  it('lists only settings that differ', () => {
    expect(comparison.differences.config).toEqual([{ field: 'batch', values: [1, 2] }]);
  });

  it('sets components and phases beside each other', () => {
    expect(comparison.differences.components).toContainEqual({
      component: 'workspace',
      predicted: [0, 0],
      measured: [0, 27 * MB],
    });
    expect(comparison.differences.phases).toContainEqual({
      phase: 'backward',
      measured: [450 * MB, 477 * MB],
      predicted: [450 * MB, 450 * MB],
      durationUs: [400_000, 400_000],
    });
  });

  it('ends in the figures, and in what was found in one of the two alone', () => {
    expect(comparison.verdict).toBe(
      '“after” peaks at 477 MiB, 27.0 MiB (6.0%) more than “before” (450 MiB), and took 1.30 s, just as long, with batch 2 instead of 1. Found in “after” alone: memory grows by 9.00 MiB every step beyond the prediction.',
    );
  });

  it('of sessions of one name tells them by what differs, or as runs', () => {
    const [one, two] = [session('same', 0), session('same', 9 * MB, 2)];
    const twin = session('same', 0);
    const tell = (...all: (typeof one)[]) =>
      compareSessions(
        all.map(({ doc }) => doc),
        all.map(({ budget }) => budget),
      ).verdict;
    expect(tell(one, two)).toContain(
      '“batch 2” peaks at 477 MiB, 27.0 MiB (6.0%) more than “batch 1”',
    );
    expect(tell(one, twin)).toContain('“same, run 2” peaks at the same 450 MiB as “same, run 1”');
  });

  it('of sessions without measurements says so', () => {
    const empty = documentWith({ durationUs: 0 }, { name: 'empty', id: 'empty' });
    const { peak, verdict } = compareSessions([a.doc, empty], [a.budget, null]);
    expect(peak).toMatchObject({
      measured: [450 * MB, null],
      predicted: [450 * MB, null],
      changeBytes: [null, null],
    });
    expect(verdict).toMatch(/cannot be compared, as “empty” has no measured memory/);
  });

  it('tells no share of nothing, and no settings that nobody declared', () => {
    const host = (name: string, bytes: number) =>
      documentWith(
        { durationUs: 1_000_000, series: [series('tree.rss', [[0, bytes]])] },
        { name, id: name, model: null, run: null },
      );
    expect(compareSessions([host('none', 0), host('some', 2 * MB)], [null, null]).verdict).toBe(
      '“some” peaks at 2.00 MiB, 2.00 MiB more than “none” (0 B), and took 1.00 s, just as long, with no model and run declared.',
    );
  });

  it('holds host memory against no memory of a GPU or framework', () => {
    const host = documentWith(
      { durationUs: 1_000_000, series: [series('tree.rss', [[0, MB]])] },
      { name: 'host' },
    );
    for (const docs of [
      [a.doc, host],
      [host, a.doc],
    ]) {
      const { peak, rows, verdict } = compareSessions(docs, [null, null]);
      expect(peak.measured).toContain(MB);
      expect(peak).toMatchObject({ changeBytes: [null, null], changePercent: [null, null] });
      expect(rows.find(({ key }) => key === 'peak')?.changes).toEqual([null, null]);
      expect(verdict).toMatch(/, which is not held against the /);
    }
  });

  it('says of a run that failed how far its figures go, however much they are alike', () => {
    const failed = { ...a.doc, id: 'f', name: 'broken', status: 'failed' as const };
    const { verdict } = compareSessions([a.doc, failed], [a.budget, a.budget]);
    expect(verdict).toMatch(/“broken” failed: its figures go as far as the run came\.$/);
    expect(compareSessions([a.doc, b.doc], [a.budget, b.budget]).verdict).not.toMatch(/failed/);
  });

  it('warns where the lines are not the same', () => {
    const other = documentWith(
      { durationUs: 1_000_000, series: [series('tree.rss', [[0, MB]])] },
      { name: 'host' },
    );
    expect(compareSessions([a.doc, other], [a.budget, null]).verdict).toMatch(
      /measured on different lines/,
    );
  });
});
