import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatDuration,
  formatExactBytes,
  formatInteger,
  formatPercent,
  formatSignedBytes,
  formatSignedPercent,
  formatTimeLeft,
  setByteUnits,
} from '../../../../src/shared/base/format';

describe('formatBytes', () => {
  it('uses the largest binary unit that keeps the number at one or more', () => {
    expect(
      [0, 1, 1023, 1024, 1536, 1048576, 497759232, 1073741824, 25757220864].map(formatBytes),
    ).toEqual([
      '0 B',
      '1 B',
      '1023 B',
      '1.00 KiB',
      '1.50 KiB',
      '1.00 MiB',
      '475 MiB',
      '1.00 GiB',
      '24.0 GiB',
    ]);
  });
  it('never prints 1024 of a unit where 1 of the next is meant', () => {
    for (const unit of [1024 ** 2, 1024 ** 3]) {
      for (let below = 1; below < 4000; below += 7)
        expect(formatBytes(unit - below)).not.toMatch(/^1024/);
    }
  });
  it('uses MiB from one of them on where they were chosen', () => {
    setByteUnits('MiB');
    const printed = [1023, 1536, 497759232, 25757220864, -25757220864].map(formatBytes);
    setByteUnits('fitting');
    expect(printed).toEqual(['1023 B', '1.50 KiB', '475 MiB', '24,564 MiB', '−24,564 MiB']);
  });
  it('prints absence as a dash and never as zero', () => {
    expect([
      formatBytes(null),
      formatExactBytes(undefined),
      formatDuration(null),
      formatPercent(Number.NaN),
    ]).toEqual(['—', '—', '—', '—']);
  });
});

describe('exact and signed numbers', () => {
  it('groups exact bytes by three', () => {
    expect([
      formatExactBytes(1234567),
      formatExactBytes(1),
      formatExactBytes(999),
      formatInteger(1000),
    ]).toEqual(['1,234,567 bytes', '1 byte', '999 bytes', '1,000']);
  });
  it('keeps every digit of integers up to 2^53', () => {
    expect(formatExactBytes(Number.MAX_SAFE_INTEGER)).toBe('9,007,199,254,740,991 bytes');
  });
  it('marks a difference with its sign, and nothing with none', () => {
    expect([formatSignedBytes(1048576), formatSignedBytes(-1048576), formatSignedBytes(0)]).toEqual(
      ['+1.00 MiB', '−1.00 MiB', '0 B'],
    );
    expect([formatSignedPercent(3.14), formatSignedPercent(-250), formatSignedPercent(0)]).toEqual([
      '+3.1%',
      '−250%',
      '0%',
    ]);
  });
});

describe('formatDuration', () => {
  it('moves from microseconds to hours without a jump', () => {
    expect([0, 412, 8340, 12_345_000, 125_000_000, 3_720_000_000].map(formatDuration)).toEqual([
      '0 µs',
      '412 µs',
      '8.34 ms',
      '12.3 s',
      '2 min 05 s',
      '1 h 02 min',
    ]);
  });
  it('carries a rounded unit into the next', () => {
    expect([999.6, 999_600, 59_999_999, 3_599_999_999].map(formatDuration)).toEqual([
      '1.00 ms',
      '1.00 s',
      '1 min 00 s',
      '1 h 00 min',
    ]);
  });
});

describe('formatPercent', () => {
  it('does not round a small share to nothing', () => {
    expect([0, 0.01, 4.96, 99.97, 1234.5].map(formatPercent)).toEqual([
      '0%',
      '<0.1%',
      '5.0%',
      '100%',
      '1,235%',
    ]);
  });
});

it('tells a time that is left no finer than it is known', () => {
  const seconds = [0.2, 8.4, 59.4, 59.6, 86, 569, 571, 3570, 3720];
  expect(seconds.map((each) => formatTimeLeft(each * 1e6))).toEqual([
    '1 s',
    '8 s',
    '59 s',
    '1 min 00 s',
    '1 min 25 s',
    '9 min 30 s',
    '10 min',
    '1 h 00 min',
    '1 h 02 min',
  ]);
});
