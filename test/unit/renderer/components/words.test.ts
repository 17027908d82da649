import { describe, expect, it } from 'vitest';
import { residualTone } from '../../../../src/renderer/components/residual-tone';
import { joinCommand, splitCommand } from '../../../../src/renderer/components/split-command';
import { parseRoute } from '../../../../src/renderer/state/router';
import { rankKinds } from '../../../../src/renderer/views/session/rank-kinds';
import { summarizePhases } from '../../../../src/shared/session/phase-kinds';
import { fixtureLibrary } from '../../../support/fixture-sessions';

describe('addresses', () => {
  it('lead to the views and nowhere else', () => {
    expect(
      [
        '',
        '#/',
        '#/session/a%2Fb',
        '#/compare?ids=a,b',
        '#/record',
        '#/planner?batch=2',
        '#/doctor',
        '#/other',
        '#/session/',
      ].map(parseRoute),
    ).toEqual([
      { view: 'library' },
      { view: 'library' },
      { view: 'session', id: 'a/b' },
      { view: 'compare', ids: ['a', 'b'] },
      { view: 'record' },
      { view: 'planner' },
      { view: 'doctor' },
      { view: 'unknown', path: 'other' },
      { view: 'unknown', path: 'session/' },
    ]);
    expect(parseRoute('#/session/%')).toEqual({ view: 'session', id: '%' });
  });
});

describe('command lines', () => {
  it('are split as a shell would, and expanded in nothing', () => {
    expect(splitCommand(`python train.py --name "a b" 'c $d' e\\ f "" *`)).toEqual([
      'python',
      'train.py',
      '--name',
      'a b',
      'c $d',
      'e f',
      '',
      '*',
    ]);
    expect(splitCommand('  ')).toEqual([]);
    expect(splitCommand('say "hi \\"you\\""')).toEqual(['say', 'hi "you"']);
  });
  it('are written so that they are split into the same words', () => {
    for (const words of [
      ['python', 'train.py', '--name=a', 'a b'],
      ["it's", '"', '\\', '', '$HOME', 'a\tb', "'", '*'],
      ['sh', '-c', 'echo "$A" | wc -l'],
    ])
      expect(splitCommand(joinCommand(words))).toEqual(words);
    expect(joinCommand(['python', 'train.py', '--batch', '8'])).toBe('python train.py --batch 8');
  });
  it('are refused with an open quote', () => {
    expect(splitCommand('echo "a')).toBeNull();
  });
});

describe('the tone of a residual', () => {
  it('follows its size, not its sign, and knows the unknown', () => {
    expect([0, -4.9, 12, -20.1, null].map((percent) => residualTone(percent))).toEqual([
      'close',
      'close',
      'off',
      'far',
      'unknown',
    ]);
  });
  it('of a run that failed is close to nothing, and as far off as of any', () => {
    expect([0, 4.9, -12, -20.1].map((percent) => residualTone(percent, 'failed'))).toEqual([
      'unknown',
      'unknown',
      'off',
      'far',
    ]);
  });
});

describe('the phase table', () => {
  const phases = (id: string) =>
    fixtureLibrary().find(({ document }) => document.id === id)!.document.overlay.phases;
  it('has a row for each kind, that with the phase furthest from its prediction first', () => {
    const all = phases('s-long');
    const kinds = rankKinds(summarizePhases(all));
    expect(kinds.map(({ count }) => count).reduce((a, b) => a + b)).toBe(all.length);
    expect(new Set(kinds.map(({ phase }) => phase)).size).toBe(kinds.length);
    const furthest = Math.max(...all.map(({ residualBytes }) => Math.abs(residualBytes ?? 0)));
    expect(Math.abs(kinds[0]!.worst!.residualBytes!)).toBe(furthest);
  });
});
