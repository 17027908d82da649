/**
 * Which names promise a secret. What such a name stands for is never written anywhere: not into a session, a report, a
 * saved workload or a log. A name is judged by its words, whatever joins them (HF_TOKEN, --api-key, dbPassword,
 * aws.secret.key), so that ordinary names of this field stay readable: --max-tokens, TOKENIZERS_PARALLELISM, --num-kv-heads.
 */

/** Put in the place of a secret. */
export const HIDDEN = '‹hidden›';

/** Words that promise a secret wherever they stand. */
const SECRET_WORDS = new Set([
  'secret',
  'secrets',
  'password',
  'passwords',
  'passwd',
  'passphrase',
  'pass',
  'pwd',
  'passcode',
  'credential',
  'credentials',
  'creds',
  'auth',
  'authorization',
  'bearer',
  'cookie',
  'cookies',
  'jwt',
  'pat',
  'apikey',
  'apikeys',
  'private',
  'signature',
  'dsn',
]);
/** Words that promise a secret unless one of these follows: a token id is no token, a key length no key. */
const HARMLESS_BEFORE = new Map<string, ReadonlySet<string>>([
  [
    'token',
    new Set([
      'id',
      'ids',
      'length',
      'lengths',
      'len',
      'count',
      'limit',
      'type',
      'types',
      'index',
      'budget',
      'dim',
      'per',
      'size',
      'level',
      'classification',
      'batch',
    ]),
  ],
  [
    'key',
    new Set([
      'value',
      'values',
      'dim',
      'size',
      'length',
      'len',
      'count',
      'heads',
      'head',
      'padding',
      'mask',
      'states',
      'layer',
      'column',
      'path',
    ]),
  ],
  ['keys', new Set(['values', 'only'])],
]);
/** `tokens` are what a language model counts, unless one of these stands before them. */
const CREDENTIAL_WORDS = new Set([
  'access',
  'api',
  'refresh',
  'session',
  'bot',
  'hub',
  'oauth',
  'personal',
  'deploy',
  'ci',
  'hf',
  'huggingface',
  'github',
  'gitlab',
  'wandb',
  'slack',
  'npm',
  'openai',
]);
/** Words that are written together: apikey, hftoken, pgpassword, mysqlpwd. */
const JOINED_WORDS =
  /(?:password|passwd|passphrase|secret|credentials?|(?:api|access|auth|private|secret|account|client|encryption|signing|master|service|ssh|deploy|storage|license)keys?|.token|.pwd|.pass)$/;
/** Names that the rules above would take for secrets, and that are none. */
const HARMLESS =
  /^(?:pwd|oldpwd|bypass|compass|encompass|surpass|trespass|[a-z]*detoken|[a-z]*untoken)$/i;

/** Whether what stands under this name must never be written. */
export function looksSecret(name: string): boolean {
  if (HARMLESS.test(name)) return false;
  const words = splitWords(name);
  return words.some((word, i) => {
    if (SECRET_WORDS.has(word) || (JOINED_WORDS.test(word) && !HARMLESS.test(word))) return true;
    if (word === 'tokens') return CREDENTIAL_WORDS.has(words[i - 1] ?? '');
    const harmless = HARMLESS_BEFORE.get(word);
    return harmless !== undefined && !harmless.has(words[i + 1] ?? '');
  });
}

/** --hf-token-v2 → hf, token; dbPassword → db, password; AWS_SECRET_ACCESS_KEY → aws, secret, access, key; HFToken → hf, token. */
function splitWords(name: string): string[] {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .replace(/(?<=\p{L}{3})v\d+/gu, ' ')
    .split(/[^\p{L}]+/u)
    .filter((word) => word !== '');
}
