/** Names that promise a secret, however they are written; and the names of this field that only sound like it. */
import { describe, expect, it } from 'vitest';
import { Redactor } from '../../../../src/main/workloads/environment';
import { withoutSecrets } from '../../../../src/shared/base/secret-text';
import { HIDDEN, looksSecret } from '../../../../src/shared/base/secrets';

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

  it('holds no value that the command gave under a secret name, in a phase, a counter or the log', () => {
    const secret = 'zq-7f3a9c-value';
    const commands = [
      ['train', '--api-key', secret],
      ['env', `DB_PASS=${secret}`, 'train'],
      ['curl', '-u', `ada:${secret}`],
      ['curl', `-uada:${secret}`],
      ['mysql', '-p', secret],
      ['curl', '-H', `Authorization: Bearer ${secret}`],
      ['curl', '--header', `X-Api-Key: ${secret}`],
      ['train', `postgres://ada:${secret}@host/db`],
    ];
    for (const command of commands) {
      const redactor = new Redactor({}, command);
      const base = { t: 0, rank: 0, step: null };
      const stored = JSON.stringify([
        redactor.command(command),
        redactor.text(`logged in by ${secret}.`),
        redactor.marker({ ...base, type: 'phase', name: `with ${secret}`, event: 'begin' }),
        redactor.marker({
          ...base,
          type: 'memory',
          phase: secret,
          memory: { allocated: 1, counters: { [secret]: 1 } },
        }),
      ]);
      expect(stored, command.join(' ')).not.toContain(secret);
      expect(stored, command.join(' ')).toContain(command[0]);
    }
  });

  it('holds no password of an address in a variable, whose name promises none', () => {
    const redactor = new Redactor({ DATABASE_URL: 'postgres://ada:zq-7f3a9c@db.example/x' });
    expect(redactor.text('auth with zq-7f3a9c at db.example')).toBe(
      `auth with ${HIDDEN} at db.example`,
    );
  });

  it('keeps ports, folders, user ids, modules and times that stand where a password may', () => {
    const plain = [
      ['docker', 'run', '-p', '8080:80', '-u', '1000:1000', 'image'],
      ['mkdir', '-p', './out', '-p', '/tmp/x'],
      ['curl', '-H', 'Accept: text/html', 'http://host:8080/x'],
      ['python', '-u', 'train.py', '-m', 'pkg.mod'],
      ['C:\\tools\\run.exe', '-u', 'C:\\data'],
      ['task-force-of-the-highest-quality', 'risk-assessment-model-for-everyone'],
    ];
    for (const command of plain) expect(withoutSecrets(command)).toEqual(command);
  });

  it.each([
    `hf_${'aB3'.repeat(11)}`,
    `ghp_${'a1B2'.repeat(9)}`,
    `github_pat_${'a1_B2'.repeat(12)}`,
    `glpat-${'a1B2'.repeat(5)}`,
    `sk-proj-${'a1B2'.repeat(8)}`,
    `xoxb-123456789012-${'a1B2'.repeat(5)}`,
    `AKIA${'A1B2'.repeat(4)}`,
    `npm_${'a1B2'.repeat(9)}`,
    `nvapi-${'a1B2'.repeat(15)}`,
    `eyJ${'a1B2'.repeat(4)}.eyJ${'a1B2'.repeat(4)}.${'a1B2'.repeat(4)}`,
  ])('knows the bare token %s by its shape', (token) => {
    const redactor = new Redactor({});
    expect(redactor.text(`use ${token}, please`)).toBe(`use ${HIDDEN}, please`);
    expect(redactor.command(['login', token])).toEqual(['login', HIDDEN]);
  });

  it('hides what follows an authorization header, and private keys, in any text', () => {
    const redactor = new Redactor({});
    expect(redactor.text('> Authorization: Basic YWRhOnNlY3JldA==')).toBe(
      `> Authorization: Basic ${HIDDEN}`,
    );
    expect(redactor.text('{"authorization": "Bearer abc.def"}')).toBe(
      `{"authorization": "Bearer ${HIDDEN}"}`,
    );
    expect(
      redactor.text('-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----'),
    ).toBe(`-----BEGIN RSA PRIVATE KEY-----${HIDDEN}-----END RSA PRIVATE KEY-----`);
  });

  it('hides short and common values in their own place alone', () => {
    const env = { DB_PASSWORD: 'required', API_TOKEN: 'abc1234', SECRET_KEY: 'Password' };
    const redactor = new Redactor(env, ['x', '--password', 'localhost']);
    const text = 'the password is required, abc1234 on localhost';
    expect(redactor.text(text)).toBe(text);
    expect(redactor.command(['x', '--password', 'localhost'])).toEqual(['x', '--password', HIDDEN]);
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
