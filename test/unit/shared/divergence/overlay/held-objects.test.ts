/** What a script's objects held, and what that leaves of a line: splits that close, or none. */
import { describe, expect, it } from 'vitest';
import { parseMarker } from '../../../../../src/main/workloads/marker-schema';
import {
  HeldObjects,
  heldOn,
  splitEnd,
  splitHighest,
} from '../../../../../src/shared/divergence/overlay/held-objects';
import { heldTable } from '../../../../../src/shared/present/held-objects';
import { listHeld } from '../../../../../src/shared/session/held-objects';
import type { Marker, MemoryMark, PhaseSpan } from '../../../../../src/shared/trace/types';

type Part = readonly [component: string, dtype: string, device: string, bytes: number];
const told = (t: number, phase: string, ...parts: Part[]): Marker => {
  const line = JSON.stringify({ type: 'objects', ts: t * 1000, phase, parts });
  const marker = parseMarker(line, 0n, 1e9);
  if (marker === null) throw new Error(`not taken: ${line}`);
  return marker;
};
const memory: MemoryMark = {
  allocated: 1000,
  peak: 1500,
  reserved: 2000,
  counters: { 'reserved_bytes.all.peak': 2400 },
};
const span = (phase: PhaseSpan['phase'], t1: number): PhaseSpan => ({
  phase,
  step: 0,
  rank: 0,
  t0: t1 - 5,
  t1,
  memory,
});
const params: Part = ['params', 'fp32', 'cuda:0', 300];
const gradients: Part = ['gradients', 'fp32', 'cuda:0', 200];
const counter: Part = ['optimizer_other', 'fp32', 'cpu', 4];

describe('what objects held', () => {
  const markers = [
    told(10, 'forward', params),
    told(20, 'backward', params, gradients),
    told(30, 'optimizer', params, gradients, counter),
  ];
  const held = new HeldObjects(markers);
  const parts = (t: number, phase: PhaseSpan['phase']) => held.atEnd(span(phase, t))?.parts.length;

  it('is what the last phase of its kind told, and null before any did', () => {
    expect(parts(9, 'forward')).toBeUndefined();
    expect(parts(10, 'forward')).toBe(1);
    expect(parts(999, 'forward')).toBe(1);
    expect(parts(999, 'decode')).toBeUndefined();
  });

  it('counts on the side of memory that a line is of', () => {
    const mark = held.atEnd(span('optimizer', 30));
    expect(mark && heldOn(mark, 'device')).toEqual({ params: 300, gradients: 200 });
    expect(mark && heldOn(mark, 'host')).toEqual({ optimizer_other: 4 });
  });

  it('leaves the rest of a line to activations, the reserve and the context, and closes', () => {
    const mark = held.atEnd(span('backward', 20));
    for (const [series, line] of [
      ['framework.allocated', 1000],
      ['gpu0.memory.used', 2700],
    ] as const) {
      const split = splitEnd(series, mark, memory, line);
      expect(split).toMatchObject({ params: 300, gradients: 200, activations: 500 });
      expect(Object.values(split ?? {}).reduce((sum, one) => sum + one, 0)).toBe(line);
    }
    expect(splitEnd('gpu0.memory.used', mark, memory, 2700)).toMatchObject({
      reserve: 1000,
      context: 700,
    });
  });

  it('gives no split where a part would be negative or the framework does not count', () => {
    const mark = held.atEnd(span('backward', 20));
    expect(splitEnd('framework.allocated', mark, { allocated: 400 }, 400)).toBeNull();
    expect(splitEnd('gpu0.memory.used', mark, memory, 1900)).toBeNull();
    expect(splitEnd('tree.rss', mark, memory, 9000)).toBeNull();
    expect(splitEnd('framework.allocated', mark, null, 1000)).toBeNull();
  });

  it('splits the highest moment only where the objects stayed as they were', () => {
    const during = (phase: PhaseSpan['phase'], t: number) =>
      splitHighest('framework.allocated', held.throughout(span(phase, t)), memory, 1500);
    expect(during('forward', 10)).toEqual({ params: 300, activations: 1200 });
    expect(during('backward', 20)).toBeNull();
    expect(during('optimizer', 30)).toBeNull();
    const steady = new HeldObjects([
      told(20, 'backward', params, gradients),
      told(30, 'optimizer', params, gradients),
    ]);
    expect(steady.throughout(span('optimizer', 30))?.parts).toHaveLength(2);
  });

  it('is a table with a column for each phase, and says what could not be told', () => {
    const line = JSON.stringify({
      type: 'objects',
      ts: 30_000,
      phase: 'optimizer',
      parts: [params, counter],
      untold: ['2 tensors of kind Odd do not tell their bytes'],
    });
    const marker = parseMarker(line, 0n, 1e9);
    const document = listHeld(
      [...markers.slice(0, 2), ...(marker ? [marker] : [])],
      [span('forward', 10), span('backward', 20), span('optimizer', 30)],
    );
    expect(heldTable(document)).toMatchObject({
      head: ['component', 'type', 'forward', 'backward', 'optimizer'],
      rows: [
        ['parameters', 'fp32, cuda:0', '300 B', '300 B', '300 B'],
        ['gradients', 'fp32, cuda:0', '0 B', '200 B', '0 B'],
        ['optimizer, other', 'fp32, cpu', '0 B', '0 B', '4 B'],
        ['activations and work', 'the rest', '700 B', '500 B', '700 B'],
      ],
      notes: ['2 tensors of kind Odd do not tell their bytes.'],
    });
    expect(heldTable({})).toBeNull();
  });

  it('takes nothing that is no part', () => {
    for (const parts of [
      [['spoons', 'fp32', 'cpu', 1]],
      [['params', 'fp32', 'cpu', -1]],
      'x',
      [[]],
    ])
      expect(parseMarker(JSON.stringify({ type: 'objects', parts }), 0n, 1)).toBeNull();
  });
});
