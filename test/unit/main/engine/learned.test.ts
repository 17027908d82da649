import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { Learning } from '../../../../src/main/engine/learned';
import {
  keepObservations,
  keptObservations,
  learnedConstants,
} from '../../../../src/main/store/learned-file';
import { MiB } from '../../../../src/shared/base/units';
import type { LedgerEntry } from '../../../../src/shared/divergence/overlay/types';
import { preset } from '../../../../src/shared/model/presets';
import { runDefaults } from '../../../../src/shared/model/run';
import { observeSession } from '../../../../src/shared/session/observe-machine';
import type { SessionDocument } from '../../../../src/shared/session/session-document';
import { documentWith, training } from '../../../support/overlay-scenario';

const dir = mkdtempSync(join(tmpdir(), 'plumbline-learned-'));
const file = (id: string) => join(dir, `${id}.plumbline`);
afterEach(() => rmSync(join(dir, 'learned.json'), { force: true }));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const measured = documentWith(training(4));
const entry = (kind: LedgerEntry['kind'], bytes: number, source: string): LedgerEntry => ({
  kind,
  bytes,
  source,
  resolution: 1,
});

/**
 * A session on a GPU with 480 MiB of context, whose allocator keeps 100 MiB beyond the 1000 MiB it was ever asked for, 300
 * of which are free at the peak of the process.
 */
function session(id: string, own: Partial<SessionDocument> = {}): SessionDocument {
  const { overlay, environment } = measured;
  if (overlay.series === null) throw new Error('the scenario measures');
  const entries = [
    entry('predicted', 700 * MiB, 'budget'),
    entry('allocator_reserve', 300 * MiB, 'framework.reserved − framework.allocated'),
    entry('fragmentation', 100 * MiB, 'framework.reserved − greatest framework.allocated'),
    entry('context', 480 * MiB, 'gpu0.process.memory − framework.reserved'),
  ];
  const peak = { phase: null, step: null, rank: 0, at: 0, measured: 1580 * MiB, entries };
  const gpu = { index: 0, uuid: 'GPU-1', name: 'NVIDIA L4', driver: '570', cuda: null };
  return {
    ...measured,
    id,
    findings: [],
    run: runDefaults(preset('gpt2'), { mode: 'train', framework: 'pytorch' }),
    workload: { ...measured.workload, kind: 'command' },
    environment: {
      ...environment,
      gpus: [{ ...gpu, memoryBytes: 24_000 * MiB }],
      workload: { torch: '2.13.0' },
    },
    overlay: {
      ...overlay,
      series: 'gpu0.memory.used',
      allocator: { allocated: 1000 * MiB, reserved: 1100 * MiB },
      ledger: { phases: [], peak },
    },
    ...own,
  };
}

it('a session tells of its machine only where nothing about it is in doubt', () => {
  expect(observeSession(session('a'))).toEqual({
    session: 'a',
    gpu: 'NVIDIA L4',
    driver: '570',
    framework: 'pytorch 2.13.0',
    ranks: 1,
    context: 480 * MiB,
    workspace: null,
    reserve: { bytes: 100 * MiB, allocated: 1000 * MiB },
  });
  const [finding] = documentWith(training(6, 4096)).findings;
  if (finding === undefined) throw new Error('the scenario leaks');
  // That a context was read, and is another than the published one, is what there is to learn.
  const context = { ...finding, kind: 'context' as const, confidence: 'high' as const };
  expect(observeSession(session('a', { findings: [context] }))).toMatchObject({ session: 'a' });
  for (const doubtful of [
    { status: 'failed' as const },
    { status: 'recording' as const },
    { simulated: true },
    { findings: [finding] },
    { findings: [{ ...finding, kind: 'context' as const, confidence: 'medium' as const }] },
    { workload: { ...measured.workload, kind: 'import' as const } },
    { run: null },
    { environment: measured.environment },
  ])
    expect(observeSession(session('a', doubtful)), JSON.stringify(doubtful)).toBeTypeOf('string');
});

it('learns from each session of the library once, forgets, and does not learn it again', async () => {
  const library = new Map(['a', 'b', 'c', 'd'].map((id) => [id, session(id)]));
  for (const id of library.keys()) writeFileSync(file(id), '');
  const asked: string[] = [];
  const learning = new Learning(
    dir,
    () =>
      [...library.values()].map(({ id, name, status, startedAt, durationUs, simulated }) => ({
        ...{ id, name, status, startedAt, durationUs, simulated },
        ...{ model: null, mode: null, measuredPeak: null, predictedPeak: null },
        residualPercent: null,
      })),
    async (id) => {
      asked.push(id);
      const found = library.get(id);
      if (found === undefined) throw new Error('asked for what is listed');
      return found;
    },
  );
  expect(await learning.learn()).toMatchObject({ sessions: 4, looked: 4, forgotten: 0 });
  expect(learnedConstants(dir)).toMatchObject([
    {
      sessions: 4,
      figures: { context: { typical: 480 * MiB, sessions: 4 }, reserve: { typical: 100 } },
    },
  ]);
  await learning.learn();
  expect(asked).toEqual(['a', 'b', 'c', 'd']);
  library.delete('d');
  rmSync(file('d'));
  expect(learnedConstants(dir)).toMatchObject([{ sessions: 3 }]);
  expect((await learning.learn()).sessions).toBe(3);
  expect(learning.forget('a')).toMatchObject({ sessions: 2, forgotten: 1, machines: [] });
  expect(() => learning.forget('a')).toThrow(/Nothing was learned/);
  expect(learning.forget(null)).toMatchObject({ sessions: 0, forgotten: 3 });
  expect((await learning.learn()).sessions).toBe(0);
});

it('keeps of a file of an earlier version, whose figures were another, what was forgotten', () => {
  const earlier = { observations: [], silent: ['b'], forgotten: ['a'] };
  writeFileSync(join(dir, 'learned.json'), JSON.stringify(earlier));
  expect(keptObservations(dir)).toEqual({ observations: [], silent: [], forgotten: ['a'] });
  keepObservations(dir, keptObservations(dir));
  expect(keptObservations(dir).forgotten).toEqual(['a']);
});

it('looks at a session that was just recorded, by itself, and at none that can tell nothing', async () => {
  const asked: string[] = [];
  const learning = new Learning(
    dir,
    () => [],
    async (id) => {
      asked.push(id);
      return session(id);
    },
  );
  const ended = (id: string, own: Partial<SessionDocument> = {}) => ({
    ...{ ...session(id, own), createdAt: '', baselines: {} },
  });
  for (const id of ['a', 'b', 'c', 'd']) writeFileSync(file(id), '');
  for (const id of ['a', 'b', 'c']) learning.take(ended(id));
  learning.take(ended('d', { status: 'interrupted' }));
  learning.take(ended('d', { simulated: true }));
  learning.take(ended('d', { environment: measured.environment }));
  await learning.settled();
  expect(asked).toEqual(['a', 'b', 'c']);
  expect(learning.kept()).toMatchObject({ sessions: 3, machines: [{ sessions: 3 }] });
});
