/** Sessions brought onto one axis of time. */
import { describe, expect, it } from 'vitest';
import {
  ALIGNMENTS,
  alignSessions,
  toCommon,
  toOwn,
  usualAlignment,
} from '../../../../src/shared/session/align';
import type { SessionDocument } from '../../../../src/shared/session/session-document';
import { documentWith, MB, phase, series, training } from '../../../support/overlay-scenario';

/** Two steps, each a forward and a backward, `stretch` times as long; memory peaks in the second backward. */
const run = (stretch: number) => {
  const at = (ms: number) => ms * stretch;
  return documentWith({
    durationUs: at(500) * 1000,
    series: [
      series('gpu0.memory.used', [
        [0, MB],
        [at(400), 9 * MB],
        [at(500), MB],
      ]),
    ],
    markers: [
      ...phase('forward', 0, at(100), at(150)),
      ...phase('backward', 0, at(150), at(250)),
      ...phase('forward', 1, at(300), at(350)),
      ...phase('backward', 1, at(350), at(450)),
    ],
  });
};

describe('aligned sessions', () => {
  const [plain, slow] = [run(1), run(3)];

  it.each(['step', 'phase'] as const)('by %s lie on each other though one is slower', (by) => {
    const [, anchors] = alignSessions([plain, slow], by, 0);
    expect(anchors).not.toBeNull();
    for (const begin of [100_000, 300_000]) expect(toCommon(anchors!, 3 * begin)).toBe(begin);
    if (by === 'phase') expect(toCommon(anchors!, 3 * 350_000)).toBe(350_000);
  });

  it('by time from their starts, by peak so that the peaks meet', () => {
    const [, byTime] = alignSessions([plain, slow], 'time', 0);
    expect(toCommon(byTime!, 123)).toBe(123);
    const [, byPeak] = alignSessions([plain, slow], 'peak', 0);
    expect(toCommon(byPeak!, 1_200_000)).toBe(400_000);
    expect(toCommon(byPeak!, 1_200_005)).toBe(400_005);
  });

  it('keep their order, and lead back to their own time', () => {
    for (const by of ALIGNMENTS) {
      const [anchors] = alignSessions([slow, plain], by, 1);
      let before = Number.NEGATIVE_INFINITY;
      for (let t = -100_000; t < 1_700_000; t += 7_001) {
        const common = toCommon(anchors!, t);
        expect(common).toBeGreaterThan(before);
        expect(toOwn(anchors!, common)).toBeCloseTo(t, 3);
        before = common;
      }
    }
  });

  it('of which one has no steps in common cannot be aligned by them', () => {
    const log = documentWith({ durationUs: 1_000_000, series: [series('tree.rss', [[0, MB]])] });
    expect(alignSessions([plain, log], 'step', 0)[1]).toBeNull();
    expect(alignSessions([plain, log], 'time', 0)[1]).not.toBeNull();
  });

  it('are looked at by the clock where they last alike, else by what they share most instants of', () => {
    const usual = (docs: readonly SessionDocument[], base = 0) =>
      usualAlignment(
        {
          time: alignSessions(docs, 'time', base),
          phase: alignSessions(docs, 'phase', base),
          step: alignSessions(docs, 'step', base),
          peak: alignSessions(docs, 'peak', base),
        },
        base,
        docs.map(({ durationUs }) => durationUs),
      );
    const generation = (tokens: number) =>
      documentWith({
        durationUs: tokens * 10_000,
        markers: [
          ...phase('decode', null, 0, tokens * 10),
          ...Array.from({ length: tokens }, (_, index) => ({
            type: 'token' as const,
            index,
            rank: 0,
            step: null,
            t: index * 10_000 + 5000,
          })),
        ],
      });
    expect(usual([plain, run(1.01)])).toBe('time');
    expect(usual([plain, slow])).toBe('phase');
    expect(usual([plain, slow], 1)).toBe('phase');
    expect(usual([generation(20), generation(40)])).toBe('step');
    expect(usual([plain, documentWith({ durationUs: 5_000_000, markers: [] })])).toBe('time');
  });
  it('of thousands of steps are held by few anchors', () => {
    const made = training(9000, 0);
    const doc = documentWith(made);
    const [, anchors] = alignSessions([doc, doc], 'step', 0);
    expect(anchors!.from.length).toBeLessThanOrEqual(2001);
    expect(anchors!.from).toEqual(anchors!.to);
  });
});
