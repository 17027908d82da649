/** The order and pace of reads on a sampling thread, on a clock of the test's own. */
import { describe, expect, test } from 'vitest';
import { Schedule, type Task } from '../../../../../src/main/telemetry/thread/schedule';

interface Run {
  readonly name: string;
  readonly at: number;
}

/** Plays a schedule until `untilUs`; each task takes the time it is given, and sleep is exact. */
function play(
  tasks: readonly (Omit<Task, 'run'> & { readonly costUs: number | ((at: number) => number) })[],
  untilUs: number,
): { runs: Run[]; widened: string[] } {
  let now = 0;
  const runs: Run[] = [];
  const widened: string[] = [];
  const schedule = new Schedule(
    tasks.map(({ costUs, ...task }) => ({
      ...task,
      run: (at: number) => {
        runs.push({ name: task.name, at });
        now += typeof costUs === 'number' ? costUs : costUs(at);
      },
    })),
    {
      now: () => now,
      sleepUntil: (t) => {
        now = Math.max(now, t);
      },
      widened: (task, meanUs, periodUs) => widened.push(`${task.name} ${meanUs} ${periodUs}`),
    },
  );
  while (now < untilUs) schedule.step();
  return { runs, widened };
}

const times = (runs: readonly Run[], name: string) =>
  runs.filter((run) => run.name === name).map(({ at }) => at);

describe('the schedule of reads', () => {
  test('keeps to its grid, so that the rate does not drift with the cost of a read', () => {
    const { runs } = play(
      [{ name: 'memory', rank: 0, periodUs: 1000, firstUs: 0, costUs: 90 }],
      10_000,
    );
    expect(times(runs, 'memory')).toEqual([
      0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000,
    ]);
  });

  test('skips ticks it has missed instead of reading several times in a row', () => {
    const { runs } = play(
      [
        {
          name: 'memory',
          rank: 0,
          periodUs: 1000,
          firstUs: 0,
          costUs: (at) => (at === 2000 ? 3500 : 10),
        },
      ],
      9000,
    );
    expect(times(runs, 'memory')).toEqual([0, 1000, 2000, 6000, 7000, 8000]);
  });

  test('reads memory between slow reads that are due at the same moment', () => {
    const slow = (name: string) => ({
      name,
      rank: 3,
      periodUs: 1_000_000,
      firstUs: 0,
      costUs: 2000,
    });
    const { runs } = play(
      [slow('a'), slow('b'), { name: 'memory', rank: 0, periodUs: 1000, firstUs: 0, costUs: 10 }],
      6000,
    );
    expect(runs.map(({ name }) => name).slice(0, 5)).toEqual([
      'memory',
      'a',
      'memory',
      'b',
      'memory',
    ]);
  });

  test('widens the interval of a read that takes most of its period, and says so once', () => {
    const { runs, widened } = play(
      [{ name: 'memory', rank: 0, periodUs: 1000, firstUs: 0, costUs: 600 }],
      10_000_000,
    );
    expect(widened).toEqual(['memory 600 4000']);
    const late = times(runs, 'memory').filter((at) => at > 5_000_000);
    expect(new Set(late.slice(1).map((at, i) => at - late[i]!))).toEqual(new Set([4000]));
  });

  test('lets what is not urgent share a wake-up, a fifth of its period late at most', () => {
    const wakes = new Set<number>();
    const { runs } = play(
      [
        { name: 'a', rank: 2, periodUs: 100_000, firstUs: 0, costUs: 10 },
        { name: 'b', rank: 2, periodUs: 100_000, firstUs: 12_500, costUs: 10 },
      ],
      1_000_000,
    );
    for (const { at } of runs) wakes.add(Math.floor(at / 1000));
    expect(wakes.size).toBeLessThan(runs.length * 0.6);
    for (const [name, first] of [
      ['a', 0],
      ['b', 12_500],
    ] as const) {
      expect(times(runs, name).length).toBeGreaterThanOrEqual(9);
      for (const at of times(runs, name))
        expect((at - first) % 100_000).toBeLessThanOrEqual(20_100);
    }
  });

  test('leaves a read alone that takes a tenth of its period', () => {
    expect(
      play([{ name: 'memory', rank: 0, periodUs: 1000, firstUs: 0, costUs: 100 }], 5_000_000)
        .widened,
    ).toEqual([]);
  });
});
