/** What is told of a source that stopped, while a session is recorded. */
import { expect, test } from 'vitest';
import { openGap } from '../../../../src/renderer/views/session/live-figures';
import { fixtureLibrary } from '../../../support/fixture-sessions';

const { document } = fixtureLibrary()[0]!;
const [line, other] = document.series;
if (!line || !other) throw new Error('The fixture has too few series.');
const session = {
  ...document,
  durationUs: 20_000_000,
  overlay: { ...document.overlay, series: line.id },
  series: [
    { ...line, count: 100, intervalUs: 100_000 },
    { ...other, count: 50, intervalUs: 100_000 },
  ],
} as typeof document;
const gap = (series: string, t0: number, t1 = 20_000_000) =>
  ({ series, t0, t1, reason: 'lost' }) as (typeof document.gaps)[number];

test('a source that gives nothing up to now has stopped, the one under the budget before others', () => {
  const gaps = [gap(other.id, 12_000_000), gap(line.id, 15_000_000)];
  expect(openGap({ ...session, gaps })).toEqual(gaps[1]);
  expect(openGap({ ...session, gaps: [gaps[0]!] })).toEqual(gaps[0]);
});

test('one that came back, and one that never gave a reading, has not stopped', () => {
  expect(openGap({ ...session, gaps: [gap(line.id, 5_000_000, 9_000_000)] })).toBeNull();
  const never = session.series.map((each) => (each.id === other.id ? { ...each, count: 0 } : each));
  expect(openGap({ ...session, series: never, gaps: [gap(other.id, 100_000)] })).toBeNull();
});
