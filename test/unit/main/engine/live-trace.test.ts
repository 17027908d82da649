/** What a recording leaves in its file, against all that was recorded. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LiveTrace } from '../../../../src/main/engine/live-trace';
import { readStoredSeries } from '../../../../src/main/store/session-data';
import { createSession, openSession } from '../../../../src/main/store/session-file';
import { seriesStats } from '../../../../src/shared/trace/series';
import type { SeriesInfo } from '../../../../src/shared/trace/types';
import { readColumns } from '../../../support/columns';
import { plainHeader } from '../../../support/session-header';

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
  const file = createSession(folder, plainHeader('live'));
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

function recordOdd(push: (trace: LiveTrace) => void) {
  const { file, trace } = recorded(0);
  push(trace);
  trace.finish(10_000);
  file.flush();
  using reader = openSession(file.path);
  const [series] = readStoredSeries(file.path);
  const { times, values } = readColumns(series!);
  return {
    samples: Array.from(times, (t, i) => [t, values[i]]),
    gaps: series!.gaps,
    warnings: reader.warnings(),
  };
}

test('what is no number and what no counter holds is not read, and is told of once', () => {
  const ok = (value: number) => ({ kind: 'ok', value }) as const;
  const run = [5, Number.NaN, 7, Number.POSITIVE_INFINITY, 1e300, -1e300, 2 ** 63];
  for (const push of [
    (trace: LiveTrace) => {
      for (const [i, value] of run.entries()) trace.push(info.id, 1000 * (i + 1), ok(value));
    },
    (trace: LiveTrace) =>
      trace.pushRun(
        info.id,
        Float64Array.from(run, (_, i) => 1000 * (i + 1)),
        Float64Array.from(run),
      ),
  ]) {
    const { samples, gaps, warnings } = recordOdd(push);
    expect(samples).toEqual([
      [1000, 5],
      [3000, 7],
      [7000, 2 ** 63],
    ]);
    expect(gaps).toEqual([
      { t0: 2000, t1: 3000, reason: 'not_read' },
      { t0: 4000, t1: 7000, reason: 'not_read' },
    ]);
    expect(warnings).toEqual([
      'gpu0.memory.used gave a value that is no number; where it did, nothing was read.',
      'gpu0.memory.used gave a value that no counter can hold; where it did, nothing was read.',
    ]);
  }
});

test('readings at one time, and such as come late, lose no value, and a clock that was set is told of', () => {
  const times = [1000, 1000, 3000, 2900, 4000, 500, 5000];
  const values = [1, 9, 2, 8, 3, 99, 4];
  const kept = [1000, 1001, 3000, 3001, 4000, 4001, 5000];
  for (const push of [
    (trace: LiveTrace) => {
      for (const [i, value] of values.entries())
        trace.push(info.id, times[i]!, { kind: 'ok', value });
    },
    (trace: LiveTrace) =>
      trace.pushRun(info.id, Float64Array.from(times), Float64Array.from(values)),
  ]) {
    const { samples, warnings } = recordOdd(push);
    expect(samples).toEqual(kept.map((t, i) => [t, values[i]]));
    expect(warnings).toEqual([
      'Readings of gpu0.memory.used came out of their order in time: each is kept a microsecond behind the one that came before it.',
    ]);
  }
  const alike = recordOdd((trace) => {
    for (const t of [1000, 1000, 2000]) trace.push(info.id, t, { kind: 'ok', value: 1 });
  });
  expect(alike.warnings).toEqual([]);
});

test('a reading without a time is left out, and told of', () => {
  const { samples, warnings } = recordOdd((trace) => {
    for (const t of [1000, Number.NaN, 2000]) trace.push(info.id, t, { kind: 'ok', value: t });
  });
  expect(samples).toEqual([
    [1000, 1000],
    [2000, 2000],
  ]);
  expect(warnings).toEqual(['A reading of gpu0.memory.used came without a time, and is left out.']);
});
