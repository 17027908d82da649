/** The library's search language: what each form finds, and the laws that hold of every search. */
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../../src/shared/base/failure';
import { GiB } from '../../../../src/shared/base/units';
import { matchesQuery, parseQuery, searchSessions } from '../../../../src/shared/library/query';
import type { SessionSummary } from '../../../../src/shared/session/types';

const NOW = Date.parse('2026-11-29T00:00:00Z');
const session = (change: Partial<SessionSummary>): SessionSummary => ({
  id: '20261128-1000-abcd',
  name: 'A run',
  status: 'complete',
  startedAt: '2026-11-28T10:00:00Z',
  durationUs: 90e6,
  model: 'gpt2',
  mode: 'train',
  measuredPeak: 4 * GiB,
  predictedPeak: 5 * GiB,
  residualPercent: -20,
  simulated: false,
  ...change,
});
const llama = session({
  id: '20261101-1000-wxyz',
  name: 'Long "quoted" run',
  model: 'llama-3-8b',
  status: 'failed',
  startedAt: '2026-11-01T10:00:00Z',
  measuredPeak: 24 * GiB,
  residualPercent: 6,
  durationUs: 3600e6,
  tags: ['paper'],
  note: 'Ran out of memory',
});
const unmeasured = session({ id: 'x', name: 'import', measuredPeak: null, residualPercent: null });
const ALL = [session({}), llama, unmeasured];

const find = (text: string) =>
  ALL.filter((one) => matchesQuery(parseQuery(text, NOW), one)).map(({ name }) => name);

describe('a search', () => {
  it.each([
    ['', ['A run', 'Long "quoted" run', 'import']],
    ['peak>20GiB', ['Long "quoted" run']],
    ['peak>=24g', ['Long "quoted" run']],
    ['peak<20GiB', ['A run']],
    ['model:LLAMA', ['Long "quoted" run']],
    ['status:failed model:gpt2', []],
    ['-status:failed run', ['A run']],
    ['residual<0', ['A run']],
    ['residual>5%', ['Long "quoted" run']],
    ['duration>10min', ['Long "quoted" run']],
    ['duration=90s', ['A run', 'import']],
    ['tag:paper', ['Long "quoted" run']],
    ['"out of memory"', ['Long "quoted" run']],
    ['memory out', ['Long "quoted" run']],
    ['started<2026-11-15', ['Long "quoted" run']],
    ['added>7d', ['A run', 'import']],
    ['wxyz', ['Long "quoted" run']],
  ])('%s', (text, names) => expect(find(text)).toEqual(names));

  it.each(['peak>lots', 'peek>3GiB', 'modle:llama', 'model>3', 'added>yesterday', 'peak:'])(
    'says what is wrong with %s, and how to write it',
    (text) => {
      const { found, problem } = searchSessions(ALL, text);
      expect(found).toEqual(ALL);
      expect(problem).toBeInstanceOf(Failure);
      expect(problem?.message).toContain(text);
      expect(problem?.remedy).toMatch(/^(Write|Fields)/);
    },
  );
});

/** A generator of its own seed: failures come again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

describe('laws of every search', () => {
  const TERMS = [
    'run',
    'model:gpt',
    'status:failed',
    'peak>4GiB',
    'residual<=6',
    'tag:paper',
    '"a r"',
  ];
  const next = random(7);
  const pick = () => TERMS[Math.floor(next() * TERMS.length)] ?? 'run';
  const found = (text: string) => new Set(find(text));

  it('more conditions find what all of them find, in any order', () => {
    for (let i = 0; i < 200; i++) {
      const [a, b] = [pick(), pick()];
      const both = [...found(a)].filter((name) => found(b).has(name));
      expect(find(`${a} ${b}`)).toEqual(both);
      expect(find(`${b}   ${a}`)).toEqual(both);
    }
  });

  it('what is not so is the rest, whatever the condition', () => {
    for (const term of TERMS)
      expect([...find(term), ...find(`-${term}`)].sort(), term).toEqual(find('').sort());
  });

  it('a status that there is not is refused with those there are, one half typed is not', () => {
    expect(() => parseQuery('status:fai')).not.toThrow();
    expect(() => parseQuery('status:bogus')).toThrow(/no status "bogus"/);
    expect(() => parseQuery('peak>')).toThrow(/no value of peak is given/);
  });

  it('any text is a search or is refused with its remedy', () => {
    const letters = [...'ab:"<>=- 9GiB%µ漢\n\\peakmodel'];
    for (let i = 0; i < 5000; i++) {
      const text = Array.from(
        { length: Math.floor(next() * 24) },
        () => letters[Math.floor(next() * letters.length)],
      ).join('');
      const { problem } = searchSessions(ALL, text);
      if (problem !== null) expect(problem.remedy).not.toBe('');
    }
  });
});
