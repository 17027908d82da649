import { describe, expect, it } from 'vitest';
import { rankOfProcess } from '../../../../src/shared/trace/series-ids';
import type { Marker } from '../../../../src/shared/trace/types';
import { phaseSpans } from '../../../support/phase-spans';

const phase = (
  event: 'begin' | 'end',
  name: string,
  t: number,
  step: number | null = null,
  rank = 0,
): Marker => ({ type: 'phase', event, name, t, step, rank });
const memory = (
  name: string | null,
  t: number,
  allocated: number,
  step: number | null = null,
  rank = 0,
): Marker => ({ type: 'memory', phase: name, t, step, rank, memory: { allocated } });
/** Spans in short: name, begin, end, step, rank, bytes of the memory marker. */
const short = (markers: readonly Marker[], durationUs = 1000) =>
  phaseSpans(markers, durationUs).spans.map(({ phase: name, t0, t1, step, rank, memory: mark }) => [
    name,
    t0,
    t1,
    step,
    rank,
    mark?.allocated ?? null,
  ]);

describe('phase spans', () => {
  it('pair begin and end, nested ones too, without a warning', () => {
    const markers = [
      phase('begin', 'load', 0),
      phase('begin', 'forward', 10),
      phase('end', 'forward', 20),
      phase('end', 'load', 30),
    ];
    expect(short(markers)).toEqual([
      ['load', 0, 30, null, 0, null],
      ['forward', 10, 20, null, 0, null],
    ]);
    expect(phaseSpans(markers, 1000).warnings).toEqual([]);
  });

  it('keep the ranks apart', () => {
    const markers = [
      phase('begin', 'forward', 0, 1, 0),
      phase('begin', 'forward', 5, 1, 1),
      phase('end', 'forward', 10, 1, 0),
      phase('end', 'forward', 20, 1, 1),
    ];
    expect(short(markers)).toEqual([
      ['forward', 0, 10, 1, 0, null],
      ['forward', 5, 20, 1, 1, null],
    ]);
    expect(phaseSpans(markers, 1000).warnings).toEqual([]);
  });

  it('let a phase that was open at the end of the session end with it', () => {
    const { warnings } = phaseSpans([phase('begin', 'backward', 40, 2)], 100);
    expect(short([phase('begin', 'backward', 40, 2)], 100)).toEqual([
      ['backward', 40, 100, 2, 0, null],
    ]);
    expect(warnings).toEqual(['Phase backward of step 2 was still open when the session ended.']);
  });

  it('name the rank or the process that was open where several announced something', () => {
    const open = (rank: number) => phase('begin', 'forward', 40, 2, rank);
    const told = (...ranks: number[]) => phaseSpans(ranks.map(open), 100).warnings;
    expect(told(0, 1)).toEqual([
      'Phase forward of step 2 of rank 0 was still open when the session ended.',
      'Phase forward of step 2 of rank 1 was still open when the session ended.',
    ]);
    expect(told(0, rankOfProcess(4242))).toEqual([
      'Phase forward of step 2 of first process was still open when the session ended.',
      'Phase forward of step 2 of process 4242 was still open when the session ended.',
    ]);
  });

  it('leave out a phase whose end was lost, rather than stretch it over the session', () => {
    const markers = [
      phase('begin', 'forward', 0, 1),
      phase('begin', 'forward', 50, 2),
      phase('end', 'forward', 60, 2),
    ];
    expect(short(markers)).toEqual([['forward', 50, 60, 2, 0, null]]);
    expect(phaseSpans(markers, 1000).warnings).toEqual([
      'The end of phase forward of step 1 was never announced, so it is left out.',
    ]);
  });

  it.each([
    ['an end without a begin', [phase('end', 'forward', 5)], [], /ended without having begun/],
    [
      'an end before its begin',
      [phase('begin', 'forward', 50), phase('end', 'forward', 5)],
      [],
      /end before it began/,
    ],
    [
      'phases that overlap',
      [
        phase('begin', 'forward', 0),
        phase('begin', 'backward', 5),
        phase('end', 'forward', 10),
        phase('end', 'backward', 20),
      ],
      [
        ['forward', 0, 10, null, 0, null],
        ['backward', 5, 20, null, 0, null],
      ],
      /two overlap/,
    ],
    [
      'steps that run backwards',
      [
        phase('begin', 'forward', 0, 5),
        phase('end', 'forward', 1, 5),
        phase('begin', 'forward', 2, 4),
        phase('end', 'forward', 3, 4),
      ],
      [
        ['forward', 0, 1, 5, 0, null],
        ['forward', 2, 3, 4, 0, null],
      ],
      /ran backwards, from 5 to 4/,
    ],
    [
      'steps that begin anew',
      [
        phase('begin', 'forward', 0, 5),
        phase('end', 'forward', 1, 5),
        phase('begin', 'forward', 2, 0),
        phase('end', 'forward', 3, 0),
      ],
      [
        ['forward', 0, 1, 5, 0, null],
        ['forward', 2, 3, 0, 0, null],
      ],
      /began anew at 0 after 5, those of another loop or process/,
    ],
  ] as const)('tell of %s in one sentence', (_what, markers, spans, sentence) => {
    expect(short(markers)).toEqual(spans);
    const { warnings } = phaseSpans(markers, 1000);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(sentence);
  });

  it('keep unknown names out and report each once', () => {
    const markers = Array.from({ length: 50 }, (_, i) => [
      phase('begin', 'eval', i * 2),
      phase('end', 'eval', i * 2 + 1),
    ]).flat();
    const { spans, warnings } = phaseSpans([...markers, phase('begin', 'toString', 900)], 1000);
    expect(spans).toEqual([]);
    expect(warnings).toEqual([
      'Phases with names Plumbline does not know are left out: "eval", "toString".',
    ]);
  });

  it('say how often the same trouble came instead of repeating it', () => {
    const { warnings } = phaseSpans(
      Array.from({ length: 1000 }, (_, i) => phase('end', 'decode', i)),
      1000,
    );
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('1000 times in all');
  });

  it('take the last memory marker of their own phase, rank and step', () => {
    const markers = [
      phase('begin', 'decode', 0, 1),
      memory('decode', 5, 100, 1),
      memory('decode', 10, 110, 1),
      phase('end', 'decode', 10, 1),
      phase('begin', 'decode', 10, 2),
      memory('forward', 12, 1, 2),
      memory('decode', 13, 2, 2, 1),
      memory(null, 14, 3),
      phase('end', 'decode', 20, 2),
      memory('decode', 21, 999, 2),
    ];
    expect(short(markers)).toEqual([
      ['decode', 0, 10, 1, 0, 110],
      ['decode', 10, 20, 2, 0, null],
    ]);
  });
});
