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
import { buildOverlay } from '../../../../src/shared/divergence/overlay/overlay';
import type { DiagnosisInput } from '../../../../src/shared/divergence/overlay/types';
import { phaseSpans } from '../../../../src/shared/trace/phases';
import { budgetWith, MB, phase, series, training } from '../../../support/overlay-scenario';

/** The session as it is seen at `ms`: what has happened by then, and nothing else. */
function seenAt(
  session: ReturnType<typeof training>,
  ms: number,
  rows?: CompletedPhases,
  mustMatchExactly = true,
): DiagnosisInput {
  const durationUs = ms * 1000;
  const markers = session.markers.filter(({ t }) => t <= durationUs);
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
  const overlay = buildOverlay({ ...common, baselines: {}, ...(rows && { completed: rows }) });
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
    const rows = new CompletedPhases();
    for (let ms = 500; ms < 6000; ms += 500) seenAt(session, ms, rows);
    const kept = seenAt(session, 6100, rows).overlay;
    expect(kept).toEqual(seenAt(session, 6100).overlay);
    let computed = 0;
    const span = {
      phase: 'forward' as const,
      step: 1,
      rank: 0,
      t0: 100_000,
      t1: 200_000,
      memory: null,
    };
    rows.row('framework.allocated', span, 6_100_000, () => {
      computed++;
      return kept.phases[0]!;
    });
    expect(computed).toBe(0);
  });
});

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
