/** The live view of a long recording against all that was recorded. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LiveTrace } from '../../../../src/main/engine/live-trace';
import { readStoredSeries } from '../../../../src/main/store/session-data';
import { createSession } from '../../../../src/main/store/session-file';
import { seriesStats } from '../../../../src/shared/trace/series';
import type { SeriesInfo } from '../../../../src/shared/trace/types';

const info: SeriesInfo = {
  id: 'gpu0.memory.used',
  source: 'nvml',
  metric: 'memory.used',
  unit: 'bytes',
  windowUs: null,
  intervalUs: 1000,
};

const highest = (values: Float64Array) => values.reduce((most, value) => Math.max(most, value), 0);

function recorded(count: number) {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-live-'));
  const file = createSession(folder, {
    id: 'live',
    name: 'live',
    startedAt: '2026-01-01T00:00:00.000Z',
    model: null,
    run: null,
    simulated: true,
    workload: { kind: 'command', title: 'test', command: [], cwd: null, pid: null },
    environment: {
      plumbline: '0',
      node: '',
      os: '',
      cpu: '',
      cores: 0,
      memoryBytes: 0,
      gpus: [],
      sources: [],
      workload: {},
    },
  });
  onTestFinished(() => {
    file.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const trace = new LiveTrace(file);
  trace.declare(info);
  const times = Float64Array.from({ length: count }, (_, i) => i * 1000);
  const values = Float64Array.from({ length: count }, (_, i) => (i * 7919) % 100_003);
  for (let at = 0; at < count; at += 500)
    trace.pushRun(info.id, times.subarray(at, at + 500), values.subarray(at, at + 500));
  return { file, trace, times, values };
}

test('a stretch of a long recording is read back with every sample, wherever it lies', () => {
  const { file, trace, times, values } = recorded(150_000);
  file.flush();
  for (const [from, to] of [
    [0, 3000],
    [40_000, 60_000],
    [140_000, 149_000],
    [148_000, 150_000],
  ] as const) {
    const [series] = trace.window(times[from]!, times[to - 1]!);
    const inside = Array.from(series!.times.keys()).filter(
      (i) => series!.times[i]! >= times[from]! && series!.times[i]! <= times[to - 1]!,
    );
    expect(inside.map((i) => series!.times[i])).toEqual([...times.subarray(from, to)]);
    expect(inside.map((i) => series!.values[i])).toEqual([...values.subarray(from, to)]);
    expect(series!.times.every((t, i) => i === 0 || t > series!.times[i - 1]!)).toBe(true);
  }
});

test('the whole of it is shown from memory, with the figures of every sample', () => {
  const { trace, times, values } = recorded(150_000);
  const [series] = trace.window(0, times.at(-1)!);
  expect(series!.times.length).toBeLessThanOrEqual(16_384);
  expect(seriesStats(series!)).toMatchObject({ count: 150_000, min: 0, max: highest(values) });
});

test('what is stored of a series too long to be held is the series itself, and its figures are known without reading it', () => {
  const { file, times, values } = recorded(150_000);
  file.flush();
  const [series] = readStoredSeries(file.path);
  expect(seriesStats(series!)).toMatchObject({
    ...info,
    count: 150_000,
    min: 0,
    max: highest(values),
  });
  expect(series!.figures).toMatchObject({
    maxAt: times[values.indexOf(highest(values))],
    minAt: 0,
  });
  expect([series!.times, series!.values]).toEqual([times, values]);
});

test('what became known of a series on the way is kept with it', () => {
  const { file, trace } = recorded(10);
  trace.refine(info.id, { intervalUs: 4000, about: 'memory; read every 4 ms' });
  expect(trace.series()[0]!.info).toMatchObject({ ...info, intervalUs: 4000 });
  file.flush();
  expect(readStoredSeries(file.path)[0]!.info).toEqual({
    ...info,
    intervalUs: 4000,
    about: 'memory; read every 4 ms',
  });
});
