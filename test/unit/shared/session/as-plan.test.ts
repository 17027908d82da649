import { describe, expect, it } from 'vitest';
import { COMPONENTS } from '../../../../src/shared/base/vocabulary';
import { computeBudget } from '../../../../src/shared/budget/budget';
import { peakBytes } from '../../../../src/shared/budget/peak';
import { preset } from '../../../../src/shared/model/presets';
import { runDefaults } from '../../../../src/shared/model/run';
import { describeRun, saidBeside } from '../../../../src/shared/planning/resolve-run';
import { planDocument } from '../../../../src/shared/present/spec-documents';
import { openAsPlan } from '../../../../src/shared/session/as-plan';
import { buildDocument } from '../../../../src/shared/session/document';
import type { SessionDocument } from '../../../../src/shared/session/session-document';
import { documentWith, MB, training } from '../../../support/overlay-scenario';
import { PLANTED, plantedSession } from '../../../support/planted-machine';

const model = preset('gpt2');
const run = runDefaults(model, { mode: 'train', framework: 'pytorch', batch: 4, gpu: 'T4' });
const measured = documentWith(training(6));
const theory = computeBudget(model, run).tiers.refined;
/**
 * A session of GPT-2 whose peak held these bytes beyond theory. Of what was measured by itself (context, the allocator's
 * reserve) a ledger has the whole in place of the prediction.
 */
const session = (
  beyond: readonly (readonly ['context' | 'allocator_reserve' | 'unexplained' | 'leak', number])[],
) => {
  const { overlay } = measured;
  if (overlay.series === null) throw new Error('the scenario measures');
  const residualBytes = beyond.reduce((sum, [, bytes]) => sum + bytes, 0);
  const own = new Map<string, 'context' | 'reserve'>([
    ['context', 'context'],
    ['allocator_reserve', 'reserve'],
  ]);
  const replaced = beyond.map(([kind]) => own.get(kind));
  const line = { source: 'test', resolution: 1 };
  const entries = [
    ...COMPONENTS.filter((component) => !replaced.some((one) => one === component)).map(
      (component) => ({
        ...line,
        kind: 'predicted' as const,
        component,
        bytes: theory.components[component] ?? 0,
      }),
    ),
    ...beyond.map(([kind, bytes]) => ({
      ...line,
      kind,
      bytes: bytes + (theory.components[own.get(kind) ?? 'kv_cache'] ?? 0),
    })),
  ];
  const bytes = theory.total + residualBytes;
  const peak = { phase: null, step: null, rank: 0, at: null, measured: bytes, entries };
  return {
    ...measured,
    model,
    run,
    overlay: {
      ...overlay,
      series: 'gpu0.memory.used',
      measuredPeak: { ...overlay.measuredPeak, bytes },
      residualBytes,
      ledger: { phases: [], peak },
    },
  } satisfies SessionDocument;
};

describe('a session opened as a plan', () => {
  it('carries what another run here would hold too, and names what it leaves behind', () => {
    const { residual, without } = openAsPlan(
      session([
        ['context', 120 * MB],
        ['unexplained', -20 * MB],
        ['leak', 300 * MB],
      ]),
    );
    expect(without).toBeNull();
    expect(residual).toMatchObject({ series: 'gpu0.memory.used', bytes: 100 * MB });
    expect(residual?.parts.filter(({ isCarried }) => !isCarried)).toMatchObject([
      { kind: 'leak', bytes: 300 * MB },
    ]);
  });

  it('needs for the same run what was measured, however much of that theory has, too', () => {
    const parts = [['context', 48 * MB] as const, ['allocator_reserve', 30 * MB] as const];
    for (const beyond of [[], parts.slice(0, 1), parts.slice(1), parts]) {
      const one = session(beyond);
      const { residual } = openAsPlan(one);
      expect(residual?.parts.map(({ kind, bytes }) => [kind, bytes])).toEqual(beyond);
      const same = planDocument(describeRun(model, run, 'pytorch'), residual);
      expect(same.carried?.expectedBytes).toBe(one.overlay.measuredPeak.bytes);
    }
  });

  it('at another batch needs what theory says of that batch, and the same residual', () => {
    const opened = openAsPlan(session([['context', 120 * MB]]));
    const larger = describeRun(opened.model, saidBeside(opened.run, { batch: 16 }), 'pytorch');
    expect(larger.run).toEqual({ ...run, batch: 16 });
    const plan = planDocument(larger, opened.residual);
    expect(plan.carried?.expectedBytes).toBe(peakBytes(model, { ...run, batch: 16 }) + 120 * MB);
    expect(plan.carried?.gpu?.headroomBytes).toBe((plan.gpu?.headroomBytes ?? 0) - 120 * MB);
    // Theory's own answer stays what it is.
    expect(plan.gpu).toEqual(planDocument(larger).gpu);
  });

  it('says why it carries nothing, and refuses where nothing tells what ran', () => {
    const { overlay } = session([]);
    const host = { ...session([['unexplained', MB]]), overlay: { ...overlay, series: 'tree.rss' } };
    expect(openAsPlan(host)).toMatchObject({
      residual: null,
      without: expect.stringMatching('host memory'),
    });
    expect(openAsPlan({ ...session([]), status: 'recording' }).without).toMatch(/recorded/);
    expect(() => openAsPlan({ ...session([]), model: null })).toThrow(/neither model nor run/);
  });
});

describe('sessions of machines with constants of their own, opened as plans', () => {
  const sizes = [2, 4, 8];
  const constants = [
    { context: 300 * MB, reserve: 0, workspace: 0 },
    { context: 440 * MB, reserve: 0.006, workspace: 0 },
    { context: 900 * MB, reserve: 0.05, workspace: 24 * MB },
    { context: 426 * MB, reserve: 0.2, workspace: 50 * MB },
  ];
  const cases = constants.flatMap((own) =>
    [1, 2].flatMap((ranks) =>
      sizes.map((batch) => ({ machine: { ...PLANTED, ...own }, batch, ranks })),
    ),
  );

  it.each(cases)(
    'hold what is beyond theory once, by its name: $machine.context, $machine.reserve at batch $batch on $ranks',
    ({ machine, batch, ranks }) => {
      const document = buildDocument(plantedSession('s', machine, { batch, ranks }));
      const opened = openAsPlan(document);
      const { refined } = (({ perRank, tiers }) => perRank ?? tiers)(
        computeBudget(opened.model, opened.run),
      );
      const part = (...kinds: string[]) =>
        opened
          .residual!.parts.filter(({ kind }) => kinds.includes(kind))
          .reduce((sum, { bytes }) => sum + bytes, 0);
      expect(part('context')).toBe(machine.context - refined.components.context!);
      const { allocated, reserved } = document.overlay.allocator!;
      expect(part('allocator_reserve', 'fragmentation')).toBe(
        reserved - allocated - refined.components.reserve!,
      );
      expect(part('unexplained')).toBe(machine.workspace);
      // What the allocator took is one part, less what theory has for it, or none where they are the same.
      const ofAllocator = opened.residual!.parts.filter(({ kind }) =>
        ['allocator_reserve', 'fragmentation'].includes(kind),
      );
      expect(ofAllocator.length).toBeLessThanOrEqual(1);
      expect(opened.residual!.bytes).toBe(document.overlay.residualBytes);

      const again = planDocument(describeRun(opened.model, opened.run, 'pytorch'), opened.residual);
      expect(again.carried!.expectedBytes).toBe(document.overlay.measuredPeak!.bytes);
      const larger = describeRun(opened.model, saidBeside(opened.run, { batch: 16 }), 'pytorch');
      const plan = planDocument(larger, opened.residual);
      expect(plan.carried!.expectedBytes - opened.residual!.bytes).toBe(
        peakBytes(opened.model, { ...opened.run, batch: 16 }),
      );
    },
  );
});

describe('what is said beside a recorded run', () => {
  const ragged = { ...run, lengths: [3, 9], batch: 2, seq: 9 };
  it('keeps its ragged batch until a batch, a length or other lengths are said', () => {
    expect(describeRun(model, saidBeside(ragged, {}), 'pytorch').run).toMatchObject({
      lengths: [3, 9],
      batch: 2,
      seq: 9,
    });
    expect(describeRun(model, saidBeside(ragged, { batch: 4 }), 'pytorch').run).toMatchObject({
      batch: 4,
      seq: 9,
    });
    expect(saidBeside(ragged, { batch: 4 })).not.toHaveProperty('lengths');
    expect(describeRun(model, saidBeside(run, { lengths: [5, 7] }), 'pytorch').run).toMatchObject({
      batch: 2,
      seq: 7,
    });
  });
});
