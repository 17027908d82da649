/** What of a difference is noise, what sessions are called, and which of them are runs of one thing. */
import { describe, expect, it } from 'vitest';
import { describeChange, INDISTINCT } from '../../../../src/shared/present/comparison';
import { compareSessions } from '../../../../src/shared/session/compare';
import { documentWith, MB, phase, series, training } from '../../../support/overlay-scenario';

function trained(name: string, batch: number, peak = 0) {
  const made = training(4, peak);
  const budget = { ...made.budget, run: { ...made.budget.run, batch } };
  return documentWith({ ...made, budget, mustMatchExactly: true }, { name, id: name });
}

/** A session without a declaration on a device's line, of steps that take these milliseconds. */
function timed(name: string, steps: readonly number[], bytes = 64 * MB, durationUs = 1_000_000) {
  let t = 0;
  const markers = steps.flatMap((ms, step) => {
    const row = phase('forward', step, t, t + ms);
    t += ms + 1;
    return row;
  });
  return documentWith(
    {
      durationUs,
      series: [
        series('gpu0.memory.used', [
          [0, 0],
          [1, bytes],
        ]),
      ],
      markers,
    },
    { name, id: name, model: null, run: null },
  );
}
const compare = (...docs: ReturnType<typeof timed>[]) =>
  compareSessions(
    docs,
    docs.map(() => null),
  );
const rowOf = (comparison: ReturnType<typeof compare>, group: string, key: string) => {
  const row = comparison.rows.find((each) => each.group === group && each.key === key);
  if (!row) throw new Error(`no row ${group} ${key}`);
  return row;
};

describe('the rows of a comparison', () => {
  it('name a change within a page of the device as not distinguishable, a larger one by its bytes', () => {
    const within = compare(timed('a', [10]), timed('b', [10], 65 * MB));
    const row = rowOf(within, 'overall', 'peak');
    expect(row.isDistinct).toEqual([null, false]);
    expect(describeChange(row, 1, 0)).toBe(INDISTINCT);
    const beyond = rowOf(compare(timed('a', [10]), timed('b', [10], 68 * MB)), 'overall', 'peak');
    expect(describeChange(beyond, 1, 0)).toBe('+4.00 MiB (+6.3%) worse');
  });

  it('judge a change by the quantity: less memory and time is better, more tokens a second too', () => {
    const run = (name: string, bytes: number, tokensPerSecond: number) => {
      const doc = timed(name, [10], bytes, 1_000_000 * (bytes / MB));
      const step = { phase: 'step' as const, count: 1, totalUs: 1, tokensPerSecond };
      return { ...doc, time: { phases: [step] } } as unknown as typeof doc;
    };
    const comparison = compare(
      run('a', 64 * MB, 100),
      run('b', 96 * MB, 150),
      run('c', 32 * MB, 50),
    );
    const judged = (key: string) => rowOf(comparison, 'overall', key).judged;
    expect(judged('peak')).toEqual([null, 'worse', 'better']);
    expect(judged('duration')).toEqual([null, 'worse', 'better']);
    expect(judged('throughput')).toEqual([null, 'better', 'worse']);
    const same = compare(timed('a', [10]), timed('b', [10]));
    expect(rowOf(same, 'overall', 'peak').judged).toEqual([null, null]);
  });

  it('judge no change of a run that does other work', () => {
    const [one, other] = [trained('a', 1), trained('b', 1, 9 * MB)];
    const generating = { ...other, run: other.run && { ...other.run, mode: 'generate' as const } };
    expect(rowOf(compare(one, other), 'overall', 'peak').judged).toEqual([null, 'worse']);
    expect(rowOf(compare(one, generating), 'overall', 'peak').judged).toEqual([null, null]);
  });

  it('take every byte that a framework counts for a difference', () => {
    const comparison = compare(trained('a', 1), trained('b', 1, 1));
    expect(rowOf(comparison, 'overall', 'peak').isDistinct).toEqual([null, true]);
  });

  it('take a time for longer only beyond what the steps of a run vary by', () => {
    const steady = [100, 101, 99, 100, 102, 98, 100, 101];
    const shaky = [60, 140, 100, 75, 130, 104, 90, 120];
    const clear = compare(
      timed('a', steady),
      timed(
        'b',
        steady.map((ms) => ms * 2),
      ),
    );
    expect(rowOf(clear, 'time', 'forward').isDistinct).toEqual([null, true]);
    const lost = compare(
      timed('a', shaky),
      timed(
        'b',
        shaky.map((ms) => ms + 3),
      ),
    );
    expect(rowOf(lost, 'time', 'forward').isDistinct).toEqual([null, false]);
    expect(rowOf(lost, 'time', 'forward').why).toMatch(/steps of each run vary/);
  });

  it('go by runs of the same settings where there are some', () => {
    const [a, b, c] = [
      { ...trained('a', 1), durationUs: 1_000_000 },
      { ...trained('b', 1), durationUs: 1_200_000 },
      { ...trained('c', 2), durationUs: 1_100_000 },
    ];
    const comparison = compare(a, b, c);
    expect(comparison.repeats).toEqual([[0, 1]]);
    const row = rowOf(comparison, 'overall', 'duration');
    expect([row.noise, row.isDistinct]).toEqual([200_000, [null, false, false]]);
    expect(row.why).toBe('runs of the same settings differ by up to 200 ms');
  });

  it('say where nothing tells how much a figure varies', () => {
    const row = rowOf(
      compare(timed('a', [10]), timed('b', [10], 64 * MB, 2e6)),
      'overall',
      'duration',
    );
    expect([row.noise, row.isDistinct[1]]).toEqual([null, true]);
    expect(row.why).toMatch(/one run each/);
  });

  it('stand with the largest difference first', () => {
    const { rows } = compare(trained('a', 1), trained('b', 1, 9 * MB));
    const changes = rows
      .filter(({ group }) => group === 'component' || group === 'phase')
      .map(({ changes: [, change] }) => Math.abs(change ?? 0));
    expect(changes.length).toBeGreaterThan(3);
    expect(changes).toEqual([...changes].sort((x, y) => y - x));
  });
});

describe('compared sessions', () => {
  it('are called by what differs, also where their names are the same', () => {
    expect(compare(trained('run', 1), trained('run', 8)).labels).toEqual(['batch 1', 'batch 8']);
    expect(compare(trained('run', 1), trained('run', 1)).labels).toEqual([
      'run, run 1',
      'run, run 2',
    ]);
  });

  it('are compared with whichever is the base', () => {
    const docs = [trained('a', 1), trained('b', 1, 9 * MB)];
    const { peak, base, verdict } = compareSessions(docs, [null, null], 1);
    expect([base, peak.changeBytes]).toEqual([1, [-27 * MB, null]]);
    expect(verdict).toMatch(/^“a” peaks at 450 MiB, 27.0 MiB \(5.7%\) less than “b”/);
  });
});
