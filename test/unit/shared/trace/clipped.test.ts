import { describe, expect, it } from 'vitest';
import { ClippedSource } from '../../../../src/shared/trace/clipped';
import { envelope } from '../../../../src/shared/trace/envelope';
import type { SampleSource } from '../../../../src/shared/trace/sample-source';
import {
  sampleAfter,
  sampleBefore,
  sampleRunsIn,
  summarizeIn,
} from '../../../../src/shared/trace/series';
import { series } from '../../../support/overlay-scenario';

const points = Array.from({ length: 40 }, (_, i) => [i * i, (i * 7) % 11] as const);

/** What a session file would be asked, answered from columns. */
function sourceOf(line: ReturnType<typeof series>): SampleSource {
  const answers: Partial<SampleSource> = {
    summarize: (t0, t1) => summarizeIn(line, t0, t1),
    before: (t) => sampleBefore(line, t),
    after: (t) => sampleAfter(line, t),
    runs: (t0, t1, most) => sampleRunsIn(line, t0, t1, most),
    envelope: (t0, t1, columns) => envelope(line, t0, t1, columns),
  };
  return answers as SampleSource;
}

describe('a series as it was known at a moment', () => {
  it('answers as one that ends there, on a sample, just before it and between two', () => {
    const whole = sourceOf(series('s', points));
    for (const until of [0, 100, 99.5, 110, 1521, 2000].map((ms) => ms * 1000)) {
      const clipped = new ClippedSource(whole, until);
      const cut = sourceOf(
        series(
          's',
          points.filter(([t]) => t * 1000 <= until),
        ),
      );
      for (const t of [-1, 0, 81_000, 99_999, 100_000, 100_001, 121_000, 1_521_000]) {
        const at = `until ${until}, at ${t}`;
        expect(clipped.before(t), at).toEqual(cut.before(t));
        expect(clipped.after(t), at).toEqual(cut.after(t));
        expect(clipped.summarize(t, 1e9), at).toEqual(cut.summarize(t, 1e9));
        expect(clipped.runs(t, 1e9, 100), at).toEqual(cut.runs(t, 1e9, 100));
        expect([...clipped.envelope(t, 2e6, 1000).times], at).toEqual([
          ...cut.envelope(t, 2e6, 1000).times,
        ]);
      }
    }
  });
});
