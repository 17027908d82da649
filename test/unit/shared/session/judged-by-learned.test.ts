import { describe, expect, it } from 'vitest';
import { computeBudget } from '../../../../src/shared/budget/budget';
import type { LearnedConstants } from '../../../../src/shared/learned/types';
import { preset } from '../../../../src/shared/model/presets';
import { runDefaults } from '../../../../src/shared/model/run';
import { methodNotes } from '../../../../src/shared/present/method';
import { buildDocument } from '../../../../src/shared/session/document';
import { checkSession, parseExpectations } from '../../../../src/shared/session/expectations';
import type { SessionData } from '../../../../src/shared/session/types';
import { documentWith, MB, series } from '../../../support/overlay-scenario';

const model = preset('gpt2');
const run = runDefaults(model, { mode: 'train', framework: 'pytorch' });
const { levels, components } = computeBudget(model, run).tiers.refined;
if (levels === undefined) throw new Error('PyTorch has an allocator');
const context = (components.context ?? 0) + 300 * MB;
const twelve: LearnedConstants = {
  gpu: 'NVIDIA L4',
  driver: '570',
  framework: 'pytorch 2.13.0',
  sessions: 12,
  figures: { context: { typical: context, low: context - MB, high: context + MB, sessions: 12 } },
};

/** A run whose context is 300 MiB larger than the published one, on a machine of which `learned` was known. */
function session(learned: readonly LearnedConstants[], line = 'gpu0.memory.used'): SessionData {
  const {
    overlay: _1,
    findings: _2,
    gaps: _3,
    environment,
    ...rest
  } = documentWith({
    durationUs: 8_000_000,
  });
  const peak = (levels?.process ?? 0) + 300 * MB;
  const gpu = { index: 0, uuid: 'GPU-1', name: 'NVIDIA L4', driver: '570', cuda: null };
  return {
    ...rest,
    model,
    run,
    environment: {
      ...environment,
      gpus: [{ ...gpu, memoryBytes: 24_000 * MB }],
      workload: { torch: '2.13.0' },
      ...(learned.length > 0 && { learned }),
    },
    baselines: { [line]: 0 },
    series: [
      series(
        line,
        Array.from({ length: 80 }, (_, i) => [i * 100, i < 5 ? 0 : peak] as const),
      ),
    ],
    markers: [],
    logs: [],
    warnings: [],
  };
}

describe('a session on a machine of which something had been learned', () => {
  const judged = buildDocument(session([twelve]));
  const plain = buildDocument(session([]));

  it('has its judgement beside the published one, which stays what it is', () => {
    expect(judged.overlay.predictedPeak).toEqual(plain.overlay.predictedPeak);
    expect(judged.overlay.residualBytes).toBe(plain.overlay.residualBytes);
    expect(judged.overlay.residualBytes).toBe(300 * MB);
    expect(judged.learned).toMatchObject({
      sessions: 12,
      peak: (levels?.process ?? 0) + 300 * MB,
      residualBytes: 0,
    });
    expect(plain).not.toHaveProperty('learned');
  });

  it('says how many sessions told it, and how far apart they were', () => {
    const note = methodNotes(judged).find((text) => text.includes('Learned from'));
    expect(note).toContain('12 sessions on NVIDIA L4');
    expect(note).toMatch(/device context \d+ MiB \(\d+ MiB to \d+ MiB; published \d+ MiB\)/);
    expect(methodNotes(plain).join()).not.toContain('Learned');
  });

  it('keeps expectations by the published constants, and by the learned ones where that is asked', () => {
    const met = (text: string, doc = judged) =>
      checkSession(parseExpectations(text, '='), doc).map((one) => one.met);
    expect(met('residual=200MiB,learned=0,learned=1%')).toEqual([false, true, true]);
    expect(met('learned=5%', plain)).toEqual([false]);
  });

  it('is not judged by another framework, or on a line that is of no device', () => {
    expect(buildDocument(session([{ ...twelve, framework: 'pytorch 2.1' }]))).not.toHaveProperty(
      'learned',
    );
    expect(buildDocument(session([twelve], 'tree.rss'))).not.toHaveProperty('learned');
  });
});
