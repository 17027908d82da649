/** A clock of day that is set while something is recorded, and one that is not. */
import { expect, test } from 'vitest';
import { ClockWatch } from '../../../../src/main/engine/clock-watch';

/** Clocks at rest: `pass` lets time go by on both, `set` moves the clock of day alone. */
function clocks() {
  let [wall, session] = [1_800_000_000_000, 0];
  return {
    wall: () => wall,
    session: () => session,
    pass(ms: number) {
      wall += ms;
      session += ms * 1000;
    },
    set(ms: number) {
      wall += ms;
    },
  };
}

test('a clock that goes right, is drawn slowly or is looked at late is not told of', () => {
  const time = clocks();
  const watch = new ClockWatch(time);
  for (let second = 0; second < 10_000; second++) {
    time.pass(second % 100 === 0 ? 60_000 : 1000);
    // As NTP draws a clock: half a millisecond a second.
    time.set(0.5);
    expect(watch.check()).toBeNull();
  }
});

test('a clock that is set is told of once, with the direction, by how much and when', () => {
  const time = clocks();
  const watch = new ClockWatch(time);
  time.pass(12_000);
  time.set(-3_600_000);
  expect(watch.check()).toMatch(/was set back by 1 h 00 min, 12\.0 s into the recording/);
  time.pass(1000);
  expect(watch.check()).toBeNull();
  time.set(90_000);
  expect(watch.check()).toMatch(
    /jumped ahead by 1 min 30 s: it was set, or the machine slept, 13\.0 s/,
  );
  expect(watch.check()).toBeNull();
});
