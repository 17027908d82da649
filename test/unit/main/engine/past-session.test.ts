/** Replay against the live path: a session cut at a moment is what its recorder held then, and nothing that came later. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { FollowedSession } from '../../../../src/main/engine/followed-session';
import { LiveAnalysis } from '../../../../src/main/engine/live-analysis';
import { LiveTrace } from '../../../../src/main/engine/live-trace';
import { readSession } from '../../../../src/main/store/session-data';
import { createSession, openSession } from '../../../../src/main/store/session-file';
import { preset } from '../../../../src/shared/model/presets';
import { runDefaults } from '../../../../src/shared/model/run';
import { buildDocument } from '../../../../src/shared/session/document';
import { PastSession } from '../../../../src/shared/session/past-session';
import type { SessionData, SessionHeader } from '../../../../src/shared/session/types';
import type { Marker, SeriesInfo } from '../../../../src/shared/trace/types';
import { readColumns } from '../../../support/columns';
import { MB, training } from '../../../support/overlay-scenario';
import { plainHeader } from '../../../support/session-header';

const model = preset('gpt2-nano');
const header: SessionHeader = {
  ...plainHeader('cut'),
  model,
  run: runDefaults(model, { mode: 'train', steps: 20 }),
};
const busy: SeriesInfo = {
  id: 'gpu0.utilization',
  source: 'test',
  metric: 'utilization',
  unit: 'millipercent',
  windowUs: 100_000,
  intervalUs: 50_000,
};
const knownAt = (data: SessionData, t: number) => new PastSession().at(data, t);
const MOMENTS = [40_000, 480_000, 1_150_000, 3_000_000, 3_610_000, 5_999_000];

/** What a recorder holds at a moment. */
type Held = Pick<SessionData, 'series' | 'markers' | 'logs' | 'warnings' | 'durationUs'>;

/** A leaking run recorded event by event; what the recorder held at each of the moments, and the session read back. */
function record(): { live: readonly Held[]; stored: SessionData } {
  const { markers, durationUs } = training(20, 3 * MB);
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-cut-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = createSession(folder, header);
  const trace = new LiveTrace(file);
  trace.declare(busy);
  const events: { readonly t: number; tell(): void }[] = markers.map((marker) => ({
    t: marker.t,
    tell: () => trace.marker(marker),
  }));
  for (let t = 0; t < durationUs; t += 50_000) {
    const isLost = t >= 1_000_000 && t < 1_400_000;
    const reading = isLost
      ? ({ kind: 'absent', reason: 'lost' } as const)
      : ({ kind: 'ok', value: t % 70_001 } as const);
    events.push({ t, tell: () => trace.push(busy.id, t, reading) });
    events.push({ t, tell: () => trace.log({ t, stream: 'stdout', text: `at ${t}` }) });
  }
  events.push({ t: 3_300_000, tell: () => trace.warn('a source was late') });
  events.sort((a, b) => a.t - b.t);
  let next = 0;
  const live = MOMENTS.map((moment): Held => {
    for (; next < events.length && events[next]!.t <= moment; next++) events[next]!.tell();
    file.flush();
    using reader = openSession(file.path);
    const { series, ...told } = new FollowedSession(reader).read();
    return { ...told, series: series.map(readColumns), durationUs: moment };
  });
  for (; next < events.length; next++) events[next]!.tell();
  trace.finish(durationUs);
  file.finish({ status: 'complete', exitCode: 0, signal: null, durationUs });
  file.close();
  using reader = openSession(join(folder, 'cut.plumbline'));
  return { live, stored: readSession(reader) };
}

const asLive = (held: Held): SessionData => ({
  ...header,
  ...held,
  status: 'recording',
  exitCode: null,
  signal: null,
  baselines: {},
});
const show = (data: SessionData) => buildDocument(data, undefined, new LiveAnalysis('replayed'));

test('at every moment it shows what a live view would have shown, findings included', () => {
  const { live, stored } = record();
  const told = MOMENTS.map((moment, i) => {
    const past = knownAt(stored, moment);
    const held = asLive(live[i]!);
    expect(past.series.map(readColumns), `series at ${moment}`).toEqual(held.series);
    expect(show(past), `document at ${moment}`).toEqual(show(held));
    return show(past).findings.length;
  });
  expect(told[0]).toBe(0);
  expect(told.at(-1)).toBeGreaterThan(0);
});

test('what comes later does not matter: any other future leaves the past as it is', () => {
  const { stored } = record();
  for (const moment of MOMENTS) {
    const ahead = stored.markers.filter(({ t }) => t > moment);
    const later = new Set<Marker>(ahead);
    const other: SessionData = {
      ...stored,
      status: 'failed',
      exitCode: 1,
      durationUs: stored.durationUs * 2,
      markers: stored.markers.filter((marker) => !later.has(marker) || marker.type === 'memory'),
      logs: stored.logs.filter(({ t }) => t <= moment),
      series: stored.series.map(readColumns).map((series) => ({
        ...series,
        values: series.values.map((value, i) =>
          series.times[i]! > moment ? 9 * value + 1 : value,
        ),
      })),
    };
    expect(show(knownAt(other, moment)), `at ${moment}`).toEqual(show(knownAt(stored, moment)));
  }
});

test('a high-water mark is not known before the marker that tells of it', () => {
  const { stored } = record();
  // A backward of 100 ms ends at 300 ms, where its marker tells that it was highest at 260 ms.
  const line = (t: number) =>
    knownAt(stored, t).series.find(({ info }) => info.id === 'framework.allocated');
  expect(readColumns(line(280_000)!).times.at(-1)).toBe(200_000);
  expect([...readColumns(line(300_000)!).times].slice(-2)).toEqual([260_000, 300_000]);
});

test('a model that the workload announces is known from its announcement on', () => {
  const { stored } = record();
  const announced: SessionData = {
    ...stored,
    workload: { ...stored.workload, kind: 'command' },
    markers: [
      { t: 500_000, rank: 0, step: null, type: 'model', fields: {} },
      { t: 700_000, rank: 0, step: null, type: 'run', fields: {} },
      ...stored.markers,
    ].toSorted((a, b) => a.t - b.t) as Marker[],
  };
  expect(knownAt(announced, 400_000).model).toBeNull();
  expect(knownAt(announced, 600_000)).toMatchObject({ model: { name: model.name }, run: null });
  expect(knownAt(announced, 700_000).run).toEqual(stored.run);
});
