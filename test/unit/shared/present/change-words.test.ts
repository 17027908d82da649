import { describe, expect, it } from 'vitest';
import { preset } from '../../../../src/shared/model/presets';
import { runDefaults } from '../../../../src/shared/model/run';
import { changeWords } from '../../../../src/shared/present/change-words';

const change = {
  options: ['--paged-optimizer'],
  costs: ['states page to the host'],
  cost: 15,
  peakBytes: 2 ** 30,
  savedBytes: 2 ** 30,
  seconds: 1,
  run: runDefaults(preset('gpt2')),
};

describe('what a change costs', () => {
  it('is told as a ratio of times where the roofline knows it', () => {
    expect(changeWords({ ...change, timeRatio: 1.333, timeIsLeast: false })).toBe(
      '1.00 GiB, 1.33 × the time: states page to the host',
    );
    expect(changeWords({ ...change, timeRatio: null, timeIsLeast: false })).toBe(
      '1.00 GiB: states page to the host',
    );
  });

  it('is no promise of the same speed where a bus decides', () => {
    expect(changeWords({ ...change, timeRatio: 1.001, timeIsLeast: true })).toMatch(/bus decides/);
    expect(changeWords({ ...change, timeRatio: 12.66, timeIsLeast: true })).toMatch(
      /at least 12\.66 × the time/,
    );
  });
});
