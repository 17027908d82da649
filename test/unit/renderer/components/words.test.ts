import { describe, expect, it } from 'vitest';
import { residualTone } from '../../../../src/renderer/components/residual-tone';
import { splitCommand } from '../../../../src/renderer/components/split-command';
import { parseRoute } from '../../../../src/renderer/state/router';
import { groupPhases } from '../../../../src/renderer/views/session/phase-groups';
import { fixtureLibrary } from '../../../support/fixture-sessions';

describe('addresses', () => {
  it('lead to the four views and nowhere else', () => {
    expect(
      ['', '#/', '#/session/a%2Fb', '#/compare?ids=a,b', '#/doctor', '#/other', '#/session/'].map(
        parseRoute,
      ),
    ).toEqual([
      { view: 'library' },
      { view: 'library' },
      { view: 'session', id: 'a/b' },
      { view: 'compare', ids: ['a', 'b'] },
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
  it('are refused with an open quote', () => {
    expect(splitCommand('echo "a')).toBeNull();
  });
});

describe('the tone of a residual', () => {
  it('follows its size, not its sign, and knows the unknown', () => {
    expect([0, -4.9, 12, -20.1, null].map(residualTone)).toEqual([
      'close',
      'close',
      'off',
      'far',
      'unknown',
    ]);
  });
});

describe('the phase table', () => {
  const phases = (id: string) =>
    fixtureLibrary().find(({ document }) => document.id === id)!.document.overlay.phases;
  it('lists every phase of a short run', () => {
    expect(groupPhases(phases('s-train'))).toHaveLength(1);
    expect(groupPhases(phases('s-train'))[0]!.rows).toHaveLength(16);
  });
  it('groups a long one into first step and steady state, where the widest residual of each phase stands', () => {
    const groups = groupPhases(phases('s-long'));
    expect(groups.map(({ total }) => total)).toEqual([1, 3, 2697]);
    const steady = groups[2]!.rows;
    expect(steady.map(({ phase }) => phase.phase)).toEqual(['forward', 'backward', 'optimizer']);
    const backward = steady[1]!.phase.residualBytes!;
    expect(backward).toBe(
      Math.max(
        ...phases('s-long')
          .filter(({ phase, step }) => phase === 'backward' && step !== 1)
          .map(({ residualBytes }) => residualBytes!),
      ),
    );
  });
});
