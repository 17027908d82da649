/** What a recording leaves in its file, against all that was recorded. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LiveTrace } from '../../../../src/main/engine/live-trace';
import { readStoredSeries } from '../../../../src/main/store/session-data';
import { createSession } from '../../../../src/main/store/session-file';
import { seriesStats } from '../../../../src/shared/trace/series';
import type { SeriesInfo } from '../../../../src/shared/trace/types';
import { readColumns } from '../../../support/columns';

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

test('what is stored of a series is the series itself, and its figures are known without reading it', () => {
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
  expect(readColumns(series!)).toMatchObject({ times, values });
});

test('what became known of a series on the way is kept with it', () => {
  const { file, trace } = recorded(10);
  trace.refine(info.id, { intervalUs: 4000, about: 'memory; read every 4 ms' });
  file.flush();
  expect(readStoredSeries(file.path)[0]!.info).toEqual({
    ...info,
    intervalUs: 4000,
    about: 'memory; read every 4 ms',
  });
});
