/** Names that promise a secret, however they are written; and the names of this field that only sound like it. */
import { describe, expect, it } from 'vitest';
import { Redactor } from '../../../../src/main/workloads/environment';
import { HIDDEN, looksSecret, withoutSecrets } from '../../../../src/shared/base/secrets';

/** A small generator of its own: the same names every time, so that a failure can be looked at. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const SECRETS = [
  ['token'],
  ['api', 'key'],
  ['secret'],
  ['password'],
  ['passwd'],
  ['secret', 'access', 'key'],
  ['access', 'token'],
  ['private', 'key'],
  ['credentials'],
  ['auth', 'token'],
  ['passphrase'],
  ['license', 'key'],
  ['access', 'tokens'],
  ['db', 'pwd'],
];
const OWNERS = [
  'hf',
  'aws',
  'wandb',
  'openai',
  'github',
  'my',
  'azure',
  'db',
  'pg',
  'neptune',
  'comet',
  'x',
  'prod',
];
const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
const STYLES: readonly ((words: readonly string[]) => string)[] = [
  (words) => words.join('_').toUpperCase(),
  (words) => words.join('_'),
  (words) => `--${words.join('-')}`,
  (words) => words.map((word, i) => (i === 0 ? word : capital(word))).join(''),
  (words) => words.map(capital).join(''),
  (words) => words.join('.'),
  (words) => words.map((word, i) => (i === 0 ? word.toUpperCase() : capital(word))).join(''),
];

function* names(count: number): Generator<string> {
  const next = random(6);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!;
  for (let i = 0; i < count; i++) {
    const words = [
      ...(next() < 0.7 ? [pick(OWNERS)] : []),
      ...pick(SECRETS),
      ...(next() < 0.2 ? [pick(['2', 'prod', 'file', 'v2', 'old'])] : []),
    ];
    yield pick(STYLES)(words);
  }
}

describe('a name that promises a secret', () => {
  it('is known in every way of writing it', () => {
    const missed = [...new Set(names(4000))].filter((name) => !looksSecret(name));
    expect(missed).toEqual([]);
  });

  it.each([
    'HFTOKEN',
    'PGPASSWORD',
    'MYSQL_PWD',
    'apikey',
    'OPENAI_APIKEY',
    'hfToken',
    'HFToken',
    'SSH_PRIVATE_KEY',
    'DB_PASS',
    'AUTHORIZATION',
    'SESSION_COOKIE',
    'GITHUB_PAT',
    'DATABASE_DSN',
    'AWS_SESSION_TOKEN',
    'HUB_TOKENS',
  ])('%s is one', (name) => {
    expect(looksSecret(name)).toBe(true);
  });

  it.each([
    'TOKENIZERS_PARALLELISM',
    '--tokenizer',
    '--max-tokens',
    '--prompt-tokens',
    '--tokens',
    'MAX_NEW_TOKENS',
    '--num-kv-heads',
    'num_key_value_heads',
    '--token-ids',
    'PAD_TOKEN_ID',
    'vocab_tokens',
    'PATH',
    'PWD',
    'OLDPWD',
    'KEYBOARD',
    'MONKEY',
    'AUTHOR',
    'COMPASS',
    '--bypass',
    'CUDA_VISIBLE_DEVICES',
    'key_padding_mask',
    'tokens_per_second',
    'PYTHONPATH',
    'head_dim',
  ])('%s is none', (name) => {
    expect(looksSecret(name)).toBe(false);
  });

  it('hides its value on a command line in every form, and nothing else', () => {
    for (const name of names(500)) {
      const flag = name.startsWith('--') ? name : `--${name}`;
      expect(withoutSecrets(['train.py', flag, 's3cr3t', 'data']), name).toEqual([
        'train.py',
        flag,
        HIDDEN,
        'data',
      ]);
      expect(withoutSecrets(['env', `${name}=s3cr3t`, 'python']), name).toEqual([
        'env',
        `${name}=${HIDDEN}`,
        'python',
      ]);
    }
    const plain = [
      'python',
      '-m',
      'train',
      '--max-tokens',
      '128',
      '--tokenizer=gpt2',
      '--no-auth',
      '--lr',
      '-1e-3',
      'https://host/a@b',
    ];
    expect(withoutSecrets(plain)).toEqual(plain);
    expect(withoutSecrets(['https://ada:s3cr3t@host/x'])).toEqual([`https://ada:${HIDDEN}@host/x`]);
  });
});

describe('what is about to be stored', () => {
  it('holds no value of a secret variable, wherever it stands', () => {
    for (const name of names(300)) {
      const value = 'zq-7f3a9c-value';
      const discretion = new Redactor({ [name.replace(/^--/, '')]: value, PATH: '/bin' });
      const stored = JSON.stringify([
        discretion.text(`login with ${value} done`),
        discretion.command(['a', `x${value}`]),
        discretion.fields({ note: [value], deep: { url: `h?t=${value}` }, plain: '/bin' }),
      ]);
      expect(stored, name).not.toContain(value);
      expect(stored).toContain('/bin');
    }
  });

  it('keeps what a short or ordinary variable holds', () => {
    const discretion = new Redactor({ USE_AUTH: 'true', KEY: '1', HOME: '/home/ada-lovelace' });
    expect(discretion.text('true 1 /home/ada-lovelace')).toBe('true 1 /home/ada-lovelace');
  });

  it('hides announced fields by their names', () => {
    expect(
      new Redactor({}).fields({
        api_key: 'abc',
        batch: 4,
        nested: { hf_token: 'x', tokens: '5' },
      }),
    ).toEqual({ api_key: HIDDEN, batch: 4, nested: { hf_token: HIDDEN, tokens: '5' } });
  });
});
