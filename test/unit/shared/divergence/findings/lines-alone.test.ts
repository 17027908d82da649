import { describe, expect, it } from 'vitest';
import { GiB, MiB } from '../../../../../src/shared/base/units';
import { findPeriod } from '../../../../../src/shared/divergence/shapes/period';
import type { SampleSource } from '../../../../../src/shared/trace/sample-source';
import {
  sampleAfter,
  sampleBefore,
  sampleRunsIn,
  stats,
  summarizeIn,
} from '../../../../../src/shared/trace/series';
import type { SampledSeries, SeriesData } from '../../../../../src/shared/trace/types';
import { judgeShape } from '../../../../bench/divergence/score-shapes';
import {
  budgetWith,
  findingsFor,
  foundIn,
  phase,
  series,
} from '../../../../support/overlay-scenario';

const SECOND = 1e6;

/** Read once a second, as a log is. */
const log = (id: string, n: number, value: (i: number) => number) =>
  series(
    id,
    Array.from({ length: n }, (_, i) => [i * 1000, Math.round(value(i))] as const),
    SECOND,
  );
const found = (lines: readonly SampledSeries[], more = {}) =>
  findingsFor({ series: lines, durationUs: 300 * SECOND, ...more });
const kinds = (lines: readonly SampledSeries[], more = {}) =>
  found(lines, more).map(({ kind }) => kind);

/** Loading for ten seconds, then steps of seven; at the end all is given back. */
const steps = (i: number) =>
  i < 10 ? i * 800 * MiB : 8 * GiB + (i % 7) * 300 * MiB - (i > 295 ? 8 * GiB : 0);
const used = (more: (i: number) => number) =>
  log('gpu0.memory.used', 300, (i) => steps(i) + (i < 10 || i > 295 ? 0 : more(i)));
const busy = (value: (i: number) => number) => ({
  ...log('gpu0.utilization', 300, (i) => (i < 10 || i > 295 ? 0 : value(i))),
});

describe('a line that nothing is known of', () => {
  it('has no finding where it loads, works and ends', () => {
    expect(kinds([used(() => 0), busy(() => 90_000)])).toEqual([]);
    expect(kinds([log('gpu0.memory.used', 300, () => 5 * GiB)])).toEqual([]);
    expect(kinds([log('tree.rss', 300, (i) => GiB - GiB / (1 + i))])).toEqual([]);
  });

  it('that grows by 10 MiB a second is told so, with an interval that holds it', () => {
    const [leak, ...rest] = found([used((i) => 10 * MiB * i)]);
    expect(rest).toEqual([]);
    expect(leak).toMatchObject({ kind: 'leak', confidence: 'high', slope: { per: 'period' } });
    expect(leak?.slope?.low).toBeLessThanOrEqual(70 * MiB);
    expect(leak?.slope?.high).toBeGreaterThanOrEqual(70 * MiB);
    const [growth] = found([log('gpu0.memory.used', 120, (i) => 4 * GiB + 10 * MiB * i)]);
    expect(growth).toMatchObject({ kind: 'growth', slope: { per: 'second', bytes: 10 * MiB } });
  });

  it('of a workload is told without what was in use before launch, as the line is drawn', () => {
    const baselines = { 'gpu0.memory.used': 600 * MiB };
    const others = log('gpu0.other.memory', 300, () => 0);
    const own = (value: (i: number) => number) =>
      found([log('gpu0.memory.used', 300, (i) => 600 * MiB + value(i)), others], { baselines });
    const swing = (i: number) => 4 * GiB + (i % 7) * 300 * MiB;
    const [leak] = own((i) => swing(i) + 10 * MiB * i);
    expect(leak?.evidence.join(' ')).toMatch(/period 1 comes down to 4\.0\d GiB/);
    const [plateau] = own((i) => swing(i) + (i < 150 ? 0 : 2 * GiB));
    expect(plateau?.evidence.join(' ')).toMatch(/rested at 4\.00 GiB.*below 6\.00 GiB, 50/);
    const [spike] = own((i) => swing(i) + (i === 150 ? 4 * GiB : 0));
    expect(spike?.evidence.join(' ')).toMatch(/reached 8\.\d+ GiB/);
  });

  it('that grows alike on every GPU is told of the one that is shown, with how many others', () => {
    const gpu = (i: number, each: number) =>
      log(`gpu${i}.memory.used`, 120, (t) => (4 + i / 4) * GiB + each * MiB * t);
    const [growth, ...rest] = found([gpu(0, 10.2), gpu(1, 9.9), gpu(2, 10), gpu(3, 0)]);
    expect(rest).toEqual([]);
    expect(growth?.title).toMatch(/^Memory on GPU 0 grows by 10\.2 MiB .*; on 2 other GPUs too$/);
    expect(found([gpu(0, 20), gpu(1, 10), gpu(2, 0)])[0]?.title).toMatch(/to the end of the run$/);
  });

  it.each([4.95, 5.05, 7.3, 9.9])(
    'that grows by %d MiB a second in blocks of 20 MiB is told with an interval that holds it',
    (rate) => {
      const value = (i: number) => 4 * GiB + Math.floor((rate * i) / 20) * 20 * MiB;
      const [growth] = found([log('gpu0.memory.used', 300, value)]);
      expect(growth).toMatchObject({ kind: 'growth', slope: { per: 'second' } });
      const { low = 0, high = 0 } = growth?.slope ?? {};
      expect(low / MiB).toBeLessThan(rate);
      expect(high / MiB).toBeGreaterThan(rate);
      expect((high - low) / 2 / MiB).toBeLessThan(0.1 * rate);
    },
  );

  it('that grows a little faster at first is told with an interval that holds how it goes on', () => {
    const value = (i: number) => 4 * GiB + MiB * (10 * i + 200 * (1 - Math.exp(-i / 25)));
    const [growth] = found([log('gpu0.memory.used', 300, value)]);
    expect((growth?.slope?.low ?? 0) / MiB).toBeLessThan(10);
    expect((growth?.slope?.high ?? 0) / MiB).toBeGreaterThan(10);
  });

  it('grows by the step where steps are announced, and is host memory where that grows', () => {
    const markers = Array.from({ length: 60 }, (_, i) =>
      phase('forward', i + 1, i * 2000, i * 2000 + 1500),
    ).flat();
    const lines = [log('tree.rss', 120, (i) => GiB + 6 * MiB * i)];
    const [leak] = found(lines, { markers, durationUs: 120 * SECOND });
    expect(leak).toMatchObject({ kind: 'leak', slope: { per: 'step' } });
    expect(leak?.title).toMatch(/^Host memory/);
    expect((leak?.slope?.bytes ?? 0) / MiB).toBeCloseTo(12, 0);
  });

  it('grows by the step as steps are numbered, where some of them are not told', () => {
    const told = Array.from({ length: 60 }, (_, i) => (i < 20 ? i : 20 + 4 * (i - 20)));
    const markers = told.flatMap((step) => phase('forward', step, step * 500, step * 500 + 300));
    const lines = [log('tree.rss', 90, (i) => GiB + 12 * MiB * i)];
    const [leak] = found(lines, { markers, durationUs: 90 * SECOND });
    expect((leak?.slope?.bytes ?? 0) / MiB).toBeCloseTo(6, 0);
  });

  describe('of a short run, most of which is imports and a farewell', () => {
    const each = (from: number, to: number, n: number) =>
      Array.from({ length: n }, (_, i) => {
        const t = from + (i * (to - from)) / n;
        return phase('forward', i, t, t + 20);
      }).flat();
    /** Read ten times a second: imports for seven seconds, nine of steps, two and a half of nothing. */
    const line = (grown: (t: number) => number) => [
      series(
        'tree.rss',
        Array.from({ length: 186 }, (_, i) => {
          const t = i / 10;
          return [i * 100, 100 * MiB + Math.min(t, 7) * 40 * MiB + grown(t)] as const;
        }),
      ),
    ];
    const grows = line((t) => Math.min(9, Math.max(0, t - 7)) * 110 * MiB);
    const more = (n: number) => ({ markers: each(7000, 16_000, n), durationUs: 18.6 * SECOND });

    it('grows by the step from its first to its last', () => {
      const [leak, ...rest] = found(grows, more(90));
      expect(rest).toEqual([]);
      expect(leak).toMatchObject({ kind: 'leak', slope: { per: 'step' } });
      expect(leak?.slope?.since).toBeLessThanOrEqual(3);
      expect((leak?.slope?.bytes ?? 0) / MiB).toBeCloseTo(11, 0);
      expect(leak?.span[0]).toBeGreaterThan(6.9 * SECOND);
      expect(leak?.title).toMatch(/every step, to the last of them$/);
    });

    it('is how it begins where steps are few, and nothing where it comes to rest', () => {
      expect(kinds(grows, more(8))).not.toContain('leak');
      const rests = line((t) => (1 - Math.exp(-Math.max(0, t - 7) / 2)) * 400 * MiB);
      expect(kinds(rests, more(90))).not.toContain('leak');
    });
  });

  it('does not grow by what is imported before the first step, of however few steps that are told', () => {
    const markers = Array.from({ length: 3 }, (_, i) =>
      phase('forward', i, 100_000 + i * 500, 100_000 + i * 500 + 300),
    ).flat();
    const lines = [log('tree.rss', 120, (i) => 6 * MiB * i)];
    expect(kinds(lines, { markers, durationUs: 120 * SECOND })).toEqual([]);
    // Growth during and after them is told, but by the second: they are a part of that time.
    const later = Array.from({ length: 3 }, (_, i) =>
      phase('forward', i, 1000 + i * 500, 1000 + i * 500 + 300),
    ).flat();
    const [growth] = found(lines, { markers: later, durationUs: 120 * SECOND });
    expect(growth).toMatchObject({ kind: 'growth', slope: { per: 'second' } });
  });

  it('that climbs from nothing to what is predicted does not grow, nor one that ends as it gets there', () => {
    const held = { params: 8 * GiB };
    const budget = budgetWith([
      ['load', null, null, held, held],
      ['forward', 1, 2, held, held],
    ]);
    const climb = (each: number) => [log('gpu0.memory.used', 100, (i) => i * each * MiB)];
    expect(kinds(climb(80))).toEqual(['growth']);
    expect(kinds(climb(80), { budget })).not.toContain('growth');
    expect(kinds(climb(160), { budget })).toContain('growth');
  });

  describe('that climbs, comes to its end and stays', () => {
    const curve = (i: number) => 4 * GiB + 2 * GiB * (1 - Math.exp(-i / 40));
    const straight = (i: number) => 4 * GiB + Math.min(100, i) * 20 * MiB;
    const swing = (i: number) => (i % 5) * 100 * MiB;
    const atWork = log('gpu0.utilization', 300, () => 80_000);

    it.each([
      [
        'a curve, of low confidence where nothing tells of work',
        [log('gpu0.memory.used', 300, curve)],
        'low',
      ],
      ['a curve, beside a busy card', [log('gpu0.memory.used', 300, curve), atWork], 'medium'],
      ['a straight line', [log('gpu0.memory.used', 300, straight), atWork], 'medium'],
      ['under steps', [log('gpu0.memory.used', 300, (i) => straight(i) + swing(i))], 'medium'],
      ['of the host', [log('tree.rss', 300, straight)], 'low'],
    ])('does not grow, and is told for what it rose by: %s', (_name, lines, confidence) => {
      const [held, ...rest] = found(lines);
      expect(rest).toEqual([]);
      expect(held).toMatchObject({ kind: 'plateau', confidence });
      expect(held?.title).toMatch(/^.* rose by .* in the first .* and was held to the end$/);
      expect(Math.abs((held?.bytes ?? 0) / GiB - 1.95)).toBeLessThan(0.08);
      expect(held?.evidence.join(' ')).toMatch(/so it is no leak/);
    });

    it('is told for what it rose by at work, not while it loaded', () => {
      const loading = (i: number) => 400 * MiB * Math.min(10, i);
      const line = log(
        'gpu0.memory.used',
        300,
        (i) => loading(i) + Math.max(0, straight(i - 10) - 4 * GiB),
      );
      const [held, ...rest] = found([line, busy(() => 80_000)]);
      expect(rest).toEqual([]);
      expect(Math.abs((held?.bytes ?? 0) / MiB - 2000)).toBeLessThan(60);
    });

    it('is no step at one moment, however fast it filled', () => {
      const quick = (i: number) => 4 * GiB + 4 * GiB * Math.min(1, Math.max(0, (i - 120) / 40));
      const [held, ...rest] = found([log('gpu0.memory.used', 300, quick), atWork]);
      expect(rest).toEqual([]);
      expect(held?.title).toMatch(/rose by 4(\.00)? GiB from .* to .* and was held to the end$/);
    });

    it('between announced steps, and is loading before them', () => {
      const markers = (from: number) =>
        Array.from({ length: 40 }, (_, i) =>
          phase('decode', i + 1, from + i * 4000, from + i * 4000 + 3500),
        ).flat();
      const lines = [log('gpu0.memory.used', 300, straight)];
      const [held] = found(lines, { markers: markers(5000) });
      expect(held).toMatchObject({ kind: 'plateau', confidence: 'medium' });
      expect(held?.evidence.join(' ')).toMatch(/steps began while most of it rose/);
      expect(kinds(lines, { markers: markers(120_000) })).toEqual([]);
      expect(kinds([...lines, busy((i) => (i < 110 ? 0 : 90_000))])).toEqual([]);
    });

    it('as was predicted is no finding, and more than was predicted is one', () => {
      const held = { params: 4 * GiB, kv_cache: 2 * GiB };
      const budget = (kv: number) =>
        budgetWith([['load', null, null, { ...held, kv_cache: kv }, { ...held, kv_cache: kv }]]);
      const lines = [log('gpu0.memory.used', 300, straight), busy(() => 80_000)];
      expect(kinds(lines, { budget: budget(2 * GiB) })).not.toContain('plateau');
      // 3.4% above the prediction, which is not flagged.
      expect(kinds(lines, { budget: budget(2 * GiB - 200 * MiB) })).not.toContain('plateau');
      expect(kinds(lines, { budget: budget(0) })).toContain('plateau');
    });
  });

  it('that climbs straight and comes to rest just before its end does not grow', () => {
    const value = (i: number) => 4 * GiB + 10 * MiB * Math.min(i, 265);
    expect(kinds([log('gpu0.memory.used', 300, value)])).toEqual([]);
    expect(kinds([log('gpu0.memory.used', 265, value)])).toEqual(['growth']);
  });

  it('that climbs over the three levels of a run that loads, allocates and works does not grow', () => {
    const levels = [0, 0.4, 0.4, 2, 2, 2, 2, 2, 2, 3, 3.7, 3.7, 3.7, 4.1, 4.2, 4.2, 4.2, 4.2, 4.2];
    const line = log('gpu0.memory.used', levels.length, (i) => (levels[i] ?? 0) * GiB);
    expect(kinds([line])).not.toContain('growth');
  });

  it('that sinks and comes back to where it was does not grow', () => {
    // Steps that are read at nearly the same moment of each: the reading wanders through the step.
    const value = (i: number) => 4 * GiB + Math.abs(i - 110) * 10 * MiB;
    expect(kinds([log('gpu0.memory.used', 220, value)])).toEqual([]);
  });

  it('that is read as often as it turns does not grow where its lowest reading drifts', () => {
    // A sharp turn every 13.01 s, read every second: the reading nearest to it is a little earlier each time.
    const swings = (i: number) => {
      const at = ((i - 10) / 13.01 + 0.6) % 1;
      return i < 10 || i > 202
        ? GiB
        : 8 * GiB + 4 * GiB * (at < 0.55 ? at / 0.55 : (1 - at) / 0.45);
    };
    expect(kinds([log('gpu0.memory.used', 206, swings)])).toEqual([]);
  });

  it('that is read too seldom for its floor shows growth in its tops and its mean', () => {
    // Where in a step of 8.6 s the lowest reading lies is another each time.
    const turn = (i: number) => (Math.floor(i / 8.6) * 0.754877) % 1;
    const swings = (i: number) => {
      const at = (i / 8.6) % 1;
      return at < 0.4 ? 4 * GiB : turn(i) * 2 * GiB * at;
    };
    const [leak, ...rest] = found([
      log('gpu0.memory.used', 180, (i) => 12 * GiB + swings(i) + 4 * MiB * i),
    ]);
    expect(rest).toEqual([]);
    expect(leak).toMatchObject({ kind: 'leak', slope: { per: 'period' } });
    expect((leak?.slope?.bytes ?? 0) / MiB).toBeCloseTo(4 * 8.6, 0);
  });

  it('that rises in the middle of its work and stays there is a plateau', () => {
    const [plateau, ...rest] = found([used((i) => (i < 160 ? 0 : GiB)), busy(() => 80_000)]);
    expect(rest).toEqual([]);
    expect(plateau).toMatchObject({ kind: 'plateau', bytes: GiB });
    expect((plateau?.span[0] ?? 0) / SECOND).toBeCloseTo(160, -1.2);
  });

  it('that takes a while to rise and stays is a plateau; a few readings of what comes and goes are none', () => {
    const slow = (i: number) =>
      GiB + (i % 2) * 40 * MiB + Math.min(300, Math.max(0, 30 * (i - 150))) * MiB;
    const [plateau, ...rest] = found([log('tree.rss', 300, slow)]);
    expect(rest).toEqual([]);
    expect(plateau?.kind).toBe('plateau');
    expect((plateau?.bytes ?? 0) / MiB).toBeCloseTo(300, -1.5);
    // Steps of a second that take 150 MiB and give it back, read once a second.
    // Steps of a second that take 150 MiB, give it back and keep six, read once a second.
    const seldom = [
      157, 162, 31, 36, 42, 48, 54, 59, 65, 71, 76, 82, 225, 194, 212, 154, 167, 143, 200, 257, 271,
      191, 15,
    ];
    const read = seldom.map((mib, i) => [2000 + 1000 * i, mib * MiB] as const);
    expect(kinds([series('tree.rss', [[1400, 13 * MiB], ...read], SECOND)])).toEqual([]);
  });

  it('that rises in its first step, as all do, is no plateau', () => {
    const line = log('gpu0.memory.used', 300, (i) => (i < 10 ? 0 : i < 120 ? 2 : 9) * GiB);
    const markers = [
      ...phase('forward', 1, 60_000, 121_000),
      ...phase('forward', 2, 121_000, 295_000),
    ];
    expect(kinds([line], { markers })).toEqual([]);
    expect(kinds([line, busy(() => 80_000)])).toEqual(['plateau']);
  });

  it.each([
    ['before and after it', 178_000, 186_000],
    ['from that moment on', 180_000, 186_000],
    ['until that moment', 170_000, 180_000],
  ])('that rises for a moment is a spike, with what was running %s', (_when, begin, end) => {
    const markers = phase('decode', null, begin, end);
    const lines = [log('gpu0.memory.used', 300, (i) => (i === 180 ? 9 * GiB : 5 * GiB))];
    const [spike, ...rest] = found(lines, { markers });
    expect(rest).toEqual([]);
    expect(spike).toMatchObject({ kind: 'spike', bytes: 4 * GiB, phase: 'decode' });
    expect(spike?.title).toMatch(/while decode ran/);
  });

  it.each([
    ['in its last reading', [100, 200, 299]],
    ['in its last but one', [100, 200, 298]],
    ['a moment before its end', [100, 200, 294]],
    ['soon after it began', [16, 100, 200]],
  ])('that rises for a third moment %s rose three times', (_when, at) => {
    // Of the third row the process ends before the log does.
    const line = log('gpu0.memory.used', 300, (i) =>
      at.includes(i) ? 9 * GiB : i > 294 && at.includes(294) ? 0 : 5 * GiB,
    );
    const [spike, ...rest] = found([line]);
    expect(rest).toEqual([]);
    expect(spike?.title).toMatch(/the tallest of 3$/);
    expect(spike?.spans).toHaveLength(3);
    for (const [j, t] of at.entries()) {
      expect(spike?.spans?.[j]?.[0]).toBeLessThanOrEqual(t * SECOND);
      expect(spike?.spans?.[j]?.[1]).toBeGreaterThanOrEqual(t * SECOND);
    }
  });

  it('that rises at its very end alone, or by another height than before, may yet stay there', () => {
    const ends = (before: number) => (i: number) => (i === 100 ? before : i >= 298 ? 9 : 5) * GiB;
    expect(kinds([log('gpu0.memory.used', 300, ends(5))])).toEqual([]);
    const [spike] = found([log('gpu0.memory.used', 300, ends(20))]);
    expect(spike?.title).not.toMatch(/tallest/);
  });

  it('that comes nearly as high again and again is no spike after a while without', () => {
    const heights = [
      0, 3, 1, 4, 0, 2, 4, 1, 3, 0, 0, 0, 0, 0, 0, 0, 4.2, 0, 0, 2, 1, 3, 0, 4, 1, 2,
    ];
    const value = (i: number) => 8 * GiB + (heights[Math.floor(i / 6)] ?? 0) * 512 * MiB;
    expect(kinds([log('gpu0.memory.used', 156, value)])).toEqual([]);
    const once = (i: number) => 8 * GiB + (Math.floor(i / 6) === 16 ? 2 * GiB : 0);
    expect(kinds([log('gpu0.memory.used', 156, once)])).toEqual(['spike']);
  });

  // Of tens of thousands these once had one: beats of steps and readings, and the tops of what comes and goes.
  it.each([
    [311, 4038],
    [313, 1646],
    [313, 2606],
    [314, 2592],
    [316, 2140],
    [7001, 3464],
    [7002, 1880],
    [7004, 316],
  ])(
    'in which nothing is planted has no finding above low, of seed %i number %i',
    (seed, index) => {
      const { trace, findings } = judgeShape(index, seed);
      expect(trace.cause).toBeNull();
      expect(findings.filter(({ confidence }) => confidence !== 'low')).toEqual([]);
    },
  );

  it('tells idle stretches of a busy card that holds its memory, not a pause between jobs', () => {
    const pause = (i: number) => (i >= 100 && i < 160 ? 0 : 90_000);
    const [idle, ...rest] = found([used(() => 0), busy(pause)]);
    expect(rest).toEqual([]);
    expect(idle).toMatchObject({ kind: 'idle', span: [99 * SECOND, 160 * SECOND] });
    expect(idle).not.toHaveProperty('spans');
    const twice = (i: number) => ((i >= 100 && i < 160) || (i >= 200 && i < 260) ? 0 : 90_000);
    expect(found([used(() => 0), busy(twice)])).toMatchObject([
      {
        kind: 'idle',
        span: [99 * SECOND, 160 * SECOND],
        spans: [
          [99 * SECOND, 160 * SECOND],
          [199 * SECOND, 260 * SECOND],
        ],
      },
    ]);
    const released = log('gpu0.memory.used', 300, (i) => (i >= 100 && i < 160 ? 0 : 8 * GiB));
    expect(kinds([released, busy(pause)])).not.toContain('idle');
  });

  it('tells clocks that were held back, by their reason, and none where nothing asks for speed', () => {
    const reasons = (bits: number) =>
      log('gpu0.throttle', 300, (i) => (i > 100 && i < 200 ? bits : 1));
    const [throttled] = found([used(() => 0), reasons(0x20)]);
    expect(throttled).toMatchObject({ kind: 'throttled', bytes: null });
    expect(throttled?.title).toMatch(/heat/);
    expect(kinds([used(() => 0), reasons(1)])).toEqual([]);
  });
});

describe('what is found in a line that nothing is known of', () => {
  const look = (line: SampledSeries, more = {}) =>
    foundIn({ series: [line], durationUs: 300 * SECOND, ...more });

  it('are its periods, one by one, between loading and the end, and the level below them', () => {
    const found = look(used(() => 0));
    const spans = found?.periods.map(({ span }) => span) ?? [];
    expect(spans).toEqual(
      Array.from({ length: 40 }, (_, i) => [(14 + 7 * i) * SECOND, (21 + 7 * i) * SECOND]),
    );
    expect(found?.periods.map(({ index }) => index)).toEqual(spans.map((_, i) => i + 1));
    expect(found?.periods[0]).toMatchObject({ rest: 8 * GiB, peak: 8 * GiB + 6 * 300 * MiB });
    expect(found?.levels).toHaveLength(1);
    expect(found?.levels[0]).toMatchObject({ rest: 8 * GiB });
  });

  it('are the levels before and after a rise, and no level of what grows', () => {
    const levels = look(used((i) => (i < 160 ? 0 : GiB)))?.levels ?? [];
    expect(levels.map(({ rest }) => rest)).toEqual([8 * GiB, 9 * GiB]);
    const [early, late] = levels;
    for (const [t, at] of [
      [early?.span[1], 160],
      [late?.span[0], 160],
    ] as const)
      expect(Math.abs((t ?? 0) / SECOND - at)).toBeLessThan(12);
    expect(look(log('gpu0.memory.used', 300, (i) => 4 * GiB + 10 * MiB * i))).toBeNull();
  });

  it('name the period in which a line rose for a moment', () => {
    const [spike, ...rest] = found([used((i) => (i === 183 ? 4 * GiB : 0))]);
    expect(rest).toEqual([]);
    expect(spike).toMatchObject({ kind: 'spike', phase: null });
    expect(spike?.title).toMatch(/while period 25 of 40, found in the trace, ran$/);
  });

  it('are told several at a time where there are many, and are of any length', () => {
    const line = log('gpu0.memory.used', 9000, (i) => 4 * GiB + (i % 9) * 200 * MiB);
    const periods = look(line, { durationUs: 9000 * SECOND })?.periods ?? [];
    expect(periods.length).toBeLessThanOrEqual(256);
    expect(periods.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(990);
    for (const [i, { index, count, span }] of periods.entries()) {
      expect((span[1] - span[0]) / SECOND).toBe(9 * count);
      expect(index).toBe(1 + periods.slice(0, i).reduce((sum, one) => sum + one.count, 0));
    }
  });

  it('are left out where phases were announced', () => {
    expect(
      look(
        used(() => 0),
        { markers: phase('forward', 1, 20_000, 30_000) },
      ),
    ).toBeNull();
  });
});

describe('announced steps without a budget', () => {
  const announced = (bytes: (step: number) => number) =>
    Array.from({ length: 12 }, (_, i) => {
      const [allocated, peak] = [4 * GiB + (i >= 6 ? bytes(-1) : 0), 6 * GiB + bytes(i + 1)];
      return phase('forward', i + 1, i * 1000, i * 1000 + 900, { allocated, peak });
    }).flat();
  const line = log('framework.allocated', 12, () => 4 * GiB);

  it('tell a first step that needs more than the others', () => {
    const markers = announced((step) => (step === 1 ? 2 * GiB : 0));
    expect(found([line], { markers, durationUs: 12 * SECOND })).toMatchObject([
      { kind: 'first_step', bytes: 2 * GiB, phase: 'forward' },
    ]);
  });

  it('tell what stays between phases, from the step that made it', () => {
    const markers = announced((step) => (step === -1 ? 300 * MiB : 0));
    expect(found([line], { markers, durationUs: 12 * SECOND })).toMatchObject([
      { kind: 'retained', bytes: 300 * MiB, phase: 'forward', span: [6 * SECOND, 11_900_000] },
    ]);
  });
});

describe('the period of a line', () => {
  it('is found at any rate, and is the same where samples are asked for by span', () => {
    for (const length of [9.3, 17, 41.7]) {
      const line = log(
        'gpu0.memory.used',
        900,
        (i) => 4 * GiB + GiB * Math.abs(((i / length) % 1) - 0.5),
      );
      const period = findPeriod(line);
      expect((period?.us ?? 0) / SECOND / length).toBeCloseTo(1, 1);
      expect(findPeriod(sourced(line))?.us).toBe(period?.us);
    }
  });

  it('is none of a line that only grows, rests or moves without order', () => {
    let state = 1;
    const random = () => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647;
    };
    for (const value of [
      (i: number) => 20 * MiB * Math.floor(i / 8),
      () => GiB,
      () => GiB + GiB * random(),
    ])
      expect(findPeriod(log('gpu0.memory.used', 600, value))).toBeNull();
  });
});

/** The same samples, none of them in memory as a whole. */
function sourced(line: SampledSeries): SeriesData {
  const { info, gaps } = line;
  const source: Partial<SampleSource> = {
    summarize: (t0, t1) => summarizeIn(line, t0, t1),
    before: (t) => sampleBefore(line, t),
    after: (t) => sampleAfter(line, t),
    runs: (t0, t1, most) => sampleRunsIn(line, t0, t1, most),
  };
  return { info, gaps, figures: stats(line), source: source as SampleSource };
}
