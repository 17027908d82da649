/** What a recorded command is called where nobody named it: short, but nothing of it hidden that is not a folder. */
import { describe, expect, it } from 'vitest';
import { planRecording } from '../../../../src/main/engine/recording-plan';
import { USUAL_SETTINGS } from '../../../../src/shared/library/settings';

const nameOf = (...command: string[]) => planRecording({ command }, USUAL_SETTINGS).name;

describe('the name of a recorded command', () => {
  it('tells paths by their last part', () => {
    expect(nameOf('/usr/bin/env', './jobs/train.py', 'C:\\runs\\big.py')).toBe(
      'env train.py big.py',
    );
  });

  it.each([
    ['an option with its value', ['env', '--out=/data/run 1', '-I/usr/include']],
    ['an address', ['env', 'https://example.com/a/b']],
    ['a script in quotes', ['env', 'sh', '-c', 'cat a/b | wc']],
  ])('leaves %s whole', (_what, command) => {
    expect(nameOf(...command)).toBe(command.join(' '));
  });

  it('is one line, and says where it was cut', () => {
    expect(nameOf('env', 'python3', '-c', 'import a\n\nprint(1)')).toBe(
      'env python3 -c import a print(1)',
    );
    const long = nameOf('env', 'x'.repeat(100));
    expect(long).toMatch(/^env x+…$/);
    expect(long).toHaveLength(60);
  });
});
