/** Constants that were planted in sessions are what is learned from them, and what a later budget then predicts is measured. */
import { describe, expect, it } from 'vitest';
import { MiB } from '../../../../src/shared/base/units';
import { computeBudget } from '../../../../src/shared/budget/budget';
import { applyLearned } from '../../../../src/shared/learned/apply';
import { estimateConstants } from '../../../../src/shared/learned/estimate';
import type { LearnedConstants } from '../../../../src/shared/learned/types';
import { preset } from '../../../../src/shared/model/presets';
import { buildDocument } from '../../../../src/shared/session/document';
import { observeSession } from '../../../../src/shared/session/observe-machine';
import {
  PLANTED,
  type PlantedMachine,
  plantedRun,
  plantedSession,
  SEGMENT,
} from '../../../support/planted-machine';

const BATCHES = [2, 4, 8];
const theory = (batch: number) => computeBudget(preset('gpt2'), plantedRun(batch)).tiers.refined;

/** What three runs of different size tell of the machine, and as many of two ranks. */
function learn(own: Partial<PlantedMachine>): LearnedConstants {
  const machine = { ...PLANTED, ...own };
  const observations = [1, 2].flatMap((ranks) =>
    BATCHES.map((batch) => {
      const document = buildDocument(plantedSession('s', machine, { batch, ranks }));
      const observed = observeSession(document);
      if (typeof observed === 'string')
        throw new Error(`${observed}: ${document.findings.map(({ title }) => title).join('; ')}`);
      return observed;
    }),
  );
  const [known] = estimateConstants(observations);
  if (known === undefined) throw new Error('six sessions tell');
  return known;
}

describe('what was planted is learned', () => {
  it.each([0, 0.006, 0.05, 0.2])('a reserve of %d of what is allocated', (reserve) => {
    const { figures } = learn({ reserve });
    const { typical, low, high, sessions } = figures.reserve!;
    expect(sessions).toBe(6);
    // Whole segments are taken, which adds less than one of them to the smallest run.
    const rounding = (1000 * SEGMENT) / theory(BATCHES[0]!).levels!.allocated;
    expect(low).toBeGreaterThanOrEqual(1000 * reserve);
    expect(high).toBeLessThan(1000 * reserve + rounding * 1.01);
    expect(typical).toBeGreaterThanOrEqual(low);
    expect(typical).toBeLessThanOrEqual(high);
  });

  it.each([300, 440, 900])('a context of %d MiB, be it the published one or another', (size) => {
    const { figures } = learn({ context: size * MiB });
    const bytes = size * MiB;
    expect(figures.context).toEqual({ typical: bytes, low: bytes, high: bytes, sessions: 3 });
  });

  it.each([0, 20, 40])('workspaces of %d MiB beyond the published ones', (size) => {
    const { figures } = learn({ workspace: size * MiB });
    const rest = theory(4).phases.find(({ phase }) => phase === 'optimizer')!.endComponents;
    expect(figures.workspace).toMatchObject({
      typical: (rest.workspace ?? 0) + size * MiB,
      sessions: 3,
    });
  });

  it.each([0, 48, 260])('communication of %d MiB, beside the context of one alone', (size) => {
    const { figures } = learn({ communication: size * MiB });
    expect(figures.context?.typical).toBe(PLANTED.context);
    expect(figures.communication).toMatchObject({ typical: size * MiB, sessions: 3 });
  });
});

describe('a budget with what was learned', () => {
  const machine = {
    ...PLANTED,
    context: 700 * MiB,
    communication: 260 * MiB,
    reserve: 0.05,
    workspace: 30 * MiB,
  };
  const known = learn(machine);

  it.each([
    [1, 1],
    [3, 1],
    [16, 1],
    [3, 2],
    [16, 2],
  ])('is what a run at batch %d on %d ranks then takes', (batch, ranks) => {
    const budget = computeBudget(preset('gpt2'), plantedRun(batch, ranks > 1 ? { dp: ranks } : {}));
    const { overlay } = buildDocument(plantedSession('later', machine, { batch, ranks }));
    const { peak } = applyLearned(budget, known)!;
    const beyond = (predicted: number) => Math.abs(overlay.measuredPeak!.bytes - predicted);
    expect(beyond(peak)).toBeLessThan(0.004 * peak);
    const { refined } = budget.perRank ?? budget.tiers;
    expect(beyond(refined.total)).toBeGreaterThan(20 * beyond(peak));
  });
});

describe('the ledger of such a session', () => {
  it.each([0.006, 0.05, 0.2])('has a reserve of %d once, and nothing unexplained', (reserve) => {
    const machine = { ...PLANTED, reserve };
    const { overlay } = buildDocument(plantedSession('s', machine));
    const { allocated, reserved } = overlay.allocator!;
    for (const row of overlay.ledger!.phases) {
      const of = (...kinds: string[]) =>
        row.entries
          .filter(({ kind }) => kinds.includes(kind))
          .reduce((sum, { bytes }) => sum + bytes, 0);
      expect(of('unexplained')).toBe(0);
      expect(of('context')).toBe(PLANTED.context);
      if (row.measured !== overlay.measuredPeak!.bytes) continue;
      expect(of('fragmentation')).toBe(reserved - allocated);
    }
    expect(overlay.ledger!.peak.entries.map(({ kind }) => kind)).not.toContain('allocator_reserve');
  });
});
