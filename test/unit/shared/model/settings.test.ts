import { describe, expect, it } from 'vitest';
import { preset } from '../../../../src/shared/model/presets';
import { runDefaults } from '../../../../src/shared/model/run';
import { RUN_SETTINGS, SETTING_NAMES } from '../../../../src/shared/model/settings';
import { MODES } from '../../../../src/shared/model/spec';

const options = SETTING_NAMES.map((name) => RUN_SETTINGS[name].option);
const flags = options.map(({ flag }) => flag);
const gpt2 = preset('gpt2');

describe('the table of settings', () => {
  it('gives every setting a flag of its own', () => {
    expect(new Set(flags).size).toBe(flags.length);
    for (const flag of flags) expect(flag).toMatch(/^--[a-z]+(-[a-z]+)*$/);
  });

  it('places options behind options that there are', () => {
    for (const { after } of options) if (after !== undefined) expect(flags).toContain(after);
  });

  it.each(MODES)('has defaults that pass its checks, for %s', (mode) => {
    const run = runDefaults(gpt2, { mode });
    for (const name of SETTING_NAMES) {
      const isInEveryRun = RUN_SETTINGS[name].default !== undefined;
      expect(name in run, name).toBe(isInEveryRun);
      if (isInEveryRun)
        expect(() => RUN_SETTINGS[name].kind.check(name, run[name], mode)).not.toThrow();
    }
  });

  it('reads back what its choices are called on the terminal', () => {
    for (const name of SETTING_NAMES) {
      const { kind, option } = RUN_SETTINGS[name];
      for (const each of kind.choices ?? [])
        if (each !== null) expect(kind.parse(option.flag, String(each))).toBe(each);
    }
  });
});

describe('the document of a run', () => {
  it('has the whole length of generation behind its parts, given or not', () => {
    for (const given of [{}, { seq: 100 }, { seq: 100, tokens: 30 }]) {
      const names = Object.keys(runDefaults(gpt2, { mode: 'generate', ...given }));
      expect(names.slice(0, 5)).toEqual(['mode', 'batch', 'promptTokens', 'tokens', 'seq']);
    }
    expect(Object.keys(runDefaults(gpt2, { mode: 'train' })).slice(0, 5)).toEqual([
      'mode',
      'batch',
      'seq',
      'promptTokens',
      'tokens',
    ]);
  });
});
