/**
 * The workload's line against itself derived row by row: device memory less what others took since launch, each reading
 * of theirs held until the next, and a large change of theirs taken from the moment the device shows it.
 */
import { describe, expect, it } from 'vitest';
import { MiB } from '../../../../../src/shared/base/units';
import { deriveWorkloadMemory } from '../../../../../src/shared/divergence/overlay/workload-line';
import { envelope } from '../../../../../src/shared/trace/envelope';
import { spanStatistics } from '../../../../../src/shared/trace/held';
import {
  EVER,
  maxIn,
  minIn,
  sampleAfter,
  sampleBefore,
  samplesIn,
  summarizeIn,
} from '../../../../../src/shared/trace/series';
import type { SampledSeries } from '../../../../../src/shared/trace/types';
import { pick, randomFrom } from '../../../../support/random-runs';
import { plainInfo } from '../../../../support/session-header';

const SERIES = 500;
const QUESTIONS = 10;

interface Row {
  readonly t: number;
  readonly value: number;
}
type Next = () => number;

const columns = (id: string, rows: readonly Row[]): SampledSeries => ({
  info: plainInfo(id),
  times: Float64Array.from(rows, ({ t }) => t),
  values: Float64Array.from(rows, ({ value }) => value),
  gaps: [],
});

/** Others that rest, creep and jump; a device that shows their jumps at some time before they are read, or never. */
function invent(next: Next): { device: Row[]; others: Row[]; atLaunch: number | undefined } {
  const end = 1000 + Math.floor(next() * 4000);
  const others: Row[] = [];
  const changes: Row[] = [];
  let held = Math.floor(next() * 200) * MiB;
  const atLaunch = next() < 0.3 ? undefined : held;
  for (let t = Math.floor(next() * 200); t < end; t += 50 + Math.floor(next() * 200)) {
    const kind = next();
    if (kind < 0.2) held += Math.floor((next() - 0.3) * 400) * MiB;
    else if (kind < 0.4) held += Math.floor((next() - 0.5) * 20) * MiB;
    held = Math.max(0, held);
    others.push({ t, value: held });
    if (next() < 0.8) changes.push({ t: t - Math.floor(next() * 120), value: held });
  }
  const device: Row[] = [];
  let own = 500 * MiB;
  for (let t = 0; t < end; t += 1 + Math.floor(next() * 25)) {
    if (next() < 0.1) own = Math.floor(next() * 3000) * MiB;
    const seen = changes.findLast((change) => change.t <= t)?.value ?? 0;
    device.push({ t, value: own + seen });
  }
  return { device, others, atLaunch };
}

/** What is taken off at each row of the device, from the rows alone. */
function deriveRows({ device, others, atLaunch }: ReturnType<typeof invent>): Row[] {
  const base = atLaunch ?? others[0]?.value ?? 0;
  // When each reading of the others begins to count.
  const counted = others.map(({ t, value }, i) => {
    const last = others[i - 1];
    if (last === undefined || Math.abs(value - last.value) < 16 * MiB) return { t, value };
    const change = value - last.value;
    let from = t;
    let most = Math.abs(change) / 2;
    for (const [k, row] of device.entries()) {
      const before = device[k - 1];
      if (before === undefined || row.t < last.t || row.t >= t) continue;
      const step = (row.value - before.value) * Math.sign(change);
      if (step <= most) continue;
      most = step;
      from = row.t;
    }
    return { t: from, value };
  });
  return device.map(({ t, value }) => {
    const others = counted.findLast((reading) => reading.t <= t);
    return { t, value: others === undefined ? value : value - (others.value - base) };
  });
}

/** The first of the rows that none passes. */
function best(rows: readonly Row[], sign: 1 | -1): Row | null {
  return rows.reduce<Row | null>(
    (found, row) => (found === null || sign * row.value > sign * found.value ? row : found),
    null,
  );
}

describe("the workload's line", () => {
  it(`is the device's less the others', row by row, for any span, ${SERIES * QUESTIONS} times`, () => {
    for (let seed = 1; seed <= SERIES; seed++) {
      const next = randomFrom(seed * 31);
      const invented = invent(next);
      const rows = deriveRows(invented);
      const line = deriveWorkloadMemory(
        'gpu0',
        columns('gpu0.memory.used', invented.device),
        columns('gpu0.other.memory', invented.others),
        invented.atLaunch,
      );
      expect(Array.from(samplesIn(line), ([t, value]) => ({ t, value }))).toEqual(rows);
      const end = rows.at(-1)?.t ?? 0;
      for (let i = 0; i < QUESTIONS; i++) {
        const t0 = Math.floor((next() * 1.2 - 0.1) * end);
        const t1 = t0 + Math.floor(next() ** 2 * end);
        const within = rows.filter(({ t }) => t >= t0 && t <= t1);
        expect(maxIn(line, t0, t1)).toEqual(best(within, 1));
        expect(minIn(line, t0, t1)).toEqual(best(within, -1));
        expect(sampleBefore(line, t0)).toEqual(rows.findLast(({ t }) => t <= t0) ?? null);
        expect(sampleAfter(line, t1)).toEqual(rows.find(({ t }) => t > t1) ?? null);
        const all = summarizeIn(line, t0, t1);
        expect(all?.count ?? 0).toBe(within.length);
        expect(all?.sum ?? 0).toBe(within.reduce((sum, { value }) => sum + value, 0));
        checkPicture(line, rows, { t0, t1 }, pick(next, [1, 3, 20, 500]));
        checkStatistics(line, rows, { t0, t1 }, pick(next, rows).value);
      }
    }
  }, 240_000);
});

type Line = ReturnType<typeof deriveWorkloadMemory>;
interface Span {
  readonly t0: number;
  readonly t1: number;
}

/** Points are samples in order; the highest and the lowest of the span are among them. */
function checkPicture(line: Line, rows: readonly Row[], { t0, t1 }: Span, width: number): void {
  const drawn = envelope(line, t0, t1, width);
  const known = new Map(rows.map(({ t, value }) => [t, value]));
  const points = Array.from(drawn.times, (t, i) => ({ t, value: drawn.values[i]! }));
  for (const [i, { t, value }] of points.entries()) {
    if (known.get(t) !== value) expect.fail(`a point at ${t} that is no sample`);
    if (i > 0 && t <= points[i - 1]!.t) expect.fail(`times do not rise at ${t}`);
  }
  const inside = points.filter(({ t }) => t >= t0 && t <= t1);
  const within = rows.filter(({ t }) => t >= t0 && t <= t1);
  expect(best(inside, 1)?.value).toBe(best(within, 1)?.value);
  expect(best(inside, -1)?.value).toBe(best(within, -1)?.value);
}

/** Each value counts by how long it was held, from a sorted list of them. */
function checkStatistics(line: Line, rows: readonly Row[], { t0, t1 }: Span, above: number): void {
  const held = rows.flatMap(({ t, value }, i) => {
    const us = Math.min(t1, rows[i + 1]?.t ?? t1) - Math.max(t0, t);
    return us > 0 ? [{ value, us }] : [];
  });
  const total = held.reduce((sum, { us }) => sum + us, 0);
  const sorted = held.toSorted((a, b) => a.value - b.value);
  const quantile = (share: number) => {
    let reached = 0;
    for (const { value, us } of sorted) {
      reached += us;
      if (reached >= share * total) return value;
    }
    return null;
  };
  const found = spanStatistics(line, t0, t1, above);
  expect(found.heldUs).toBe(total);
  expect([found.p50, found.p95, found.p99]).toEqual([0.5, 0.95, 0.99].map(quantile));
  expect(found.integral).toBe(held.reduce((sum, { value, us }) => sum + value * us, 0));
  expect(found.aboveUs).toBe(
    held.reduce((sum, { value, us }) => sum + (value > above ? us : 0), 0),
  );
}

it('has no sample where the device has none', () => {
  const line = deriveWorkloadMemory(
    'gpu0',
    columns('a', []),
    columns('b', [{ t: 0, value: 1 }]),
    0,
  );
  expect(summarizeIn(line, EVER.t0, EVER.t1)).toBeNull();
});
