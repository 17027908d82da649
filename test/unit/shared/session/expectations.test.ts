import { describe, expect, it } from 'vitest';
import { junit } from '../../../../src/main/export/junit';
import { Failure } from '../../../../src/shared/base/failure';
import { compareSessions } from '../../../../src/shared/session/compare';
import {
  checkComparison,
  checkSession,
  parseExpectations,
  unmet,
} from '../../../../src/shared/session/expectations';
import { documentWith, MB, training } from '../../../support/overlay-scenario';

const leaking = documentWith({ ...training(6, 4096), mustMatchExactly: true });
const check = (text: string) => checkSession(parseExpectations(text, '='), leaking);

describe('expectations on one session', () => {
  it('are kept or not by its own figures, each with a sentence', () => {
    // The scenario peaks at 450 MiB + 5 leaks of 4 KiB.
    const outcomes = check(
      'peak=451MiB, peak=450MiB,residual=10%,residual=0,leak=1MiB,leak=4095B,duration=1h'.replace(
        ',duration=1h',
        ',duration=60s,findings=0',
      ),
    );
    expect(outcomes.map(({ expectation, met }) => [expectation, met])).toEqual([
      ['peak=451MiB', true],
      ['peak=450MiB', false],
      ['residual=10%', true],
      ['residual=0', false],
      ['leak=1MiB', true],
      ['leak=4095B', false],
      ['duration=60s', true],
      ['findings=0', false],
    ]);
    expect(outcomes[1]!.message).toMatch(/450 MiB/);
  });

  it('on a figure that is not known are not met', () => {
    const [outcome] = checkSession(
      parseExpectations('residual=10%', '='),
      documentWith({ ...training(2), budget: null }),
    );
    expect(outcome).toMatchObject({ met: false, message: expect.stringContaining('not known') });
  });

  it('that fail are all named, with exit code 4; none where all are met', () => {
    const failure = unmet(check('peak=1GiB,peak=1MiB,leak=0'))!;
    expect([failure.code, failure.exitCode]).toEqual(['expectation', 4]);
    expect(failure.message).toMatch(/2 expectations .*peak=1MiB .*leak=0/);
    expect(failure.message).not.toMatch(/peak=1GiB/);
    expect(unmet(check('peak=1GiB'))).toBeNull();
  });
});

describe('expectations on a comparison', () => {
  const smaller = documentWith(training(6));
  const bigger = documentWith({ ...training(6, 10 * MB) });
  const compared = (a = smaller, b = bigger) => compareSessions([a, b], [null, null]);

  it('bound the growth of the last session over the first', () => {
    // 450 to 500 MiB: +11.1%.
    const outcomes = checkComparison(
      parseExpectations('peak>+2%,peak>+12%,peak>+64MiB,peak>49MiB,duration>5%', '>'),
      compared(),
    );
    expect(outcomes.map(({ met }) => met)).toEqual([false, true, true, false, true]);
    expect(
      checkComparison(parseExpectations('peak>+2%', '>'), compared(bigger, smaller))[0]!.met,
    ).toBe(true);
  });
});

describe('what is not an expectation', () => {
  it.each([
    '',
    'peak',
    'peak=',
    'peak=8',
    'peak=8GiBs',
    'residual=3s',
    'speed=3',
    'peak=-1MiB',
    'peak<3MiB',
    'peak=1MiB,,',
  ])('is refused: %j', (text) => {
    expect(() => parseExpectations(text, '=')).toThrow(Failure);
  });

  it('is refused where the other command was meant', () => {
    expect(() => parseExpectations('peak>+2%', '=')).toThrow(/compares two sessions/);
    expect(() => parseExpectations('peak=2GiB', '>')).toThrow(/bounds one session/);
    expect(() => parseExpectations('residual>2%', '>')).toThrow(Failure);
  });
});

describe('JUnit XML', () => {
  it('holds one case an expectation, failures with their message, and nothing unescaped', () => {
    const { contents } = junit.render({
      suite: 'a "run" <1> & more',
      outcomes: [
        { expectation: 'peak>+2%', met: false, message: 'it\'s <too> much & "more"' },
        { expectation: 'peak=8GiB', met: true, message: 'fine' },
      ],
      seconds: 1.5,
    });
    const xml = String(contents);
    expect(xml).toContain('tests="2" failures="1"');
    expect(xml.match(/<testcase /g)).toHaveLength(2);
    expect(xml).toContain('name="peak&gt;+2%"');
    expect(xml).toContain('message="it&#39;s &lt;too&gt; much &amp; &quot;more&quot;"');
    expect(xml).toContain('name="a &quot;run&quot; &lt;1&gt; &amp; more"');
  });
});
