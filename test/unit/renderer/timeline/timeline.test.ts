/** The lanes of a session by what they draw and read, and what can be done to a timeline. */
import { describe, expect, it } from 'vitest';
import type { Lane } from '../../../../src/renderer/chart/lane';
import { AXIS_HEIGHT, layOut } from '../../../../src/renderer/chart/lane-layout';
import { paintLine } from '../../../../src/renderer/chart/paint-lines';
import { dragView } from '../../../../src/renderer/chart/view';
import { buildLanes, seriesInSight } from '../../../../src/renderer/timeline/build-lanes';
import { CurveWindow } from '../../../../src/renderer/timeline/curve-window';
import { BAND_OPACITY } from '../../../../src/renderer/timeline/paint-bands';
import { setView, timelineActions } from '../../../../src/renderer/timeline/timeline-actions';
import { createTimelineState } from '../../../../src/renderer/timeline/timeline-state';
import { TraceWindows } from '../../../../src/renderer/timeline/traces';
import { drawBudget } from '../../../../src/shared/picture/budget-picture';
import { envelope } from '../../../../src/shared/trace/envelope';
import type { SeriesData } from '../../../../src/shared/trace/types';
import { drawLog } from '../../../support/draw-log';
import { type FixtureSession, fixtureLibrary, random } from '../../../support/fixture-sessions';
import { countersSession, logSession, longSession } from '../../../support/timeline-sessions';

const tracesOf = ({ data, document }: FixtureSession) => {
  const asked: { t0: number; t1: number; series: readonly string[] }[] = [];
  const traces = new TraceWindows(async ({ series, t0, t1, columns }) => {
    asked.push({ t0, t1, series });
    return data
      .filter(({ info }) => series.includes(info.id))
      .map((each) => ({
        info: each.info,
        envelope: envelope(each, t0, t1, columns),
        gaps: each.gaps,
      }));
  });
  const everything = {
    series: data.map(({ info }) => info.id),
    end: document.durationUs,
    columns: 1000,
    version: 0,
  };
  return { traces, asked, everything };
};
const lanesOf = async (session: FixtureSession) => {
  const { traces, everything } = tracesOf(session);
  traces.want(everything);
  await expect.poll(() => traces.isStale.get()).toBe(false);
  return buildLanes(session.document, session.budget, 'refined', traces, new CurveWindow()).lanes;
};
const laneOf = (lanes: readonly Lane[], id: string): Lane => {
  const found = lanes.find((lane) => lane.id === id);
  if (!found) throw new Error(`There is no lane ${id}, only ${lanes.map((lane) => lane.id)}.`);
  return found;
};
const paint = (lane: Lane, view: { t0: number; t1: number }) => {
  const { sheet, log } = drawLog(view, lane.scale.min, lane.scale.max);
  lane.paint(sheet);
  return { log, sheet };
};

describe('a line of samples', () => {
  it('keeps the highest and every gap however many samples crowd a pixel', () => {
    const rand = random(3);
    for (let round = 0; round < 40; round++) {
      const count = 1 + Math.floor(rand() * 40_000);
      const times = Float64Array.from({ length: count }, (_, i) => i * 10);
      const values = Float64Array.from({ length: count }, () =>
        rand() < 0.01 ? Number.NaN : rand() * 1e9,
      );
      const known = values.filter((value) => !Number.isNaN(value));
      if (known.length === 0) continue;
      const { sheet, log } = drawLog({ t0: 0, t1: count * 10 }, 0, 1e9);
      paintLine(
        sheet,
        { envelope: { times, values }, between: 'joined' },
        { color: '#000', width: 1 },
      );
      const points = log.filter(({ kind }) => kind === 'stroke').flatMap((each) => each.points);
      expect(Math.min(...points.map(([, y]) => y))).toBeCloseTo(sheet.y(Math.max(...known)), 6);
      expect(points.length).toBeLessThanOrEqual(
        2 * sheet.box.width + (values.length - known.length),
      );
    }
  });
  it('keeps the columns it was asked for while it is drawn larger', () => {
    const [end, columns] = [1e6, 500];
    const times = Float64Array.from({ length: 40_000 }, (_, i) => i * 25);
    const values = Float64Array.from(times, (_, i) => (i % 10 < 5 ? 80 : 20));
    const [{ info }] = countersSession('t-counters').data as [SeriesData];
    const asked = envelope({ info, times, values, gaps: [] }, 0, end, columns);
    const line = {
      envelope: asked,
      columns: { t0: 0, us: end / columns },
      between: 'joined',
    } as const;
    for (const t0 of [0, 123_456, 300_001]) {
      const { sheet, log } = drawLog({ t0, t1: t0 + end / 7 }, 0, 100);
      paintLine(sheet, line, { color: '#000', width: 1 });
      const points = log.filter(({ kind }) => kind === 'stroke').flatMap((each) => each.points);
      expect(points.length).toBeGreaterThan(columns / 7 - 2);
      expect(points.length).toBeLessThan(columns / 7 + 6);
      const inside = points.filter(([x]) => x > -columns / 50 && x < sheet.box.width);
      expect(inside.filter(([, y]) => Math.abs(y - sheet.y(80)) > 1e-9)).toEqual([]);
    }
  });
  it('holds a slow counter through a window in which nothing was read', () => {
    const times = Float64Array.of(0, 1e6, 2e6);
    const values = Float64Array.of(10, 50, 20);
    for (const [between, held] of [
      ['held', 50],
      ['since', 20],
    ] as const) {
      const { sheet, log } = drawLog({ t0: 1.2e6, t1: 1.3e6 }, 0, 100);
      paintLine(sheet, { envelope: { times, values }, between }, { color: '#000', width: 1 });
      const points = log.find(({ kind }) => kind === 'stroke')?.points ?? [];
      const level = points.filter(([, y]) => Math.abs(y - sheet.y(held)) < 1e-9).map(([x]) => x);
      expect(Math.min(...level)).toBeLessThanOrEqual(0);
      expect(Math.max(...level)).toBeGreaterThanOrEqual(sheet.box.width);
    }
  });
});

describe('the budget under every line', () => {
  it('stands under a log without phases: at rest, at most, and what is left on the card', async () => {
    const session = logSession('t-log');
    const memory = laneOf(await lanesOf(session), 'memory');
    const { log } = paint(memory, { t0: 0, t1: session.document.durationUs });
    const texts = log.flatMap(({ text }) => text ?? []);
    expect(texts).toContain('predicted at most 4.49 GiB');
    expect(texts.some((text) => text.startsWith('at rest 1.'))).toBe(true);
    expect(texts.some((text) => text.includes('left on the card'))).toBe(true);
    const bands = log.filter(({ kind, opacity }) => kind === 'rect' && opacity === BAND_OPACITY);
    // A component that is thinner than a pixel of the 200 may be left out.
    const parts = Object.values(session.budget?.tiers.refined.components ?? {});
    const visible = parts.filter((bytes) => bytes * 200 >= memory.scale.max);
    expect(bands.length).toBeGreaterThanOrEqual(visible.length);
    expect(bands.length).toBeLessThanOrEqual(parts.length);
    expect(memory.readAt(4e6, 1000)).toMatch(/ GiB, predicted at most 4.49 GiB$/);
  });
  it('stacks without holes: its bands cover the total of every phase and nothing above', async () => {
    const session = countersSession('t-counters');
    const memory = laneOf(await lanesOf(session), 'memory');
    const { log, sheet } = paint(memory, { t0: 0, t1: session.document.durationUs });
    const bands = log.filter(({ opacity }) => opacity === BAND_OPACITY);
    for (const { span, predicted } of session.document.overlay.phases) {
      const x = sheet.x((span[0] + span[1]) / 2);
      const stack = bands
        .flatMap(({ points: [from, to] }) => (from && to ? [{ from, to }] : []))
        .filter(({ from, to }) => from[0] <= x && x < to[0]);
      const covered = stack.reduce((sum, { from, to }) => sum + to[1] - from[1], 0);
      const top = sheet.y(predicted.refined ?? Number.NaN);
      expect(Math.abs(covered - (sheet.box.height - top))).toBeLessThanOrEqual(1);
      expect(Math.min(...stack.map(({ from }) => from[1]))).toBe(Math.round(top));
    }
  });
  it('is there for every session with a model and a run, in both tiers', () => {
    for (const { document, budget } of [...fixtureLibrary(), logSession('t-log')])
      for (const tier of ['refined', 'textbook'] as const)
        expect(drawBudget(document, budget, tier).ceiling > 0).toBe(document.model !== null);
  });
  it('keeps its highest ceiling at every zoom of a long run', () => {
    const { document, budget } = longSession('t-long', 2000, 10);
    const { levels, ceiling } = drawBudget(document, budget, 'refined');
    const end = document.durationUs;
    const rand = random(9);
    for (let round = 0; round < 60; round++) {
      const t0 = rand() * end * 0.9;
      const view = { t0, t1: t0 + 1000 + rand() * rand() * (end - t0) };
      const shown = levels.within(view, 1000);
      const [first, last] = [shown[0], shown.at(-1)];
      if (!first || !last) continue;
      expect(first.t0 <= view.t0 || first.t0 - view.t0 < (view.t1 - view.t0) / 4).toBe(true);
      const all = document.overlay.phases.filter(
        ({ span }) => span[1] >= view.t0 && span[0] <= view.t1,
      );
      const due = Math.max(0, ...all.map(({ predicted }) => predicted.refined ?? 0));
      expect(Math.max(0, ...shown.map(({ total }) => total))).toBeGreaterThanOrEqual(due);
      expect(Math.max(0, ...shown.map(({ total }) => total))).toBeLessThanOrEqual(ceiling);
      expect(shown.length).toBeLessThan(10_000);
    }
  });
});

describe('the lanes of a session', () => {
  it('are those that have something, each with a name that a person knows', async () => {
    const lanes = await lanesOf(countersSession('t-counters'));
    expect(lanes.filter(({ isExtra }) => !isExtra).map(({ name }) => name)).toEqual([
      'Phases',
      'GPU 0, everything on it',
      'Residual',
      'GPU 0, utilization',
      'GPU 0, power',
      'GPU 0, clocks',
      'GPU 0, temperature',
      'GPU 0, PCIe',
      'GPU 0, other processes',
      'Host memory, this workload',
      'Log',
    ]);
    const plain = fixtureLibrary().find(({ document }) => document.id === 's-plain');
    if (!plain) throw new Error('The library has no plain session.');
    const ids = (await lanesOf(plain)).map(({ id }) => id);
    expect(ids).not.toContain('residual');
    expect(ids).not.toContain('log');
  });
  it('answer the cursor in their units, and say why where nothing was read', async () => {
    const session = countersSession('t-counters');
    const lanes = await lanesOf(session);
    const t = session.document.durationUs * 0.3;
    const read = (id: string, at = t) => laneOf(lanes, id).readAt(at, 1000);
    expect(read('gpu0.power')).toMatch(/^\d+ W$/);
    expect(read('gpu0.temperature')).toMatch(/^\d+ °C$/);
    expect(read('gpu0.clocks')).toMatch(/^2520 MHz$|^2190 MHz, throttled: power limit$/);
    expect(read('gpu0.pcie')).toMatch(/^in .* MiB\/s, out .* MiB\/s$/);
    const pcie = laneOf(lanes, 'gpu0.pcie');
    const { log } = paint(pcie, { t0: 0, t1: session.document.durationUs });
    expect(log.flatMap(({ text }) => text ?? [])).toEqual([]);
    const near = paint(pcie, {
      t0: session.document.durationUs * 0.5,
      t1: session.document.durationUs * 0.7,
    });
    expect(near.log.flatMap(({ text }) => text ?? [])).toContain(
      'no reading: the source stopped answering',
    );
  });
  it('shade the clocks while something holds them back', async () => {
    const session = countersSession('t-counters');
    const lane = laneOf(await lanesOf(session), 'gpu0.clocks');
    const { log, sheet } = paint(lane, { t0: 0, t1: session.document.durationUs });
    const shaded = log.filter(({ kind, opacity }) => kind === 'rect' && opacity < 1);
    const isShaded = (t: number) =>
      shaded.some(({ points: [a, b] }) => a && b && a[0] <= sheet.x(t) && sheet.x(t) < b[0]);
    const throttle = session.data.find(({ info }) => info.id === 'gpu0.throttle');
    if (!throttle) throw new Error('Nothing was throttled.');
    for (const [i, t] of throttle.times.entries())
      if (t < session.document.durationUs - 2e5)
        expect(isShaded(t + 1000)).toBe(throttle.values[i] === 4);
  });
  it('of further GPUs wait to be asked for, and are then asked of the engine', () => {
    const session = countersSession('t-two', 2);
    const { traces } = tracesOf(session);
    const built = buildLanes(
      session.document,
      session.budget,
      'refined',
      traces,
      new CurveWindow(),
    );
    expect(laneOf(built.lanes, 'gpu1.power').isExtra).toBe(true);
    expect(seriesInSight(built, {}, session.document)).not.toContain('gpu1.power');
    const shown = { 'gpu1.power': { isHidden: false }, 'gpu0.power': { isHidden: true } };
    const asked = seriesInSight(built, shown, session.document);
    expect(asked).toContain('gpu1.power');
    expect(asked).not.toContain('gpu0.power');
  });
  it('lie below each other, the memory with the room that is left, a folded one low', async () => {
    const lanes = await lanesOf(countersSession('t-counters'));
    const layout = layOut(lanes, { 'gpu0.power': { isFolded: true } }, 1200, 1400);
    const { rows } = layout;
    // Where there is room for all, nothing scrolls.
    expect(layout.height).toBeLessThanOrEqual(1400 - AXIS_HEIGHT);
    for (const [i, row] of rows.entries())
      if (i > 0)
        expect(row.top).toBeGreaterThan((rows[i - 1]?.top ?? 0) + (rows[i - 1]?.height ?? 0));
    expect(rows.find(({ lane }) => lane.id === 'gpu0.power')?.height).toBeLessThan(30);
    const last = rows.at(-1);
    expect((last?.top ?? 0) + (last?.height ?? 0)).toBeLessThanOrEqual(1400);
    expect(rows.find(({ lane }) => lane.id === 'memory')?.height).toBeGreaterThan(400);
  });
  it('keep the foot of the memory lane in sight where there is little room', async () => {
    const lanes = await lanesOf(countersSession('t-counters'));
    const room = 250;
    const memory = layOut(lanes, {}, 1200, room).rows.find(({ lane }) => lane.id === 'memory');
    expect((memory?.top ?? 0) + (memory?.height ?? 0)).toBeLessThanOrEqual(room);
    expect(memory?.height).toBeGreaterThanOrEqual(150);
  });
});

describe('the samples of a timeline', () => {
  it('are asked for once for the whole run, and finely once the view rests', async () => {
    const session = longSession('t-long', 40, 50_000);
    const { traces, asked, everything } = tracesOf(session);
    traces.want(everything);
    expect(traces.isStale.get()).toBe(true);
    await expect.poll(() => traces.isStale.get()).toBe(false);
    const end = everything.end;
    for (let i = 0; i < 20; i++) traces.look({ t0: end * 0.4 + i, t1: end * 0.5 + i });
    await expect.poll(() => asked.length).toBe(2);
    await expect.poll(() => traces.isStale.get()).toBe(false);
    expect(asked[1]?.t0).toBeLessThan(end * 0.4 + 19);
    expect(asked[1]?.t1).toBeGreaterThan(end * 0.5 + 19);
    const view = { t0: end * 0.4 + 19, t1: end * 0.5 + 19 };
    expect(traces.parts('gpu0.memory.used', view)).toHaveLength(1);
    expect(traces.parts('gpu0.memory.used', { t0: end * 0.3, t1: end * 0.5 })).toHaveLength(2);
    traces.look(null);
    expect(traces.parts('gpu0.memory.used', { t0: 0, t1: end })).toHaveLength(1);
    expect(asked).toHaveLength(2);
  });
  it('stay in sight while an answer fails, and the failure is told', async () => {
    let isBroken = false;
    const traces = new TraceWindows(async () => {
      if (isBroken) throw new Error('gone');
      return [];
    });
    const wants = { series: ['a'], end: 100, columns: 50, version: 0 };
    traces.want(wants);
    await expect.poll(() => traces.isStale.get()).toBe(false);
    isBroken = true;
    traces.want({ ...wants, version: 1 });
    await expect.poll(() => traces.failure.get()).toMatchObject({ message: 'gone' });
    isBroken = false;
    traces.want({ ...wants, version: 2 });
    await expect.poll(() => traces.failure.get()).toBe(null);
  });
});

describe('what can be done to a timeline', () => {
  const { document } = countersSession('t-counters');
  const end = document.durationUs;
  it('zooms about the cursor, pans, fits, and follows until it is moved back', () => {
    const state = createTimelineState();
    const actions = timelineActions(document, state);
    state.cursor.set(end / 4);
    actions.zoom(0.5);
    const view = state.view.get();
    expect(view && (end / 4 - view.t0) / (view.t1 - view.t0)).toBeCloseTo(0.25, 3);
    expect(state.follow.get()).toBe(false);
    actions.pan(9);
    expect(state.view.get()?.t1).toBe(end);
    expect(state.follow.get()).toBe(true);
    actions.fit();
    expect(state.view.get()).toBeNull();
    setView(state, { t0: 0, t1: end }, end);
    expect(state.view.get()).toBeNull();
  });
  it('walks from marker to marker, and the view follows', () => {
    const state = createTimelineState({ view: { t0: 0, t1: 10_000 } });
    const actions = timelineActions(document, state);
    const starts = [...new Set(document.overlay.phases.map(({ span }) => span[0]))];
    actions.nextMarker();
    expect(state.cursor.get()).toBe(starts[0]);
    actions.nextMarker();
    expect(state.cursor.get()).toBe(starts[1]);
    const view = state.view.get();
    expect(view && view.t0 <= (starts[1] ?? 0) && (starts[1] ?? 0) <= view.t1).toBe(true);
    actions.previousMarker();
    expect(state.cursor.get()).toBe(starts[0]);
  });
  it('selects what is in sight, and fits what is selected', () => {
    const state = createTimelineState({ view: { t0: 1e6, t1: 2e6 } });
    const actions = timelineActions(document, state);
    actions.selectView();
    expect(state.selection.get()).toEqual([1e6, 2e6]);
    actions.fit();
    actions.fitSelection();
    expect(state.view.get()).toEqual({ t0: 1e6, t1: 2e6 });
  });
  it('drags the window of the whole run, and each of its edges alone', () => {
    const view = { t0: 2e6, t1: 3e6 };
    expect(dragView(view, 'window', 1e6, end)).toEqual({ t0: 3e6, t1: 4e6 });
    expect(dragView(view, 'left', -5e6, end)).toEqual({ t0: 0, t1: 3e6 });
    expect(dragView(view, 'right', 1e9, end)).toEqual({ t0: 2e6, t1: end });
    const least = dragView(view, 'left', 5e6, end);
    expect(least.t1 - least.t0).toBeGreaterThan(0);
  });
});
