/** The order of the library: what has no value comes last, and the address says the order. */
import { expect, test } from 'vitest';
import {
  NEWEST,
  pressHead,
  readSorting,
  SORT_KEYS,
  sortSessions,
  writeSorting,
} from '../../../../src/renderer/views/library/sort-sessions';
import type { SessionSummary } from '../../../../src/shared/session/types';

const session = (id: string, measuredPeak: number | null): SessionSummary => ({
  id,
  name: id,
  status: 'complete',
  startedAt: `2026-01-0${id}`,
  durationUs: 1,
  model: null,
  mode: null,
  measuredPeak,
  predictedPeak: null,
  residualPercent: null,
  simulated: false,
});
const sessions = [session('1', null), session('2', 9), session('3', 100), session('4', null)];
const order = (sorting: Parameters<typeof sortSessions>[1]) =>
  sortSessions(sessions, sorting).map(({ id }) => id);

test('figures are ordered as numbers, and what was not measured comes last either way', () => {
  expect(order({ key: 'measuredPeak', isFalling: true })).toEqual(['3', '2', '1', '4']);
  expect(order({ key: 'measuredPeak', isFalling: false })).toEqual(['2', '3', '1', '4']);
  expect(order(NEWEST)).toEqual(['4', '3', '2', '1']);
});

test('every order is read from the address as it was written, and nonsense is newest first', () => {
  for (const key of SORT_KEYS)
    for (const isFalling of [true, false])
      expect(readSorting(writeSorting({ key, isFalling }))).toEqual({ key, isFalling });
  for (const text of [null, '', 'drop table', '-']) expect(readSorting(text)).toEqual(NEWEST);
});

test('a head that is pressed again turns the order round', () => {
  const first = pressHead(NEWEST, 'measuredPeak');
  expect(first).toEqual({ key: 'measuredPeak', isFalling: true });
  expect(pressHead(first, 'measuredPeak')).toEqual({ key: 'measuredPeak', isFalling: false });
  expect(pressHead(NEWEST, 'name').isFalling).toBe(false);
});
