/** Instants in the reader's own time. */
import { expect, it } from 'vitest';
import { formatInstant } from '../../../../src/shared/present/moments';

it('tells the local time with its zone, summer and winter', () => {
  const tell = (iso: string, zone: string) => formatInstant(iso, zone);
  expect(tell('2026-07-01T14:03:00Z', 'UTC')).toBe('2026-07-01 14:03 UTC');
  expect(tell('2026-07-01T14:03:00Z', 'Europe/Berlin')).toBe('2026-07-01 16:03 CEST');
  expect(tell('2026-01-01T23:30:00Z', 'Europe/Berlin')).toBe('2026-01-02 00:30 CET');
  expect(formatInstant('not a time')).toBe('not a time');
});
