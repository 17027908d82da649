/**
 * What is asked of a span of a stored and of a growing session, against plain loops over all its samples. Chunks and
 * runs are cut small here, so that a few hundred samples have every level there can be.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Layout } from '../../../../src/main/store/growing-series';
import {
  createSession,
  openSession,
  type SessionReader,
  type SessionWriter,
} from '../../../../src/main/store/session-file';
import type { Gap } from '../../../../src/shared/trace/types';
import { pick, randomFrom } from '../../../support/random-runs';
import { plainHeader, plainInfo } from '../../../support/session-header';

const SESSIONS = 50;
const SPANS = 100;

interface Truth {
  readonly id: string;
  readonly times: number[];
  readonly values: number[];
  readonly gaps: Gap[];
}
type Next = () => number;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'plumbline-windows-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const layoutFrom = (next: Next): Layout => ({
  chunk: pick(next, [8, 16, 33, 64]),
  group: pick(next, [2, 3, 8]),
  gather: pick(next, [1, 2, 4]),
  fan: pick(next, [2, 3, 4]),
});

/** Levels, noise, single spikes, huge values, fractions: by series. */
function valueFrom(next: Next, kind: number): () => number {
  let level = Math.floor(next() * 2 ** 30);
  return () => {
    if (next() < 0.02) level = Math.floor(next() * 2 ** 36);
    if (next() < 0.01) return Math.floor((next() - 0.5) * 2 ** 50);
    if (kind === 0) return level;
    if (kind === 1) return level + Math.floor(next() * 4000);
    if (kind === 2) return Math.floor(next() * 5) * 2 ** 21;
    return next() < 0.5 ? next() : (next() - 0.5) * 1e200;
  };
}

/**
 * Three series read at the same ticks, of which each misses some, and one on its own. Ticks jitter, come twice or run
 * backwards as a clock that is set does; readings fail for a while.
 */
function record(next: Next, writer: SessionWriter, atFlush: (truths: Truth[]) => void): Truth[] {
  const truths = ['a', 'b', 'c', 'd'].map((id): Truth => {
    writer.declareSeries(plainInfo(id));
    return { id, times: [], values: [], gaps: [] };
  });
  const values = truths.map((_, kind) => valueFrom(next, kind));
  const misses = next() < 0.5 ? 0 : next() * 0.1;
  const absent = truths.map(() => 0);
  let t = Math.floor(next() * 1000);
  const ticks = Math.floor(next() * 1500);
  for (let tick = 0; tick < ticks; tick++) {
    t += next() < 0.02 ? -Math.floor(next() * 500) : Math.floor(next() ** 3 * 3000);
    for (const [i, { id, ...truth }] of truths.entries()) {
      if (i === 3 && next() < 0.7) continue;
      if (next() < misses / 10) absent[i] = 1 + Math.floor(next() * 30);
      if (absent[i]! > 0) {
        absent[i]!--;
        const from = (truth.times.at(-1) ?? -1) + 1;
        if (t <= from) continue;
        const [known] = truth.gaps.slice(-1);
        if (known?.t0 === from) truth.gaps.pop();
        truth.gaps.push({ t0: from, t1: t, reason: 'lost' });
        writer.gap(id, from, t, 'lost');
        continue;
      }
      if (next() < misses) continue;
      const value = values[i]!();
      truth.times.push(writer.append(id, t, value));
      truth.values.push(value);
    }
    if (next() < 0.01) {
      writer.flush();
      atFlush(truths);
    }
  }
  return truths;
}

function check(next: Next, reader: SessionReader, truths: readonly Truth[]): void {
  const truth = pick(next, truths);
  const { id, times, values } = truth;
  const end = times.at(-1) ?? 0;
  const t0 = Math.floor((next() * 1.2 - 0.1) * end);
  const t1 = t0 + Math.floor(next() ** 2 * 1.2 * end);
  const span = next() < 0.1 ? { t0: times[0] ?? 0, t1: end } : { t0, t1 };
  const within = times.flatMap((t, i) => (t >= span.t0 && t <= span.t1 ? [i] : []));
  const best = (sign: 1 | -1) =>
    within.reduce<number | null>(
      (found, i) => (found === null || sign * values[i]! > sign * values[found]! ? i : found),
      null,
    );
  const at = (i: number | null) => (i === null ? null : { t: times[i]!, value: values[i]! });

  expect(reader.highestIn(id, span)).toEqual(at(best(1)));
  expect(reader.lowestIn(id, span)).toEqual(at(best(-1)));
  const columns = 1 + Math.floor(next() * 60);
  checkPicture(reader.envelope(id, span, columns), span, truth, at(best(1)), at(best(-1)), columns);
  const limit = next() < 0.5 ? undefined : 1 + Math.floor(next() * 100);
  const read = reader.samples(id, span, limit);
  expect([...read.times]).toEqual(within.slice(0, limit).map((i) => times[i]));
  expect([...read.values]).toEqual(within.slice(0, limit).map((i) => values[i]));
  if (next() < 0.1) checkStatistics(next, reader, span, truth);
}

function checkPicture(
  drawn: { readonly times: Float64Array; readonly values: Float64Array },
  { t0, t1 }: { readonly t0: number; readonly t1: number },
  { times, values, gaps }: Truth,
  highest: unknown,
  lowest: unknown,
  columns: number,
): void {
  const known = new Map(times.map((t, i) => [t, values[i]!]));
  let last = Number.NEGATIVE_INFINITY;
  let high: { t: number; value: number } | null = null;
  let low: { t: number; value: number } | null = null;
  for (const [i, t] of drawn.times.entries()) {
    const value = drawn.values[i]!;
    if (t <= last) expect.fail(`times do not rise at ${t}`);
    last = t;
    if (Number.isNaN(value)) continue;
    if (known.get(t) !== value) expect.fail(`a point at ${t} that is no sample`);
    if (t < t0 || t > t1) continue;
    if (high === null || value > high.value) high = { t, value };
    if (low === null || value < low.value) low = { t, value };
  }
  expect(high).toEqual(highest);
  expect(low).toEqual(lowest);
  expect(drawn.times.length).toBeLessThanOrEqual(4 * columns + gaps.length + 2);
  const before = times.findLast((t) => t < t0);
  const after = times.find((t) => t > t1);
  if (times.length > 0 && t0 <= t1 && times.some((t) => t >= t0 && t <= t1)) {
    if (before !== undefined) expect(drawn.times[0]).toBe(before);
    if (after !== undefined) expect(drawn.times.at(-1)).toBe(after);
  }
}

function checkStatistics(
  next: Next,
  reader: SessionReader,
  span: { readonly t0: number; readonly t1: number },
  { id, times, values, gaps }: Truth,
): void {
  const above = pick(next, values.length > 0 ? values : [0]);
  const found = reader.statistics(id, span, above);
  // Each microsecond-exact stretch in which one value is known.
  const held: { value: number; us: number }[] = [];
  for (const [i, value] of values.entries()) {
    const next = times[i + 1] ?? span.t1;
    const gap = gaps.find(({ t0 }) => t0 >= times[i]! && t0 < next);
    const us = Math.min(span.t1, gap?.t0 ?? next) - Math.max(span.t0, times[i]!);
    if (us > 0) held.push({ value, us });
  }
  const total = held.reduce((sum, { us }) => sum + us, 0);
  const quantile = (share: number) => {
    let reached = 0;
    for (const { value, us } of [...held].sort((a, b) => a.value - b.value)) {
      reached += us;
      if (reached >= share * total) return value;
    }
    return null;
  };
  const scale = Math.max(1, ...held.map(({ value, us }) => Math.abs(value * us)));
  const integral = held.reduce((sum, { value, us }) => sum + value * us, 0);
  expect(found.heldUs).toBe(total);
  expect(Math.abs(found.integral - integral) / scale).toBeLessThan(1e-9);
  expect(found.count).toBe(times.filter((t) => t >= span.t0 && t <= span.t1).length);
  expect([found.p50, found.p95, found.p99]).toEqual([0.5, 0.95, 0.99].map(quantile));
  expect(found.aboveUs).toBe(
    held.reduce((sum, { value, us }) => sum + (value > above ? us : 0), 0),
  );
}

describe('any span of a session', () => {
  it(`is answered as from all its samples, ${SESSIONS * SPANS} times, once it is stored`, () => {
    for (let seed = 1; seed <= SESSIONS; seed++) {
      const next = randomFrom(seed);
      const writer = createSession(dir, plainHeader(`stored-${seed}`), layoutFrom(next));
      const truths = record(next, writer, () => {});
      writer.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: 1e9 });
      writer.close();
      using reader = openSession(writer.path);
      for (let i = 0; i < SPANS; i++) check(next, reader, truths);
      for (const { id, times, values, gaps } of truths) {
        const read = reader.readSeries(id);
        expect([[...read.times], [...read.values], read.gaps]).toEqual([times, values, gaps]);
      }
    }
  }, 600_000);

  it(`is answered as from all its samples, ${SESSIONS * SPANS} times, while it is recorded`, () => {
    let asked = 0;
    for (let seed = 1; asked < SESSIONS * SPANS; seed++) {
      const next = randomFrom(seed * 7919);
      using writer = createSession(dir, plainHeader(`live-${seed}`), layoutFrom(next));
      using reader = openSession(writer.path);
      record(next, writer, (truths) => {
        for (let i = 0; i < 20; i++, asked++) check(next, reader, truths);
      });
    }
  }, 600_000);
});
