/** A session followed while it is recorded, against the samples that were recorded. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { FollowedSession } from '../../../../src/main/engine/followed-session';
import { createSession, openSession } from '../../../../src/main/store/session-file';
import { lastSample, samplePages } from '../../../../src/shared/trace/series';
import { runHeader } from '../../../support/recorded-run';

const id = 'gpu0.memory.used';
const COUNT = 60_000;
const times = Float64Array.from({ length: COUNT }, (_, i) => i * 1000 + (i % 7));
const values = Float64Array.from({ length: COUNT }, (_, i) => (i * 7919) % 100_003);

function growing() {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-followed-'));
  const file = createSession(folder, runHeader('growing'));
  file.declareSeries({
    id,
    source: 'nvml',
    metric: 'memory.used',
    unit: 'bytes',
    windowUs: null,
    intervalUs: 1000,
  });
  file.flush();
  const reader = openSession(file.path);
  onTestFinished(() => {
    reader.close();
    file.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { file, reader };
}

test('each look holds what was committed by then: figures of all samples, rows once, what was announced', () => {
  const { file, reader } = growing();
  const followed = new FollowedSession(reader);
  for (let from = 0; from < COUNT; from += 7500) {
    const to = from + 7500;
    file.appendRun(id, times.subarray(from, to), values.subarray(from, to));
    file.log({ t: times[from]!, stream: 'stdout', text: `at ${from}` });
    file.marker({ type: 'token', t: times[from]!, rank: 0, step: null, index: from });
    file.gap(id, times[0]!, times[from]!, 'lost');
    file.setMeta('workload', { ...runHeader('growing').workload, pid: to });
    file.flush();
    const data = followed.read();
    const [series] = data.series;
    const seen = values.subarray(0, to);
    const highest = seen.reduce((a, b) => Math.max(a, b));
    expect(data.status).toBe('recording');
    expect(data.workload.pid).toBe(to);
    expect(series?.figures).toMatchObject({
      count: to,
      max: highest,
      maxAt: times[seen.indexOf(highest)],
    });
    expect(lastSample(series!)).toEqual({ t: times[to - 1], value: values[to - 1] });
    expect(data.markers).toHaveLength(to / 7500);
    expect(data.logs.map(({ text }) => text).at(-1)).toBe(`at ${from}`);
    expect(series!.gaps).toEqual([{ t0: times[0], t1: times[from], reason: 'lost' }]);
  }
});

test('a stretch of it has every sample, wherever it lies', () => {
  const { file, reader } = growing();
  file.appendRun(id, times, values);
  file.flush();
  const [series] = new FollowedSession(reader).read().series;
  for (const [from, to] of [
    [0, 3000],
    [20_000, 30_000],
    [58_000, COUNT],
  ] as const) {
    const [page, ...more] = [...samplePages(series!, times[from]!, times[to - 1]!)];
    expect(more).toEqual([]);
    expect(page).toMatchObject({ times: times.slice(from, to), values: values.slice(from, to) });
  }
});
