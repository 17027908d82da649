/** Lines of single processes: whole where there are several at any time, none where there never are. */
import { expect, it, vi } from 'vitest';
import type { SessionClock } from '../../../../../src/main/install/session-clock';
import { HeldReadings } from '../../../../../src/main/telemetry/host/held-readings';
import { RankSampler } from '../../../../../src/main/telemetry/host/ranks';
import { rankOfProcess } from '../../../../../src/shared/trace/series-ids';

const OTHER = rankOfProcess(4242);

/** Reads this process as if it were whoever is there, second by second, and gives the times of each line in seconds. */
async function read(seconds: readonly (readonly number[])[]): Promise<Record<string, number[]>> {
  vi.useFakeTimers();
  try {
    let now = 0;
    const lines: Record<string, number[]> = {};
    const sampler = new RankSampler({
      // The same living process stands for each: of its memory only that it was read matters.
      scope: {
        pids: () => [],
        ranks: () =>
          new Map(seconds[now - 1]!.map((rank, i) => [i === 0 ? process.pid : process.ppid, rank])),
      },
      intervalMs: 1000,
    });
    const times = (id: string, all: Iterable<number>) => lines[id]!.push(...all);
    await sampler.start(
      {
        declare: ({ id }) => {
          lines[id] ??= [];
        },
        push: (id, t) => times(id, [t]),
        pushRun: (id, all) => times(id, all),
        refine: () => {},
        warn: () => {},
      },
      { now: () => now } as unknown as SessionClock,
    );
    for (now = 1; now <= seconds.length; now++) vi.advanceTimersByTime(1000);
    await sampler.stop();
    return lines;
  } finally {
    vi.useRealTimers();
  }
}

it.skipIf(process.platform !== 'linux')(
  'gives the first process from its beginning to its end, although another is there for a part of it alone',
  async () => {
    expect(await read([[], [0], [0], [0, OTHER], [0, OTHER], [0], []])).toEqual({
      'process0.rss': [2, 3, 4, 5, 6],
      'process4242.rss': [4, 5],
    });
    expect(await read([[0], [0, 1], [1]])).toEqual({ 'rank0.rss': [1, 2], 'rank1.rss': [2, 3] });
    expect(await read([[0, 1], [0]])).toEqual({ 'rank0.rss': [1, 2], 'rank1.rss': [1] });
    expect(await read([[0], [0], [OTHER], [OTHER]])).toEqual({});
  },
);

it('holds no more than it may, and every peak', () => {
  const held = new HeldReadings(8);
  const values = Array.from({ length: 1000 }, (_, i) =>
    i === 333 ? 9e9 : 1e6 + ((i * 7919) % 1000),
  );
  for (const [i, value] of values.entries()) held.add(i, value);
  const [times, kept] = held.take();
  expect(times.length).toBeLessThanOrEqual(8);
  expect([...times]).toEqual([...times].sort((a, b) => a - b));
  expect([...kept]).toEqual([...times].map((t) => values[t]));
  expect(Math.max(...kept)).toBe(9e9);
  expect(times.at(-1)).toBe(999);
  expect(held.take()[0]).toHaveLength(0);
});
