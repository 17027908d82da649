/**
 * A replay against sessions that end where it stands: whatever moments were looked at before, forwards, backwards and
 * round and round, a moment is told as one who never saw another would be told it, findings included.
 */
import { expect, test } from 'vitest';
import { Analyses } from '../../../../src/main/engine/analyses';
import { LiveAnalysis } from '../../../../src/main/engine/live-analysis';
import { GiB, MiB, type Micros } from '../../../../src/shared/base/units';
import { preset } from '../../../../src/shared/model/presets';
import { runDefaults } from '../../../../src/shared/model/run';
import { buildDocument, describeAnalysis } from '../../../../src/shared/session/document';
import {
  type KnownPhases,
  PhaseLooks,
  takeChanges,
} from '../../../../src/shared/session/phase-changes';
import type { SessionData } from '../../../../src/shared/session/types';
import type { LogLine, Marker, SampledSeries } from '../../../../src/shared/trace/types';
import { MB, series, training } from '../../../support/overlay-scenario';
import { randomFrom } from '../../../support/random-runs';
import { plainHeader } from '../../../support/session-header';

type Recorded = Omit<SessionData, 'series'> & { readonly series: readonly SampledSeries[] };

const whole = (
  parts: Pick<Recorded, 'markers' | 'logs' | 'series' | 'durationUs'> & Partial<Recorded>,
): Recorded => ({
  ...plainHeader('played'),
  ...{ status: 'failed', exitCode: 1, signal: null, baselines: {}, warnings: [] },
  ...parts,
});

/** In order of arrival: what came up to `t`, and nothing behind what came later. */
function arrived<Row extends { readonly t: Micros }>(rows: readonly Row[], t: Micros): Row[] {
  const late = rows.findIndex((row) => row.t > t);
  return structuredClone(rows.slice(0, late < 0 ? rows.length : late));
}

/** The session of one who recorded up to `t` and has nothing else. */
function cut(session: Recorded, t: Micros): SessionData {
  const markers = arrived(session.markers, t);
  const logs = arrived(session.logs, t);
  return {
    ...session,
    ...{ status: 'recording', exitCode: null, signal: null, durationUs: t },
    markers,
    logs,
    warnings: session.warnings.filter((said) => logs.some(({ text }) => text === said)),
    series: session.series.flatMap((one) => {
      const rank = /^(?:rank(\d))?\.?framework/.exec(one.info.id);
      const told = markers.filter(
        (marker) => marker.type === 'memory' && marker.rank === Number(rank?.[1] ?? 0),
      );
      const until = rank === null ? t : Math.max(Number.NEGATIVE_INFINITY, ...told.map((m) => m.t));
      const count = one.times.filter((at) => at <= until).length;
      return count === 0
        ? []
        : [{ ...one, times: one.times.slice(0, count), values: one.values.slice(0, count) }];
    }),
  };
}

/** Device memory beside what others hold on it, which is read seldom, late, and for some seconds not at all. */
function deviceSeries(next: () => number, durationUs: Micros): SampledSeries[] {
  const used: [number, number][] = [];
  const others: [number, number][] = [];
  let held = 2 * GiB;
  let due = 0;
  const [silentFrom, silentTo] = [0.3 * durationUs, 0.3 * durationUs + 7e6];
  for (let t = 0; t < durationUs; t += 50_000) {
    if (next() < 0.01) held = GiB + Math.floor(next() * 40) * 64 * MiB;
    used.push([t / 1000, held + GiB + Math.floor(next() * 50) * 8 * MiB]);
    if (t < due || (t > silentFrom && t < silentTo)) continue;
    others.push([t / 1000, held]);
    due = t + 500_000 + Math.floor(next() * 600_000);
  }
  return [series('gpu0.memory.used', used, 50), series('gpu0.other.memory', others, 500)];
}

const logsOf = (durationUs: Micros): LogLine[] =>
  Array.from({ length: Math.floor(durationUs / 1e6) }, (_, i) => ({
    t: i * 1e6,
    stream: i % 7 === 6 ? 'plumbline' : 'stdout',
    text: i === 11 ? 'torch.OutOfMemoryError: CUDA out of memory.' : `step ${i}`,
  }));

/** The bundled training, which leaks, on a device beside others. */
function leaking(next: () => number): Recorded {
  const { markers, series: told, durationUs } = training(36, 3 * MB);
  const model = preset('gpt2-nano');
  return whole({
    workload: { ...plainHeader('played').workload, kind: 'bundled' },
    model,
    run: runDefaults(model, { mode: 'train', steps: 36 }),
    markers,
    logs: logsOf(durationUs),
    series: [...told, ...deviceSeries(next, durationUs)],
    durationUs,
    warnings: ['step 13'],
    baselines: { 'gpu0.memory.used': 3 * GiB, 'gpu0.other.memory': 2 * GiB },
  });
}

/** A command of two ranks that declares nothing: some marks come late, some phases never end, some nest. */
function undeclared(next: () => number): Recorded {
  const told: { readonly arrives: Micros; readonly marker: Marker }[] = [];
  const samples = new Map<number, [number, number][]>([
    [0, []],
    [1, []],
  ]);
  for (const rank of [0, 1])
    for (let step = 0; step < 25; step++) {
      const t = step * 900_000 + Math.floor(next() * 1e5);
      const tell = (at: number, marker: object, late = 0) =>
        told.push({ arrives: at + late, marker: { t: at, rank, step, ...marker } as Marker });
      for (const [name, begin, end] of [
        ['idle', 0, 700_000],
        ['forward', 50_000, 300_000],
        ['backward', 300_000, 650_000],
      ] as const) {
        if (name === 'idle' && next() < 0.8) continue;
        tell(t + begin, { type: 'phase', name, event: 'begin', input: [step < 12 ? 4 : 8, 128] });
        const allocated = GiB + Math.floor(next() * 300) * MiB + (step > 14 ? 2 * GiB : 0);
        if (next() < 0.7) {
          const late = next() < 0.2 ? next() * 3e6 : 0;
          tell(t + end, { type: 'memory', phase: name, memory: { allocated } }, late);
          samples.get(rank)!.push([(t + end) / 1000, allocated]);
        }
        if (next() < 0.95)
          tell(t + end, { type: 'phase', name, event: 'end' }, next() < 0.05 ? 3e6 : 0);
      }
    }
  const markers = told.sort((a, b) => a.arrives - b.arrives).map(({ marker }) => marker);
  const durationUs = 24e6;
  return whole({
    markers,
    logs: logsOf(durationUs),
    durationUs,
    series: [
      series('framework.allocated', inOrder(samples.get(0)!), null),
      series('rank1.framework.allocated', inOrder(samples.get(1)!), null),
      ...deviceSeries(next, durationUs),
    ],
  });
}

const inOrder = (points: readonly [number, number][]) => points.toSorted(([a], [b]) => a - b);

/** Forwards by little and by much, backwards, round a loop, and the same moment again. */
function* wander(next: () => number, durationUs: Micros, moves: number): Iterable<Micros> {
  let t = 0;
  const loop = [0.4 * durationUs, 0.7 * durationUs] as const;
  for (let move = 0; move < moves; move++) {
    const turn = next();
    if (turn < 0.55) t += Math.floor(next() * 0.05 * durationUs);
    else if (turn < 0.65) t += Math.floor(next() * 0.4 * durationUs);
    else if (turn < 0.75) t -= Math.floor(next() * 0.1 * durationUs);
    else if (turn < 0.82) t = Math.floor(next() * durationUs);
    else if (turn < 0.95) t = t > loop[1] ? loop[0] : t + 150_000;
    t = Math.min(Math.max(0, t), durationUs - 1);
    yield t;
  }
}

test.each([
  ['that is declared and leaks', leaking, 'leak', 2, 18],
  ['of two ranks that declares nothing', undeclared, 'out_of_memory', 4, 40],
] as const)(
  'a session %s is at each moment what it is to one who sees that moment alone',
  (_, make, kind, seeds, moves) => {
    let findings = 0;
    for (let seed = 1; seed <= seeds; seed++) {
      const next = randomFrom(seed);
      const session = make(next);
      const analyses = new Analyses();
      const looks = new PhaseLooks('test');
      const known = new Map<string | undefined, KnownPhases>();
      const lines = [
        undefined,
        ...session.series.map(({ info }) => info.id),
        'gpu0.workload.memory',
      ];
      for (const until of wander(next, session.durationUs, moves)) {
        const use = next() < 0.7 ? undefined : lines[Math.floor(next() * lines.length)];
        const analysis = analyses.analysePast(session, until, use);
        const alone = cut(session, until);
        const isThere =
          alone.series.some(({ info }) => info.id === use) || use === 'gpu0.workload.memory';
        const expected = buildDocument(
          alone,
          isThere ? use : undefined,
          new LiveAnalysis('replayed'),
        );
        const at = `seed ${seed}, ${use ?? 'the best line'} at ${until}`;
        expect(describeAnalysis(analysis), at).toEqual(expected);
        findings += expected.findings.filter((one) => one.kind === kind).length;
        const before = known.get(use) ?? null;
        const after = takeChanges(before, looks.tell(analysis.overlay.phases, before?.look));
        expect(after.rows, at).toEqual(expected.overlay.phases);
        known.set(use, after);
      }
    }
    expect(findings).toBeGreaterThan(10);
  },
);

test('a look at a moment tells of phases what is new, and one back or again nothing that was told', () => {
  const session = leaking(randomFrom(1));
  const analyses = new Analyses();
  const looks = new PhaseLooks('test');
  let known: KnownPhases | null = null;
  const look = (until: Micros): number => {
    const { phases } = analyses.analysePast(session, until, 'framework.allocated').overlay;
    const changes = looks.tell(phases, known?.look);
    known = takeChanges(known, changes);
    expect(known.rows).toEqual(phases);
    return changes.at.length;
  };
  // Ten phases a second; those of the last second and a half are not settled, and told anew.
  expect(look(8e6)).toBeGreaterThan(75);
  expect(look(9e6)).toBeLessThan(28);
  expect(look(5e6)).toBeLessThan(18);
  for (let round = 0; round < 3; round++) {
    expect(look(5.5e6)).toBeLessThan(24);
    expect(look(6e6)).toBeLessThan(24);
    expect(look(5e6)).toBeLessThan(18);
  }
  // Forwards again to where it was: those that were not settled then are told anew.
  expect(look(9e6)).toBeLessThan(50);
});
