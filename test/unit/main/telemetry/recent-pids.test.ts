import { expect, test } from 'vitest';
import { RecentPids } from '../../../../src/main/telemetry/recent-pids';

test('what has ended stays the workload’s while the driver may still list it, and no longer', () => {
  let [pids, now] = [[7, 8], 0];
  const recent = new RecentPids({ pids: () => pids }, () => now);
  expect(recent.look()).toEqual([7, 8]);
  [pids, now] = [[8, 9], 59_000];
  expect([...recent.look()].sort()).toEqual([7, 8, 9]);
  now = 61_000;
  expect([...recent.look()].sort()).toEqual([8, 9]);
});

test('what was started a moment before the driver answered is no stranger', () => {
  const recent = new RecentPids({ pids: (fresh) => (fresh ? [7, 8] : [7]) });
  recent.note();
  expect(recent.look()).toEqual([7, 8]);
});
