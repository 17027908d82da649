import { describe, expect, it } from 'vitest';
import { MiB } from '../../../../src/shared/base/units';
import { computeBudget } from '../../../../src/shared/budget/budget';
import { applyLearned, learnedFor } from '../../../../src/shared/learned/apply';
import { estimateConstants } from '../../../../src/shared/learned/estimate';
import type { Observation } from '../../../../src/shared/learned/types';
import { preset } from '../../../../src/shared/model/presets';
import { runDefaults } from '../../../../src/shared/model/run';

const machine = { gpu: 'NVIDIA L4', driver: '570.1', framework: 'pytorch 2.13.0' };
/** A session of a machine whose context is 500 MiB, whose libraries take 64 MiB and whose reserve is 8% of what it holds. */
const session = (i: number, own: Partial<Observation> = {}): Observation => ({
  ...machine,
  session: `s${i}`,
  ranks: 1,
  context: (500 + (i % 3) - 1) * MiB,
  workspace: (64 + (i % 3) - 1) * MiB,
  reserve: { bytes: 80 * (i + 1) * MiB, allocated: 1000 * (i + 1) * MiB },
  ...own,
});
const twelve = Array.from({ length: 12 }, (_, i) => session(i));

describe('constants learned from sessions', () => {
  it('are those of the machine, with how many told and how far apart they were', () => {
    const [known, ...others] = estimateConstants(twelve);
    expect(others).toEqual([]);
    expect(known).toEqual({
      ...machine,
      sessions: 12,
      figures: {
        context: { typical: 500 * MiB, low: 499 * MiB, high: 501 * MiB, sessions: 12 },
        workspace: { typical: 64 * MiB, low: 63 * MiB, high: 65 * MiB, sessions: 12 },
        reserve: { typical: 80, low: 80, high: 80, sessions: 12 },
      },
    });
  });

  it('do not mix machines, and are none where fewer than three tell', () => {
    const other = [20, 21].map((i) => session(i, { driver: '580.2', context: 900 * MiB }));
    expect(estimateConstants([...twelve, ...other]).map(({ driver }) => driver)).toEqual(['570.1']);
    const mute = twelve
      .slice(0, 4)
      .map((one, i) => ({ ...one, context: i < 2 ? one.context : null }));
    expect(estimateConstants(mute)[0]?.figures).not.toHaveProperty('context');
  });

  it('tell communication by what several ranks hold beyond the context of one', () => {
    const ranks = [30, 31, 32].map((i) => session(i, { ranks: 8, context: 860 * MiB }));
    const [known] = estimateConstants([...twelve, ...ranks]);
    expect(known?.figures.context?.typical).toBe(500 * MiB);
    expect(known?.figures.communication).toMatchObject({ typical: 360 * MiB, sessions: 3 });
  });
});

describe('a budget with what was learned', () => {
  const model = preset('gpt2');
  const budget = computeBudget(
    model,
    runDefaults(model, { mode: 'train', framework: 'pytorch', gpu: 'L4' }),
  );
  const [known] = estimateConstants(twelve);
  if (known === undefined) throw new Error('twelve sessions tell');

  it('has a field of its own beside the published constants, which stay what they are', () => {
    const before = structuredClone(budget);
    const learned = applyLearned(budget, known);
    expect(budget).toEqual(before);
    const levels = budget.tiers.refined.levels;
    const parts = Object.fromEntries(learned?.components.map((one) => [one.component, one]) ?? []);
    expect(Object.keys(parts)).toEqual(['context', 'workspace', 'reserve']);
    expect(parts.reserve?.bytes).toBe(Math.round(0.08 * (levels?.allocated ?? 0)));
    expect(parts.context).toMatchObject({
      bytes: 500 * MiB,
      published: budget.tiers.refined.components.context,
    });
    // What is allocated is theory's, but for the workspace; all above it is learned.
    const atRest = budget.tiers.refined.phases.find(({ phase }) => phase === 'optimizer');
    const workspace = 64 * MiB - (atRest?.endComponents.workspace ?? 0);
    expect(atRest?.endComponents.workspace).toBeLessThan(64 * MiB);
    expect(learned?.peak).toBe(
      (levels?.allocated ?? 0) + workspace + (parts.reserve?.bytes ?? 0) + 500 * MiB,
    );
  });

  it('is that of the GPU named, by its name in the catalogue, and of the framework', () => {
    expect(learnedFor([known], 'L4', 'pytorch')).toBe(known);
    expect(learnedFor([known], 'L40', 'pytorch')).toBeNull();
    expect(learnedFor([known], 'L4', 'tfjs')).toBeNull();
  });
});
