/** How a replay goes on: by the clock, by steps, in a loop, to its end. */
import { describe, expect, it } from 'vitest';
import {
  advance,
  changeSpeed,
  type Replay,
  SPEEDS,
  seekStop,
  startReplay,
} from '../../../../src/renderer/views/session/replay-clock';

const END = 10_000_000;
const NO_STOPS = new Float64Array();
const steps = Float64Array.from([1_000_000, 1_500_000, 4_000_000, 9_000_000]);

describe('by time', () => {
  it('moves as many times as fast as the clock, however the ticks fall', () => {
    for (const speed of SPEEDS) {
      const start = { ...startReplay(0), speed };
      const once = advance(start, 120_000, END, NO_STOPS).at;
      let often: Replay = start;
      for (let i = 0; i < 12; i++) often = advance(often, 10_000, END, NO_STOPS);
      expect(once).toBeCloseTo(120_000 * speed);
      expect(often.at).toBeCloseTo(once);
    }
  });

  it('stops at the end, and stands still while it is paused', () => {
    expect(advance(startReplay(9_900_000), 200_000, END, NO_STOPS)).toMatchObject({
      at: END,
      isPlaying: false,
    });
    const paused = { ...startReplay(5), isPlaying: false };
    expect(advance(paused, 1_000_000, END, NO_STOPS)).toBe(paused);
  });

  it('begins a loop again where it ends', () => {
    const looped = { ...startReplay(2_900_000), loop: [2_000_000, 3_000_000] as const };
    expect(advance(looped, 200_000, END, NO_STOPS).at).toBe(2_000_000);
  });
});

describe('by step', () => {
  it('passes one a second at 1×, however long they took', () => {
    let replay = { ...startReplay(0), pace: 'step' as const };
    const seen: number[] = [];
    for (let second = 0; second < 5; second++) {
      for (let i = 0; i < 4; i++)
        replay = { ...replay, ...advance(replay, 250_000, END, steps), pace: 'step' };
      seen.push(replay.at);
    }
    expect(seen).toEqual([...steps, END]);
  });

  it('passes several in one tick at a high speed', () => {
    const fast = { ...startReplay(0), pace: 'step' as const, speed: 16 };
    expect(advance(fast, 200_000, END, steps).at).toBe(4_000_000);
  });
});

it('seeks the stop after and before, past every edge to the ends', () => {
  expect(seekStop(1_000_000, 1, END, steps)).toBe(1_500_000);
  expect(seekStop(1_000_000, -1, END, steps)).toBe(0);
  expect(seekStop(9_500_000, 1, END, steps)).toBe(END);
  expect(seekStop(9_500_000, -1, END, steps)).toBe(9_000_000);
});

it('keeps to the speeds there are', () => {
  expect(changeSpeed(1, 1)).toBe(2);
  expect(changeSpeed(0.25, -1)).toBe(0.25);
  expect(changeSpeed(64, 1)).toBe(64);
});
