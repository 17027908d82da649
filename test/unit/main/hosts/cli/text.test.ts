/** What the terminal shows: its width in columns, bars and sparklines, colour, progress. */

import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { registerAll } from '../../../../../src/main/hosts/cli/commands';
import { createOutput } from '../../../../../src/main/hosts/cli/output';
import { RunProgress } from '../../../../../src/main/hosts/cli/run-progress';
import { bar, tracePicture } from '../../../../../src/main/hosts/cli/text/bars';
import { table, WIDTH } from '../../../../../src/main/hosts/cli/text/columns';
import { listText } from '../../../../../src/main/hosts/cli/text/list';
import { briefText } from '../../../../../src/main/hosts/cli/text/session-brief';
import { paint, styled } from '../../../../../src/main/hosts/cli/text/style';
import {
  cut,
  cutMiddle,
  padEnd,
  split,
  textWidth,
} from '../../../../../src/main/hosts/cli/text/width';
import type { SessionSummary } from '../../../../../src/shared/session/types';
import { documentWith, MB, phase, series } from '../../../../support/overlay-scenario';

describe('the width of a text', () => {
  // Widths as terminals draw them by Unicode's East Asian Width (UAX 11) and emoji presentation.
  it.each([
    ['plain', 5],
    ['', 0],
    ['模型', 4],
    ['ｆｕｌｌ', 8],
    ['ﾊﾝｶｸ', 4],
    ['한국어', 6],
    ['e\u0301', 1],
    ['🚀', 2],
    ['👩‍👩‍👧', 2],
    ['█▌', 2],
    ['—…×µ', 4],
    [styled('good', 'ok'), 2],
  ])('%s', (text, width) => expect(textWidth(text)).toBe(width));

  it('is never more than asked when cut, padded or split, and nothing is lost in splitting', () => {
    for (const text of ['模型 name 🚀🚀 e\u0301e\u0301', '训练'.repeat(9), 'abc', '']) {
      for (let width = 2; width < 24; width++) {
        expect(textWidth(cut(text, width))).toBeLessThanOrEqual(width);
        expect(textWidth(cutMiddle(text, width))).toBeLessThanOrEqual(width);
        expect(textWidth(padEnd(cut(text, width), width))).toBe(width);
        const pieces = split(text, width);
        expect(pieces.join('')).toBe(text);
        for (const piece of pieces) expect(textWidth(piece)).toBeLessThanOrEqual(width);
      }
    }
  });

  it('keeps the columns of a table in line whatever the names are', () => {
    const lines = table(
      ['name', 'peak'],
      [
        ['模型 🚀', '1 B'],
        ['x', '22 B'],
      ],
    ).split('\n');
    expect(new Set(lines.map(textWidth)).size).toBe(1);
  });
});

it('a list fits the width, and its names give way before its figures', () => {
  const one = (id: string, name: string) => ({
    id,
    name,
    status: 'interrupted' as const,
    startedAt: '2026-07-01T12:00:00Z',
    durationUs: 3_723e6,
    model: 'gpt2',
    mode: 'train',
    measuredPeak: 1000 * 2 ** 20,
    predictedPeak: 999 * 2 ** 20,
    residualPercent: -12.5,
    simulated: true,
    tags: ['paper', 'ablation'],
  });
  const text = listText([
    one('20261129-0816-wk2z', 'α'.repeat(90)),
    one('20261129-0817-wk2y', '训'.repeat(50)),
  ]);
  for (const line of text.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(WIDTH);
  expect(text).toContain('1000 MiB');
  expect(text).toContain('−12.5%');
});

it('a list that is cut says how many it leaves out and how to see them', () => {
  const one: SessionSummary = {
    id: '20261129-0816-wk2z',
    name: 'a',
    status: 'complete',
    startedAt: null,
    durationUs: 1,
    model: null,
    mode: null,
    measuredPeak: null,
    predictedPeak: null,
    residualPercent: null,
    simulated: false,
  };
  expect(listText([one], 10_000, 9_900)).toMatch(
    /\n\n {2}9,900 older sessions are not shown: --all /,
  );
  expect(listText([one], 2, 1)).toContain('1 older session is not shown');
  expect(listText([one], 1)).not.toContain('older');
});

describe('pictures', () => {
  it('a bar is as long as its share to an eighth of a column, and something is never nothing', () => {
    for (let share = 0; share <= 1; share += 0.01) {
      const text = bar(share, 20);
      expect(Math.abs(textWidth(text) - share * 20)).toBeLessThan(1.07);
      expect(text === '').toBe(share === 0);
    }
    expect(bar(7, 5)).toBe('█████');
    expect(bar(Number.NaN, 5)).toBe('');
  });

  it('a trace shows its highest value at its place', () => {
    const times = Float64Array.from({ length: 400 }, (_, i) => i);
    const values = Float64Array.from(times, (t) => (t === 251 ? 100 : 10));
    const picture = tracePicture({ times, values }, 0, 100, 40);
    expect(picture.indexOf('█')).toBe(Math.floor((251 / 399) * 40));
    expect(picture.replaceAll('▁', '')).toBe('█');
  });
});

it('marks become colours or nothing', () => {
  expect(paint(styled('bad', 'no'), true)).toBe('\u001b[31mno\u001b[0m');
  expect(paint(`a${styled('bad', 'no')}b`, false)).toBe('anob');
});

it('progress tells the share done and the time left at the pace so far, and neither where the end is unknown', () => {
  const step = (n: number) =>
    ({ type: 'step', t: n * 1e6, rank: 0, step: n, event: 'end' }) as const;
  const begin = { type: 'phase', t: 0, rank: 0, step: 1, name: 'forward', event: 'begin' } as const;
  const known = new RunProgress({ mode: 'train', steps: 10, tokens: 0 });
  known.tell(begin);
  expect(known.timeLeft(1e6)).toBeNull();
  for (let n = 1; n <= 4; n++) known.tell(step(n));
  expect(known.share).toBe(0.4);
  expect(known.timeLeft(4e6)).toBeCloseTo(6e6);
  expect(known.line('recording', 4e6)).toMatch(/40% · 4\.00 s · 6 s left/);
  const unknown = new RunProgress(undefined);
  unknown.tell(step(3));
  expect(unknown.share).toBeNull();
  expect(unknown.line('recording', 4e6)).toBe('recording · 4.00 s');
});

it('keeps both ends of a name that is cut, so that names which begin alike are told apart', () => {
  expect(cutMiddle('experiment sequence, full: seq=256', 16)).toBe('experime…seq=256');
  expect(cutMiddle('训练训练训练', 8)).toBe('训练…练');
});

it('no help is wider than the terminal', async () => {
  const program = new Command('plumbline');
  await registerAll(program, createOutput(false));
  for (const command of program.commands) {
    let help = '';
    command.configureOutput({
      getOutHelpWidth: () => WIDTH,
      writeOut: (text) => {
        help += text;
      },
    });
    command.outputHelp();
    expect(help).toContain('Usage:');
    for (const line of help.split('\n')) expect(textWidth(line), line).toBeLessThanOrEqual(WIDTH);
  }
});

describe('a session in short', () => {
  /** Eight steps of a second, half of which each computes, and a moment of 100 MiB more. */
  const peakingAt = (ms: number, untold: readonly number[] = []) =>
    briefText(
      documentWith({
        durationUs: 8e6,
        series: [
          series(
            'tree.rss',
            Array.from({ length: 80 }, (_, i) => [i * 100, (i * 100 === ms ? 300 : 200) * MB]),
          ),
        ],
        markers: Array.from({ length: 8 }, (_, i) => i)
          .filter((i) => !untold.includes(i))
          .flatMap((i) => phase('forward', i, i * 1000, i * 1000 + 500)),
      }),
      null,
      null,
    );

  it('says in which phase memory peaked, or between which it did', () => {
    expect(peakingAt(3200)).toContain('300 MiB  in forward 3');
    expect(peakingAt(3700)).toContain('300 MiB  after forward 3');
    expect(peakingAt(3700, [4])).toContain('300 MiB  at 3.70 s');
    expect(peakingAt(7700)).toContain('300 MiB  at 7.70 s');
  });
});

it('a list without a session says whether there was none or none can be read', () => {
  expect(listText([])).toContain('No session has been recorded yet');
  expect(listText([], 0, 0, 4)).toBe('No session can be read: all 4 files are damaged.');
});
