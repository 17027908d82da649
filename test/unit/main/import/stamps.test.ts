/** Times in text: what exists is read as the instant it is, whatever its spelling, and what does not exist is no time. */
import { describe, expect, it, test } from 'vitest';
import { parseStamp } from '../../../../src/main/import/stamps';

const iso = (text: string): string | null => {
  const stamp = parseStamp(text);
  return stamp && new Date(stamp.us / 1000).toISOString();
};

describe('a time in text', () => {
  it.each([
    ['2025/12/10 17:40:10.592', '2025-12-10T17:40:10.592Z'],
    ['2025-12-10T17:40:10+05:30', '2025-12-10T12:10:10.000Z'],
    ['Tue Dec 30 10:49:50 2025', '2025-12-30T10:49:50.000Z'],
    ['Thu Jan  1 12:00:00 AM UTC 2026', '2026-01-01T00:00:00.000Z'],
    ['31.12.2025 23:59:59', '2025-12-31T23:59:59.000Z'],
    ['20240229 235959', '2024-02-29T23:59:59.000Z'],
    ['1765388410.5', '2025-12-10T17:40:10.500Z'],
    ['1765388410500', '2025-12-10T17:40:10.500Z'],
    // A leap second is the first of the next day.
    ['2016-12-31 23:59:60', '2017-01-01T00:00:00.000Z'],
  ])('%s is read', (text, expected) => {
    expect(iso(text)).toBe(expected);
  });

  it.each([
    '2025-02-30 10:00:00',
    '2025-02-30 23:00:00',
    '2025-02-29 23:59:59',
    '2025/06/31 23:30:00',
    '2025-13-01 00:00:00',
    '2025-01-32 23:00:00',
    '2025-01-01 24:00:00',
    '2025-01-01 10:60:00',
  ])('%s is none', (text) => {
    expect(iso(text)).toBeNull();
  });
});

test('every day of four years is read at its last hour as it is at noon', () => {
  for (let day = Date.UTC(2023, 0, 1); day < Date.UTC(2027, 0, 1); day += 86_400_000) {
    const date = new Date(day).toISOString().slice(0, 10);
    expect(iso(`${date} 12:00:00`)).toBe(`${date}T12:00:00.000Z`);
    expect(iso(`${date} 23:59:59`)).toBe(`${date}T23:59:59.000Z`);
  }
});
