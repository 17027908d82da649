/** Rows of a file that may have been made by anything: what a marker must be is asked of each, the commonest kind included. */
import { describe, expect, it } from 'vitest';
import { parseStoredMarker } from '../../../../src/main/store/stored-rows';

const phase = { type: 'phase', t: 850_000, rank: 0, step: 3, name: 'forward', event: 'begin' };
const memory = { ...phase, type: 'memory', phase: 'forward', memory: { allocated: 7, peak: 9.5 } };
const parse = (row: object) => parseStoredMarker(JSON.stringify(row));

describe('a stored marker', () => {
  it('is what was stored, with what a later version added to it', () => {
    const rows = [
      phase,
      { ...phase, step: null, t: -5.5, rank: 1_000_000 },
      { ...phase, input: [4, 1024], hint: 'of a later version' },
      { ...phase, later: { nested: [1, 2] } },
      { ...phase, type: 'step' },
      memory,
      { ...memory, phase: null, memory: { allocated: 7, components: { params: 7 } } },
      { ...memory, memory: { allocated: 7, later: 'of a later version' } },
      { type: 'note', t: 1, rank: 0, step: null, text: '{[{[{['.repeat(30) },
    ];
    for (const row of rows) expect(parse(row)).toEqual(row);
  });

  it('is refused where any part of it is not what it must be', () => {
    const wrong = [
      { event: 'middle' },
      { t: '850000' },
      { t: 2 ** 54 },
      { t: null },
      { rank: -1 },
      { rank: 0.5 },
      { rank: 2 ** 40 },
      { step: 1.5 },
      { step: '3' },
      { step: 2 ** 60 },
      { name: 7 },
      { name: 'x'.repeat(1001) },
      { input: 'wide' },
      { input: null },
      { type: 'phases' },
      { type: undefined },
    ];
    for (const part of wrong)
      expect(() => parse({ ...phase, ...part }), JSON.stringify(part)).toThrow();
    const wrongMemory = [
      { memory: {} },
      { memory: null },
      { memory: { allocated: '7' } },
      { memory: { allocated: 7, reserved: null } },
      { memory: { allocated: 7, peakAt: 'then' } },
      { memory: { allocated: 7, counters: { a: 'b' } } },
      { phase: 7 },
      { phase: 'x'.repeat(1001) },
      { step: 1.5 },
    ];
    for (const part of wrongMemory)
      expect(() => parse({ ...memory, ...part }), JSON.stringify(part)).toThrow();
    for (const text of ['null', '[]', '"phase"', '7', '', '{'])
      expect(() => parseStoredMarker(text), text).toThrow();
    const deep = `${'{"a":'.repeat(70)}1${'}'.repeat(70)}`;
    expect(() => parseStoredMarker(deep)).toThrow(/nested too deeply/);
  });
});
