/** A session looked at while it is recorded: what is over is judged, what is open is not, and the end changes nothing. */
import { describe, expect, it } from 'vitest';
import { GiB } from '../../../../src/shared/base/units';
import { diagnose } from '../../../../src/shared/divergence/findings/diagnose';
import {
  CompletedPhases,
  completedOverlay,
  completedSpans,
} from '../../../../src/shared/divergence/overlay/completed-phases';
import { deriveLines } from '../../../../src/shared/divergence/overlay/lines';
import { addObserved } from '../../../../src/shared/divergence/overlay/observed';
import { buildOverlay } from '../../../../src/shared/divergence/overlay/overlay';
import type { DiagnosisInput } from '../../../../src/shared/divergence/overlay/types';
import { analyseTime } from '../../../../src/shared/divergence/timing/time';
import { summarizePhases } from '../../../../src/shared/session/phase-kinds';
import type { Marker } from '../../../../src/shared/trace/types';
import { budgetWith, MB, phase, series, training } from '../../../support/overlay-scenario';
import { phaseSpans } from '../../../support/phase-spans';
import { randomFrom } from '../../../support/random-runs';

/** Whoever follows a recording: its markers are one list, to which those that are new are added. */
class Follower {
  readonly rows = new CompletedPhases();
  readonly #markers: Marker[] = [];

  read(seen: readonly Marker[]): readonly Marker[] {
    this.#markers.push(...seen.slice(this.#markers.length));
    return this.#markers;
  }
}

/** The session as it is seen at `ms`: what has happened by then, and nothing else. */
function seenAt(
  session: ReturnType<typeof training>,
  ms: number,
  follower: Follower | null = null,
  mustMatchExactly = true,
): DiagnosisInput {
  const durationUs = ms * 1000;
  const seen = session.markers.filter(({ t }) => t <= durationUs);
  const markers = follower?.read(seen) ?? seen;
  const all = session.series.map((one) => {
    const count = one.times.filter((t) => t <= durationUs).length;
    return { ...one, times: one.times.slice(0, count), values: one.values.slice(0, count) };
  });
  const { spans } = phaseSpans(markers, durationUs);
  const common = {
    lines: deriveLines(all, {}),
    markers,
    spans,
    durationUs,
    budget: session.budget,
    mustMatchExactly,
  };
  const overlay = buildOverlay({
    ...common,
    baselines: {},
    ...(follower && { completed: follower.rows }),
  });
  return {
    ...common,
    live: true,
    overlay: completedOverlay(overlay, durationUs),
    spans: completedSpans(spans, durationUs),
    logs: [],
    exitCode: null,
    signal: null,
  };
}

describe('a session being recorded', () => {
  it('is without findings at every moment of a run that is as predicted, its open phases included', () => {
    const session = training(20);
    for (let ms = 50; ms <= 6100; ms += 130)
      expect(diagnose(seenAt(session, ms)).findings, `at ${ms} ms`).toEqual([]);
  });

  it('names a leak as soon as enough steps are over, by the bytes that the finished session tells', () => {
    const session = training(20, 3 * MB);
    const found = [1000, 2000, 3200, 4000].map(
      (ms) =>
        diagnose(seenAt(session, ms)).findings.find(({ kind }) => kind === 'leak')?.slope?.bytes ??
        null,
    );
    expect(found).toEqual([null, null, 3 * MB, 3 * MB]);
  });

  it('works out a phase that is over once, with the result of working it out at the end', () => {
    const session = training(20, 3 * MB);
    const follower = new Follower();
    const looks = [];
    for (let ms = 500; ms < 6200; ms += 400)
      looks.push(seenAt(session, ms, follower).overlay.phases);
    const last = looks.at(-1)!;
    expect(last).toEqual(seenAt(session, 6100).overlay.phases);
    const before = looks.at(-2)!;
    expect(before.length).toBeGreaterThan(20);
    for (const [i, row] of before.entries()) expect(last[i]).toBe(row);
  });

  it('sums up phases look by look as all of them at once, whatever order they end in and whatever is still open', () => {
    const next = randomFrom(3);
    for (let round = 0; round < 20; round++) {
      const { markers, line } = randomPhases(next);
      const follower = new Follower();
      for (let until = 0; until <= 60e6; until += 1 + Math.floor(next() * 9e6)) {
        const known = markers.filter(({ arrives }) => arrives <= until).map(({ marker }) => marker);
        const look = (all: readonly Marker[], completed?: CompletedPhases) => {
          const { spans } = phaseSpans(all, until);
          const input = { lines: deriveLines([line], {}), markers: all, spans, durationUs: until };
          const overlay = buildOverlay({
            ...input,
            budget: null,
            baselines: {},
            mustMatchExactly: false,
            ...(completed && { completed }),
          });
          const told = completed ? overlay : addObserved(overlay, all);
          return {
            told,
            kinds: summarizePhases(told.phases),
            time: analyseTime(told, null, [line], null),
          };
        };
        expect(look(follower.read(known), follower.rows)).toEqual(look([...known]));
      }
    }
  });
});

/** Nested phases of two ranks, some never ended, some told of late; and a line they are measured on. */
function randomPhases(next: () => number) {
  const markers: { readonly arrives: number; readonly marker: Marker }[] = [];
  for (const rank of [0, 1]) {
    for (let step = 0; step < 40; step++) {
      const t = step * 1.4e6 + Math.floor(next() * 1e5);
      const tell = (at: number, marker: object, late = 0) =>
        markers.push({ arrives: at + late, marker: { t: at, rank, step, ...marker } as Marker });
      for (const [name, begin, end] of [
        ['idle', 0, 1.2e6],
        ['forward', 1e5, 5e5],
        ['backward', 5e5, 1e6],
      ] as const) {
        if (name === 'idle' && next() < 0.7) continue;
        tell(t + begin, { type: 'phase', name, event: 'begin' });
        const bytes = GiB + Math.floor(next() * 1e6);
        if (next() < 0.5)
          tell(
            t + end,
            { type: 'memory', phase: name, memory: { allocated: bytes } },
            next() * 4e6,
          );
        if (next() < 0.95)
          tell(t + end, { type: 'phase', name, event: 'end' }, next() < 0.1 ? 3e6 : 0);
      }
    }
  }
  const samples = Array.from(
    { length: 600 },
    (_, i) => [i * 100, GiB + Math.floor(next() * 1e8)] as const,
  );
  return {
    markers: markers.sort((a, b) => a.arrives - b.arrives),
    line: series('gpu0.memory.used', samples, 100),
  };
}

describe('a forecast', () => {
  const parts = (activations: number) => ({ params: 1000 * MB, activations: activations * MB });
  const budget = budgetWith(
    [
      ['load', null, null, { params: 1000 * MB }, { params: 1000 * MB }],
      ['forward', 1, 40, parts(500), parts(500)],
      ['backward', 1, 40, parts(9000), parts(0)],
    ],
    { mode: 'train', framework: 'pytorch', steps: 40 },
  );
  const ramp = (to: number, of: (ms: number) => number) =>
    series(
      'gpu0.memory.used',
      Array.from({ length: to / 20 }, (_, i) => [i * 20, of(i * 20) * MB] as const),
      20,
    );
  const at = (
    ms: number,
    deviceBytes: number,
    of: (ms: number) => number,
    markers: Parameters<typeof phaseSpans>[0],
    planned = budget,
  ) => {
    const durationUs = ms * 1000;
    const { spans } = phaseSpans(markers, durationUs);
    const common = {
      lines: deriveLines([ramp(ms, of)], {}),
      markers,
      spans,
      durationUs,
      budget: planned,
      mustMatchExactly: false,
    };
    const overlay = buildOverlay({ ...common, baselines: {}, deviceBytes: { gpu0: deviceBytes } });
    return diagnose({
      ...common,
      live: true,
      overlay: completedOverlay(overlay, durationUs),
      spans: completedSpans(spans, durationUs),
      logs: [],
      exitCode: null,
      signal: null,
    }).findings;
  };

  it('tells a peak that is still to come and does not fit, with the bytes it lacks and the phase', () => {
    const loaded = phase('load', null, 0, 500);
    const [found, ...more] = at(3000, 8 * GiB, () => 1000, loaded);
    expect(more).toEqual([]);
    expect(found).toMatchObject({
      kind: 'out_of_memory',
      phase: 'backward',
      confidence: 'medium',
      bytes: 10_000 * MB - 8 * GiB,
    });
    expect(found!.title).toMatch(/will run out in backward of step 1/);
    expect(at(3000, 16 * GiB, () => 1000, loaded)).toEqual([]);
  });

  it('tells the step at which a leak will have filled the device, and nothing where the run ends before', () => {
    const small = budgetWith([['forward', 1, 40, parts(500), parts(500)]], {
      mode: 'train',
      framework: 'pytorch',
      steps: 40,
    });
    const markers = Array.from({ length: 10 }, (_, i) =>
      phase('forward', i + 1, i * 400, i * 400 + 380),
    ).flat();
    const held = (ms: number) => 1500 + 100 * Math.floor(ms / 400);
    const of = (deviceBytes: number) =>
      at(4000, deviceBytes, held, markers, small).find(({ kind }) => kind === 'out_of_memory');
    // At 4 s 2400 MiB are held; 1000 MiB are ten steps of 400 ms.
    const found = of(3400 * MB)!;
    expect(found.title).toMatch(/after 10 more steps, in about 4\.00 s/);
    expect(found.span).toEqual([4_000_000, 8_000_000]);
    expect(of(24 * GiB)).toBeUndefined();
  });

  it('is not made of a session that has ended', () => {
    const markers = phase('load', null, 0, 500);
    const { spans } = phaseSpans(markers, 3_000_000);
    const common = {
      lines: deriveLines([ramp(3000, () => 1000)], {}),
      markers,
      spans,
      durationUs: 3_000_000,
      budget,
      mustMatchExactly: false,
    };
    const overlay = buildOverlay({ ...common, baselines: {}, deviceBytes: { gpu0: 8 * GiB } });
    expect(diagnose({ ...common, overlay, logs: [], exitCode: 0, signal: null }).findings).toEqual(
      [],
    );
  });
});
