/** What is read of a stretch at once against what the session file says of each span. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readSession } from '../../../../src/main/store/session-data';
import { createSession, openSession } from '../../../../src/main/store/session-file';
import { NearSamples } from '../../../../src/shared/trace/near-samples';
import { countBeyond, maxIn, minIn, valueAt } from '../../../../src/shared/trace/series';
import type { SourcedSeries } from '../../../../src/shared/trace/types';
import { random } from '../../../support/fixture-sessions';
import { plainHeader, plainInfo } from '../../../support/session-header';

const COUNT = 40_000;
const TICK_US = 10_000;

/** A series with a gap now and then, and how often its samples are read. */
function stored(rand: () => number): {
  readonly data: SourcedSeries;
  readonly reads: () => number;
} {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-near-'));
  const file = createSession(folder, plainHeader('near'));
  file.declareSeries(plainInfo('a'));
  for (let i = 0; i < COUNT; i++) {
    const t = i * TICK_US;
    const lost = Math.floor(i / 1000) * 1000 + 300;
    if (i >= lost && i < lost + 50) {
      if (i === lost) file.gap('a', t, t + 50 * TICK_US, 'lost');
      continue;
    }
    file.append('a', t, Math.floor(rand() * 1e6));
  }
  file.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: COUNT * TICK_US });
  file.close();
  const reader = openSession(file.path);
  onTestFinished(() => {
    reader.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const [series] = readSession(reader).series;
  if (series?.source === undefined) throw new Error('a stored series lies in its file');
  let reads = 0;
  const source = new Proxy(series.source, {
    get: (target, name) => {
      const own: unknown = Reflect.get(target, name);
      if (typeof own !== 'function') return own;
      return (...asked: unknown[]) => {
        if (name === 'samples') reads++;
        return own.apply(target, asked);
      };
    },
  });
  return { data: { ...series, source }, reads: () => reads };
}

test('spans in order, out of order, long, nested and behind the end are answered as by the series', () => {
  const rand = random(5);
  const { data } = stored(rand);
  for (let round = 0; round < 5; round++) {
    const near = new NearSamples(data);
    let t0 = 0;
    for (let i = 0; i < 1500; i++) {
      t0 = rand() < 0.03 ? Math.floor(rand() * COUNT * TICK_US) : t0 + Math.floor(rand() * 400_000);
      const t1 = t0 + Math.floor(rand() ** 6 * 1e8);
      const samples = near.around(t0, t1);
      const level = Math.floor(rand() * 1e6);
      const of = (line: typeof samples) => [
        maxIn(line, t0, t1),
        minIn(line, t0, t1),
        maxIn(line, t0, t1) && valueAt(line, t1),
        countBeyond(line, { t0, t1 }, level, 'above', 3),
      ];
      expect(of(samples), `[${t0}, ${t1}]`).toEqual(of(data));
    }
  }
});

test('thousands of spans in order cost a few reads', () => {
  const { data, reads } = stored(random(5));
  const near = new NearSamples(data);
  for (let step = 0; step < 10_000; step++)
    maxIn(
      near.around(step * 40_000, step * 40_000 + 30_000),
      step * 40_000,
      step * 40_000 + 30_000,
    );
  expect(reads()).toBeLessThan(20);
});
