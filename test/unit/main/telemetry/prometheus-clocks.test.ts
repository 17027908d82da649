/** A cluster that is looked at from a machine whose clock is set, and from one that sleeps. */
import { expect, onTestFinished, test, vi } from 'vitest';
import type { PrometheusServer } from '../../../../src/main/prometheus/server';
import type { ClusterLines } from '../../../../src/main/telemetry/prometheus/cluster-lines';
import { PrometheusSampler } from '../../../../src/main/telemetry/prometheus/sampler';
import type { SampleSink } from '../../../../src/main/telemetry/sampler';

const AHEAD_S = 40;
const SCRAPE_S = 5;

/** Three clocks in seconds, a server that scrapes every five of its own, and what the sampler tells. */
async function look() {
  const clock = { session: 0, wall: 1_800_000_000, server: 1_800_000_000 + AHEAD_S };
  vi.spyOn(Date, 'now').mockImplementation(() => clock.wall * 1000);
  const line = { id: 'gpu0.memory.used', gpu: 0, field: { metric: 'memory.used' }, latestUs: 0 };
  const lines = {
    lines: [line],
    intervalUs: SCRAPE_S * 1e6,
    warnings: [],
    read: () => {
      const samples: { line: typeof line; us: number; reading: object }[] = [];
      const first = Math.max(clock.server - 3600, line.latestUs / 1e6 + 1);
      for (let s = Math.ceil(first / SCRAPE_S) * SCRAPE_S; s <= clock.server; s += SCRAPE_S) {
        line.latestUs = s * 1e6;
        samples.push({ line, us: s * 1e6, reading: { kind: 'ok', value: s } });
      }
      return samples;
    },
  };
  const server = { askTime: async () => clock.server, ask: async () => null };
  const told: { readonly t: number; readonly value: number | null }[] = [];
  const sink = {
    declare() {},
    warn(text: string) {
      throw new Error(text);
    },
    push: (_: string, t: number, { value }: { value?: number }) =>
      told.push({ t: t / 1e6, value: value ?? null }),
  };
  const sampler = new PrometheusSampler({
    server: server as unknown as PrometheusServer,
    selector: 'x',
    lines: lines as unknown as ClusterLines,
    intervalMs: 2,
    aheadMs: AHEAD_S * 1000,
  });
  await sampler.start(sink as unknown as SampleSink, { now: () => clock.session * 1e6 });
  onTestFinished(async () => {
    await sampler.stop();
    vi.restoreAllMocks();
  });
  return {
    told,
    clock,
    async pass(seconds: number) {
      for (let s = 0; s < seconds; s++) {
        for (const name of ['session', 'wall', 'server'] as const) clock[name]++;
        await new Promise((resolve) => setTimeout(resolve, 8));
      }
    },
  };
}

test('a clock that is set moves no sample', async () => {
  const { told, clock, pass } = await look();
  const zero = clock.server;
  await pass(20);
  clock.wall += 3600;
  await pass(20);
  clock.wall -= 3660;
  await pass(20);
  expect(told.length).toBeGreaterThan(10);
  for (const { t, value } of told) expect(t).toBe((value ?? 0) - zero);
});

test('what was scraped while the machine slept is left out, and what comes then is of its time', async () => {
  const { told, clock, pass } = await look();
  const zero = clock.server;
  await pass(20);
  for (const name of ['wall', 'server'] as const) clock[name] += 3600;
  await pass(20);
  expect(told.map(({ value }) => value)).not.toContain(null);
  const times = told.map(({ t }) => t);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  const after = told.filter(({ t }) => t > 25);
  expect(after.length).toBeGreaterThan(2);
  for (const { t, value } of after)
    expect(Math.abs(t - ((value ?? 0) - zero - 3600))).toBeLessThan(1.5);
});
