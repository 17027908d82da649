import { describe, expect, it } from 'vitest';
import type { Failure } from '../../../../src/shared/base/failure';
import { FRAMEWORKS } from '../../../../src/shared/model/choices';
import { preset, presetNames } from '../../../../src/shared/model/presets';
import { runDefaults } from '../../../../src/shared/model/run';
import {
  RUN_SETTINGS,
  SETTING_NAMES,
  type SettingName,
} from '../../../../src/shared/model/settings';
import { MODES, type ModelSpec, type RunSpec } from '../../../../src/shared/model/spec';
import { checkModel, checkRun, listRefusals } from '../../../../src/shared/model/validate';

const gpt2 = preset('gpt2');
const refusal = (message: RegExp, remedy: RegExp = /./) =>
  expect.objectContaining({
    code: 'bad_input',
    message: expect.stringMatching(message),
    remedy: expect.stringMatching(remedy),
  });

describe('a model', () => {
  it.each<[string, Partial<ModelSpec>, RegExp, RegExp]>([
    [
      'heads that do not divide the width',
      { heads: 7 },
      /^Heads cannot be 7.*width 768/,
      /for example (6|8)/,
    ],
    ['no layers', { layers: 0 }, /^Layers cannot be 0/, /whole number/],
    ['a negative vocabulary', { vocab: -1 }, /^Vocabulary cannot be -1/, /whole number/],
    ['half a width', { hidden: 768.5 }, /^Width cannot be 768.5/, /whole number/],
    [
      'no number of positions',
      { maxPositions: Number.NaN },
      /^Positions cannot be NaN/,
      /whole number/,
    ],
    [
      'key-value heads that do not divide the heads',
      { kvHeads: 5 },
      /^Key-value heads cannot be 5/,
      /divisor of 12/,
    ],
    ['a billion layers', { layers: 1e9 }, /^Layers cannot be 1000000000/, /Use 1 to 10000/],
    ['more bytes than can be counted', { vocab: 2 ** 50 }, /2\^53/, /fewer layers/],
  ])('with %s is refused with what would be valid', (_, change, message, remedy) => {
    expect(() => checkModel({ ...gpt2, ...change })).toThrow(refusal(message, remedy));
  });

  it.each([...presetNames()])('named %s is accepted', (name) => {
    expect(() => checkModel(preset(name))).not.toThrow();
  });

  it('nobody has named is refused with the names there are', () => {
    expect(() => preset('gpt9')).toThrow(refusal(/"gpt9"/, /gpt2-medium/));
  });
});

describe('a run', () => {
  const train = runDefaults(gpt2, { mode: 'train' });
  const generate = runDefaults(gpt2, { mode: 'generate' });

  it.each<[string, RunSpec, RegExp]>([
    [
      'a sequence past the positions',
      { ...train, seq: 1025 },
      /--seq cannot be 1025.*1024 positions/,
    ],
    [
      'a prompt and tokens past the positions',
      { ...generate, promptTokens: 1000, tokens: 25, seq: 1025 },
      /1000 prompt tokens and 25 new ones are 1025/,
    ],
    ['no batch', { ...train, batch: 0 }, /--batch cannot be 0/],
    ['a fraction of a step', { ...train, steps: 1.5 }, /--steps cannot be 1.5/],
    [
      'checkpoints further apart than there are layers',
      { ...train, checkpointing: 'every=13' },
      /every=13/,
    ],
    [
      'no tokens to generate',
      { ...generate, tokens: 0, seq: generate.promptTokens },
      /--tokens cannot be 0/,
    ],
    [
      'a length that is not prompt plus tokens',
      { ...generate, seq: 100 },
      /prompt and the new tokens together, 48/,
    ],
    ['a batch no exact integer could measure', { ...train, batch: 10 ** 9 }, /2\^53/],
    ['no temperature at all', { ...generate, temperature: 0 }, /--temperature cannot be 0/],
    ['a share of tokens above one', { ...generate, topP: 1.5 }, /--top-p cannot be 1.5/],
    ['a fraction of a token', { ...generate, topK: 2.5 }, /--top-k cannot be 2.5/],
    [
      'more prompts than sequences',
      { ...generate, prompts: ['a', 'b'] },
      /--prompt cannot be 2.*1 sequences/,
    ],
    ['a prompt to train on', { ...train, prompts: ['a'] }, /trains goes on from no text/],
    [
      'a layout of a cache it has not',
      { ...generate, kvCache: false, cacheGrowth: 'static' },
      /--cache-growth cannot be "static".*no KV cache/,
    ],
    [
      'a cache that the bundled workload does not have',
      { ...generate, cacheGrowth: 'rebuild' },
      /layer by layer/,
    ],
    [
      'a precision nobody knows',
      { ...train, precision: 'fp7' as RunSpec['precision'] },
      /--precision cannot be "fp7"/,
    ],
  ])('with %s is refused', (_, run, message) => {
    expect(() => checkRun(gpt2, run)).toThrow(refusal(message));
  });

  it.each<[string, Partial<RunSpec>, RegExp, RegExp]>([
    ['generate', { optimizer: 'sgd' }, /--optimizer cannot be "sgd".*training/, /--mode train, or/],
    [
      'infer',
      { checkpointing: 'full' },
      /--checkpointing cannot be "full"/,
      /leave --checkpointing/,
    ],
    ['train', { tokens: 5 }, /--tokens cannot be 5.*generation, and the mode is train/, /generate/],
    ['serve', { promptTokens: 5 }, /--prompt-tokens cannot be 5/, /--mode generate/],
    ['infer', { kvPrecision: 'fp8' }, /generation and serving/, /--mode generate or serve/],
  ])('in mode %s is refused what was said of another: %o', (mode, said, message, remedy) => {
    const llama = preset('llama-3-8b');
    const run = runDefaults(llama, { ...said, mode } as Partial<RunSpec>);
    expect(() => checkRun(llama, run, said)).toThrow(refusal(message, remedy));
    expect(() => checkRun(llama, run)).not.toThrow();
  });

  it('takes in every mode what asks for nothing, and defaults of every setting', () => {
    const llama = preset('llama-3-8b');
    const nothing: Partial<RunSpec> = {
      ...{ checkpointing: 'none', gradAccum: 1, zero: 0, loraRank: 0, cp: 1, microBatches: 1 },
      dora: false,
    };
    for (const mode of MODES) {
      const run = runDefaults(llama, { ...nothing, mode });
      expect(() => checkRun(llama, run, nothing)).not.toThrow();
      expect(() => checkRun(llama, runDefaults(llama, { mode }))).not.toThrow();
    }
  });

  it('past what can be counted names the count that is too great', () => {
    const llama = preset('llama-3-8b');
    for (const [given, field] of [
      [{ mode: 'train', batch: 1e12 }, '--batch'],
      [{ mode: 'train', seq: 1e12 }, '--seq'],
      [{ mode: 'generate', tokens: 1e12 }, '--tokens'],
      [{ mode: 'generate', promptTokens: 1e12 }, '--prompt-tokens'],
    ] as const)
      expect(() => checkRun(llama, runDefaults(llama, given))).toThrow(
        refusal(new RegExp(`^${field} cannot be 1000000000000:`)),
      );
  });

  it('of unequal lengths is as long as the longest: of its prompt in generation, of its sequence elsewhere', () => {
    expect(runDefaults(gpt2, { batch: 2, lengths: [3, 9], tokens: 4 })).toMatchObject({
      promptTokens: 9,
      seq: 13,
    });
    expect(runDefaults(preset('bert-base'), { batch: 2, lengths: [3, 9] })).toMatchObject({
      mode: 'infer',
      seq: 9,
    });
  });

  it('of defaults is valid for every preset and mode', () => {
    for (const name of presetNames()) {
      for (const mode of MODES) {
        const { architecture } = preset(name);
        if (architecture === 'encoder' && mode === 'generate') continue;
        if (architecture !== 'decoder' && mode === 'serve') continue;
        expect(() => checkRun(preset(name), runDefaults(preset(name), { mode }))).not.toThrow();
      }
    }
  });

  it('of defaults fits a model with few positions, and keeps what was given though it does not', () => {
    const tiny = { ...preset('gpt2-nano'), maxPositions: 8 };
    for (const mode of MODES)
      expect(() => checkRun(tiny, runDefaults(tiny, { mode }))).not.toThrow();
    expect(runDefaults(tiny, { mode: 'train', seq: 9 }).seq).toBe(9);
    expect(runDefaults(tiny, { mode: 'generate', tokens: 7 })).toMatchObject({
      promptTokens: 1,
      tokens: 7,
      seq: 8,
    });
  });

  it('of generation is as long as its prompt and its tokens', () => {
    expect(runDefaults(gpt2, { mode: 'generate', promptTokens: 10, tokens: 5 })).toMatchObject({
      seq: 15,
      kvCache: true,
    });
    expect(runDefaults(gpt2, { mode: 'generate', seq: 64 })).toMatchObject({
      promptTokens: 16,
      tokens: 48,
    });
    expect(runDefaults(gpt2, { mode: 'generate', seq: 64, tokens: 4 })).toMatchObject({
      promptTokens: 60,
      tokens: 4,
    });
  });

  it.each(SETTING_NAMES)('refused for %s is refused by the option of a setting', (name) => {
    const refused = refusalsOf(name);
    // Whatever it is set to, it is a word that somebody else reads, or what can be is refused in another setting.
    if (!NEVER_REFUSED.has(name)) expect(refused).not.toEqual([]);
    for (const { code, message, remedy } of refused) {
      // What the bundled workload lacks is not the setting's fault.
      if (code === 'unavailable') continue;
      const flag = /^(--[a-z-]+) cannot be /.exec(message)?.[1];
      expect(FLAGS, message).toContain(flag);
      expect(`${message} ${remedy}`).not.toMatch(NAMES_OF_CODE);
    }
    const own = refused.filter(({ message }) =>
      message.startsWith(`${RUN_SETTINGS[name].option.flag} `),
    );
    if (!NEVER_REFUSED.has(name)) expect(own).not.toEqual([]);
  });
});

const FLAGS = SETTING_NAMES.map((name) => RUN_SETTINGS[name].option.flag);
const NEVER_REFUSED: ReadonlySet<SettingName> = new Set(['causal', 'gpu']);
/** promptTokens, gradAccum and the like: what nobody types. */
const NAMES_OF_CODE = new RegExp(
  `\\b(${SETTING_NAMES.filter((name) => /[A-Z]/.test(name)).join('|')})\\b`,
);

/** What is refused where one setting is anything at all, of several models in every mode under both frameworks. */
function refusalsOf(name: SettingName): readonly Failure[] {
  const values = [-1, 0, 1, 1.5, 3, 7, 1e12, 'nonsense', true, false, [1, 1, 1], [0], ['a', 'b']];
  const { choices = [] } = RUN_SETTINGS[name].kind;
  return ['gpt2', 'bert-base', 'llama-3-8b'].flatMap((called) =>
    MODES.flatMap((mode) =>
      FRAMEWORKS.flatMap((framework) =>
        [...values, ...choices].flatMap((value) => {
          const said = { mode, framework, [name]: value } as Partial<RunSpec>;
          const model = preset(called);
          const usual = runDefaults(model, { mode, framework });
          return [...listRefusals(model, { ...usual, ...said }, said).values()];
        }),
      ),
    ),
  );
}
