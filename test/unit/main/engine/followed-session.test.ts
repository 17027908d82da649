/** A session followed while it is recorded, against the samples that were recorded. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { FollowedSession } from '../../../../src/main/engine/followed-session';
import { withStretch } from '../../../../src/main/engine/stretch';
import { createSession, openSession } from '../../../../src/main/store/session-file';
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
    expect(series!.times.length).toBeLessThanOrEqual(16_384);
    expect(series!.times.at(-1)).toBe(times[to - 1]);
    expect(data.markers).toHaveLength(to / 7500);
    expect(data.logs.map(({ text }) => text).at(-1)).toBe(`at ${from}`);
    expect(series!.gaps).toEqual([{ t0: times[0], t1: times[from], reason: 'lost' }]);
  }
});

test('a stretch of it has every sample, wherever it lies', () => {
  const { file, reader } = growing();
  file.appendRun(id, times, values);
  file.flush();
  const data = new FollowedSession(reader).read();
  for (const [from, to] of [
    [0, 3000],
    [20_000, 30_000],
    [58_000, COUNT],
  ] as const) {
    const span = { t0: times[from]!, t1: times[to - 1]! };
    const [series] = withStretch(reader, data, span).series;
    const inside = [...series!.times.keys()].filter(
      (i) => series!.times[i]! >= span.t0 && series!.times[i]! <= span.t1,
    );
    expect(inside.map((i) => series!.times[i])).toEqual([...times.subarray(from, to)]);
    expect(inside.map((i) => series!.values[i])).toEqual([...values.subarray(from, to)]);
    expect(series!.times.every((t, i) => i === 0 || t > series!.times[i - 1]!)).toBe(true);
  }
});
