/** The budget at every moment of a run, as every picture draws it. */
import { describe, expect, it } from 'vitest';
import { COMPONENTS } from '../../../../src/shared/base/vocabulary';
import {
  buildPredictedSpans,
  indexAt,
  type PredictedSpan,
  predictedSpanAt,
  visibleSpans,
} from '../../../../src/shared/picture/predicted-spans';
import { STACK_ORDER } from '../../../../src/shared/present/colors';
import { fixtureLibrary, random } from '../../../support/fixture-sessions';

const library = fixtureLibrary();
const session = (id: string) => library.find(({ document }) => document.id === id)!;
const bytesOf = (span: PredictedSpan) => Object.values(span.parts ?? {}).reduce((a, b) => a + b, 0);

describe('the budget bands', () => {
  it('stand over every phase at its predicted high-water mark, split by component', () => {
    const { document, budget } = session('s-train');
    for (const tier of ['refined', 'textbook'] as const) {
      const own = buildPredictedSpans(document.overlay, tier, budget).filter(({ held }) => !held);
      expect(own.map(({ total }) => total)).toEqual(
        document.overlay.phases.map(({ predicted }) => predicted[tier]),
      );
      for (const span of own) expect(bytesOf(span)).toBe(span.total);
    }
  });
  it('fill the time between two phases with what stays, and never overlap', () => {
    const { document, budget } = session('s-train');
    const all = buildPredictedSpans(document.overlay, 'refined', budget);
    for (let i = 1; i < all.length; i++) expect(all[i]!.t0).toBe(all[i - 1]!.t1);
    const held = all.find((span) => span.held)!;
    expect(held.total).toBe(document.overlay.phases[held.phase]!.predictedEnd.refined);
  });
  it('are absent where nothing is predicted', () => {
    const { document, budget } = session('s-plain');
    expect(buildPredictedSpans(document.overlay, 'refined', budget)).toEqual([]);
  });
  it('show an unsplit total where the split does not add up to it', () => {
    const { document } = session('s-train');
    const overlay = {
      ...document.overlay,
      phases: document.overlay.phases.map((phase) => ({
        ...phase,
        predictedComponents: { params: 1 },
      })),
    };
    expect(buildPredictedSpans(overlay, 'refined', null)[0]).toMatchObject({
      parts: null,
      total: document.overlay.phases[0]!.predicted.refined,
    });
  });
  it('keep the highest prediction of any span at any width', () => {
    const { document, budget } = session('s-long');
    const all = buildPredictedSpans(document.overlay, 'refined', budget);
    const rand = random(7);
    for (let round = 0; round < 200; round++) {
      const t0 = rand() * document.durationUs * 0.8;
      const t1 = t0 + 1 + rand() * (document.durationUs - t0);
      const columns = 50 + Math.floor(rand() * 900);
      const inside = all.filter((span) => span.t1 >= t0 && span.t0 <= t1);
      const shown = visibleSpans(all, t0, t1, columns);
      expect(Math.max(0, ...shown.map(({ total }) => total))).toBe(
        Math.max(0, ...inside.map(({ total }) => total)),
      );
      expect(shown.length).toBeLessThanOrEqual(columns + 2);
    }
  });
  it('show of phases alike in height the one that uses most of it, wherever a column begins', () => {
    const phases = ['forward', 'backward', 'optimizer'].map((_, i) => ({
      total: 100,
      parts: { activations: 80 - 30 * i, reserve: 20 + 30 * i },
    }));
    const all = Array.from({ length: 3000 }, (_, phase) => ({
      ...phases[phase % 3]!,
      t0: phase * 10,
      t1: phase * 10 + 10,
      phase,
      held: false,
    }));
    for (const columns of [100, 113, 127]) {
      const shown = visibleSpans(all, 0, 30_000, columns);
      expect(new Set(shown.map(({ parts }) => parts?.activations))).toEqual(new Set([80]));
    }
  });
  it('know every component of the vocabulary', () => {
    expect([...STACK_ORDER].sort()).toEqual([...COMPONENTS].sort());
  });
  it('find the span of an instant', () => {
    const { document, budget } = session('s-train');
    const all = buildPredictedSpans(document.overlay, 'refined', budget);
    const probe = document.overlay.phases[4]!;
    expect(predictedSpanAt(all, (probe.span[0] + probe.span[1]) / 2)?.phase).toBe(4);
    expect(predictedSpanAt(all, 0)).toBeNull();
    expect(indexAt([1, 3, 5], 4, (t) => t)).toBe(1);
  });
});
