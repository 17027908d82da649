/** What is typed in the window means what it means in the terminal, and what is wrong is told at its field, all of it at once. */
import { describe, expect, test } from 'vitest';
import { resolveSpec, type SpecOptions } from '../../../../src/main/hosts/cli/options/spec-options';
import {
  type Draft,
  EMPTY_DRAFT,
  overlaid,
  parseDraft,
  withSetting,
  writeDraft,
} from '../../../../src/renderer/plans/draft';
import { faultText, fieldWords, inWindowWords } from '../../../../src/renderer/plans/labels';
import { readDraft } from '../../../../src/renderer/plans/read-draft';
import { Failure } from '../../../../src/shared/base/failure';
import { MODES } from '../../../../src/shared/model/choices';
import { namedModel } from '../../../../src/shared/model/named';
import { runDefaults } from '../../../../src/shared/model/run';
import {
  COMMON_SETTINGS,
  RUN_SETTINGS,
  SETTING_NAMES,
  type SettingName,
} from '../../../../src/shared/model/settings';
import { pick, randomFrom } from '../../../support/random-runs';

const plan = (model: string, settings: Draft['settings'] = {}): Draft => ({
  ...EMPTY_DRAFT,
  model,
  settings,
});

/** Texts a person might type, right and wrong, by what the field asks for. */
const TEXTS = {
  count: ['1', '2', '8', '64', '0', '-3', '1.5', 'many', '1e9', ' 4 '],
  number: ['0.1', '0.9', '1', '2', '-1', 'half'],
  switch: ['on', 'off', 'maybe'],
  words: ['RTX 4090', '24GB', '5,9,12', 'every=2', 'none', 'q_proj,v_proj', 'no such thing'],
} as const;
const MODELS = ['gpt2', 'llama-3-8b', 'bert-base', 't5-small', 'mixtral-8x7b', 'deepseek-v3'];

const camel = (flag: string) =>
  flag.slice(2).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

function terminalOptions({ model, settings }: Draft): SpecOptions {
  const options: Record<string, string | boolean> = { model };
  for (const [name, text] of Object.entries(settings)) {
    const { option } = RUN_SETTINGS[name as SettingName];
    const typed = text.trim();
    if (option.takes === undefined && typed === 'on') options[camel(option.flag)] = true;
    else options[camel(option.flag)] = typed;
  }
  return options as SpecOptions;
}

async function bySpecOptions(draft: Draft) {
  try {
    return await resolveSpec(terminalOptions(draft), { model: 'gpt2', framework: 'pytorch' });
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

describe('a draft', () => {
  test('is the run that the terminal makes of the same words, or refused as there', async () => {
    const random = randomFrom(7);
    let accepted = 0;
    for (let i = 0; i < 3000; i++) {
      const settings: Partial<Record<SettingName, string>> = {};
      for (let n = Math.floor(random() * 5); n > 0; n--) {
        const name = pick(random, COMMON_SETTINGS);
        const { kind } = RUN_SETTINGS[name];
        settings[name] =
          kind.asked === 'choice'
            ? pick(random, [
                ...(kind.choices ?? []).filter((each) => each !== null).map(String),
                'wrong',
              ])
            : pick(random, TEXTS[kind.asked]);
      }
      const draft = plan(pick(random, MODELS), settings);
      const { spec } = readDraft(draft, { framework: 'pytorch' });
      const terminal = await bySpecOptions(draft);
      expect(spec, JSON.stringify(draft)).toEqual(terminal);
      if (spec) accepted++;
    }
    expect(accepted).toBeGreaterThan(300);
  });

  test('is told everything that is wrong at once, each at its field', () => {
    const { spec, faults } = readDraft(
      {
        ...plan('gpt2', {
          batch: 'many',
          seq: '0',
          precision: 'fp3',
          gpu: 'RTX 12345',
          mode: 'train',
        }),
        shape: { layers: 'some' },
      },
      { framework: 'pytorch' },
    );
    expect(spec).toBeNull();
    expect(Object.keys(faults).sort()).toEqual(['batch', 'gpu', 'layers', 'precision', 'seq']);
    expect(faultText(faults.batch)).toMatch(/^Batch cannot be "many"\. /);
    expect(faults.batch?.remedy).toMatch(/whole number/);
  });

  test('keeps the model whose sizes do not go together, so that their fields stand', () => {
    const { spec, model, faults } = readDraft(
      { ...plan('gpt2', { batch: '4' }), shape: { heads: '7' } },
      { framework: 'pytorch' },
    );
    expect(spec).toBeNull();
    expect(model?.name).toBe('gpt2');
    expect(faultText(faults.heads)).toMatch(/^Heads cannot be 7: it does not divide the width 768/);
  });

  test('takes along into a mode that is chosen what that mode has a use for', () => {
    const training = plan('llama-3-8b', {
      ...{ mode: 'train', batch: '4', optimizer: 'sgd', checkpointing: 'full' },
      ...{ loraRank: '8', seq: '64' },
    });
    const generating = withSetting(training, 'mode', 'generate');
    expect(generating.settings).toEqual({ mode: 'generate', batch: '4', seq: '64' });
    expect(readDraft(generating, { framework: 'pytorch' }).faults).toEqual({});
    expect(overlaid(training, plan('', { mode: 'infer' })).settings).toEqual({
      ...{ mode: 'infer', batch: '4', seq: '64' },
    });
    const typed = withSetting(generating, 'optimizer', 'sgd');
    expect(readDraft(typed, { framework: 'pytorch' }).faults.optimizer?.message).toMatch(
      /training/,
    );
  });

  test('is judged against model and other settings, in the words of the window', () => {
    const { faults } = readDraft(plan('gpt2', { mode: 'train', seq: '4096', tp: '5' }), {
      framework: 'pytorch',
    });
    expect(Object.keys(faults).sort()).toEqual(['seq', 'tp']);
    expect(faults.seq?.message).toContain('1024 positions');
    expect(fieldWords(['--batch 1 --grad-accum 4', '--checkpointing full'])).not.toContain('--');
    expect(inWindowWords('Use --mode train, or --framework pytorch.')).toBe(
      'Use “Mode” train, or “Framework” pytorch.',
    );
  });

  test.each(COMMON_SETTINGS)('tells at %s what is wrong by labels, and by no option', (name) => {
    const typed = ['0', '-1', '1,024', '12 000', '1e99', 'words', '3', '7', 'on', '99999999999'];
    const told = MODES.flatMap((mode) =>
      typed.flatMap((text) =>
        Object.values(
          readDraft(plan('gpt2', { mode, [name]: text }), { framework: 'tfjs' }).faults,
        ).map(faultText),
      ),
    );
    const options = SETTING_NAMES.map((each) => RUN_SETTINGS[each].option.flag);
    for (const text of told)
      for (const option of options) expect(text).not.toMatch(new RegExp(`${option}(?![a-z-])`));
  });

  test('names models like the one that is not there', () => {
    const { faults } = readDraft(plan('lama-3-8b'), { framework: 'pytorch' });
    expect(faults.model?.remedy).toContain('llama-3-8b');
  });

  test.each(['/models/tiny/config.json', './config.json', 'C:\\models\\config.json', '~/tiny'])(
    'asks for the file itself where its path %s is typed',
    (path) => {
      const { faults } = readDraft(plan(path), { framework: 'pytorch' });
      expect(faults.model?.remedy).toContain('Choose the file');
    },
  );

  test('takes no Hugging Face id for a path', () => {
    const { faults } = readDraft(plan('nobody/no-such-model'), { framework: 'pytorch' });
    expect(faults.model?.remedy).not.toContain('Choose the file');
  });

  test('takes a config.json, and refuses what is none where it was pasted', () => {
    const config = {
      model_type: 'llama',
      hidden_size: 256,
      num_hidden_layers: 4,
      num_attention_heads: 8,
      intermediate_size: 700,
      vocab_size: 1000,
    };
    const draft = (text: string): Draft => ({ ...EMPTY_DRAFT, config: { name: 'tiny', text } });
    const { spec } = readDraft(draft(JSON.stringify(config)), { framework: 'pytorch' });
    expect(spec?.model).toMatchObject({ name: 'tiny', layers: 4, hidden: 256, ffn: 700 });
    expect(
      readDraft(draft('{"model_type": '), { framework: 'pytorch' }).faults.config?.message,
    ).toContain('not JSON');
    expect(
      readDraft(draft('{"model_type":"mamba"}'), { framework: 'pytorch' }).faults.config,
    ).toBeDefined();
    expect(readDraft(draft(''), { framework: 'pytorch' }).spec).toBeNull();
  });

  test('changes sizes of a model, and what follows from them', () => {
    const wider = { ...plan('gpt2'), shape: { hidden: '1536', heads: '24', layers: '3' } };
    const { spec } = readDraft(wider, { framework: 'pytorch' });
    expect(spec?.model).toMatchObject({
      hidden: 1536,
      heads: 24,
      kvHeads: 24,
      headDim: 64,
      ffn: 6144,
    });
    expect(spec?.model.name).not.toBe('gpt2');
    const odd = { ...plan('gpt2'), shape: { heads: '7' } };
    expect(readDraft(odd, { framework: 'pytorch' }).faults.heads?.message).toContain('Heads');
  });

  test('comes back from an address as it was, wrong texts too', () => {
    const draft: Draft = {
      model: '',
      config: { name: 'Ünï — config.json', text: '{"a": "…+/="}' },
      shape: { layers: 'some' },
      settings: { batch: '0', gpu: '24 GB', gradAccum: 'x&y=z' },
    };
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(writeDraft(draft, 'b.')))
      if (value !== null) parameters.set(name, value);
    expect(parseDraft(new URLSearchParams(parameters.toString()), 'b.')).toEqual(draft);
    expect(parseDraft(new URLSearchParams('config=%%%'))).toMatchObject({
      config: { text: '%%%' },
    });
  });

  test('laid over another says only what differs', () => {
    const base = { ...plan('gpt2', { batch: '8', mode: 'train' }), shape: { layers: '3' } };
    expect(overlaid(base, plan('', { batch: '16' }))).toEqual({
      ...base,
      settings: { batch: '16', mode: 'train' },
    });
    expect(overlaid(base, plan('llama-3-8b')).shape).toEqual({});
  });

  test('that begins with a session says only what is to be otherwise, as plan --from has it', async () => {
    const model = namedModel('llama-3-8b');
    const run = runDefaults(model, { mode: 'train', batch: 4, seq: 2048, checkpointing: 'full' });
    const from = { model, run, card: { name: 'a card of 24 GiB', memoryBytes: 24 * 2 ** 30 } };
    const { spec } = readDraft(plan('', { batch: '16' }), { framework: 'pytorch', from });
    const terminal = await resolveSpec({ batch: '16' }, { model, framework: run.framework, run });
    expect(spec).toEqual({ ...terminal, card: from.card });
    expect(spec?.run).toMatchObject({ batch: 16, seq: 2048, checkpointing: 'full' });
  });
});
