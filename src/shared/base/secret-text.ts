/**
 * Secrets in what is about to be written: in the words of a command, by the names and options before them, and in any text,
 * by their shape. Names are judged in secrets.ts.
 */
import { HIDDEN, looksSecret } from './secrets';

/**
 * The words of a command with every secret hidden: the value of `KEY=value` and the word after `--key` where the name looks
 * secret, the password of `-u name:password` and of a URL, the word after `-p`, the value of a header that promises one, and
 * what has the shape of a well-known token.
 */
export const withoutSecrets = (words: readonly string[]): string[] => splitSecrets(words).shown;

/** The secrets of those words: what a workload prints of them later is hidden too. */
export const secretsIn = (words: readonly string[]): readonly string[] =>
  splitSecrets(words).secrets;

function splitSecrets(words: readonly string[]): { shown: string[]; secrets: string[] } {
  const secrets: string[] = [];
  const hide = (secret: string): string => {
    secrets.push(secret);
    return HIDDEN;
  };
  let option = '';
  const shown = words.map((word) => {
    const before = option;
    option = /^--?\p{L}/u.test(word) ? word : '';
    const [, name, value] = /^(-{0,2}[\w.:-]+)=(.*)$/s.exec(word) ?? [];
    if (name !== undefined) {
      option = '';
      if (looksSecret(name) && value) return `${name}=${hide(value)}`;
    }
    const isValue = option === '' && before !== '';
    if (isValue && name === undefined && looksSecret(before)) return hide(word);
    if (isValue && isPassword(before, word)) return hide(word);
    return hideWithin(word, before, hide);
  });
  return { shown, secrets };
}

/** `-p` is a password as often as a port, a folder or a number: those stay readable. */
const isPassword = (option: string, word: string): boolean =>
  option === '-p' && !/^(?:[\d.:/-]+|\.{0,2}[\\/].*)$/.test(word);

const USER_OPTIONS = new Set(['-u', '-U', '--user', '--proxy-user', '--username']);

function hideWithin(word: string, option: string, hide: (secret: string) => string): string {
  const [, user, password] = /^(?:-u)?([^:\s/]+):(.+)$/s.exec(word) ?? [];
  const namesUser = USER_OPTIONS.has(option) || (word.startsWith('-u') && user !== '');
  if (namesUser && password !== undefined && !/^(?:\d+$|[\\/])/.test(password))
    return `${word.slice(0, -password.length)}${hide(password)}`;
  const [, header, headerValue] = /^(?:-H)?([\w-]+):\s*(\S.*)$/s.exec(word) ?? [];
  if (
    header !== undefined &&
    headerValue !== undefined &&
    isHeader(option, word) &&
    looksSecret(header)
  )
    return `${word.slice(0, -headerValue.length)}${hideHeader(headerValue, hide)}`;
  return hideShapes(word, hide);
}

const isHeader = (option: string, word: string): boolean =>
  option === '-H' || option === '--header' || word.startsWith('-H');

/** The scheme stays: Bearer, Basic, token. */
function hideHeader(value: string, hide: (secret: string) => string): string {
  const [, scheme = '', rest = value] = /^([A-Za-z]+ )?(.+)$/s.exec(value) ?? [];
  return scheme + hide(rest);
}

/** Beginnings that their issuers give to tokens so that they are found where they should not be (each issuer's documentation of its tokens). */
const TOKEN_SHAPES = [
  // Hugging Face, GitHub, GitLab, npm, PyPI, Docker Hub
  'hf_[A-Za-z0-9]{20,}',
  'gh[pousr]_[A-Za-z0-9]{30,}',
  'github_pat_[A-Za-z0-9_]{30,}',
  'gl(?:pat|dt|rt|cbt|ptt)-[\\w-]{18,}',
  'npm_[A-Za-z0-9]{30,}',
  'pypi-[\\w-]{40,}',
  'dckr_(?:pat|oat)_[\\w-]{20,}',
  // OpenAI, Anthropic, NVIDIA, Groq, Replicate, Stripe, Slack, Google, AWS
  'sk-[\\w-]{20,}',
  'nvapi-[\\w-]{40,}',
  'gsk_[A-Za-z0-9]{30,}',
  'r8_[A-Za-z0-9]{30,}',
  '[rsp]k_(?:live|test)_[A-Za-z0-9]{16,}',
  'xox[abeprs]-[\\w-]{10,}',
  'AIza[\\w-]{35}',
  '(?:AKIA|ASIA)[A-Z0-9]{16}',
  // A JSON Web Token: header, payload, signature
  'eyJ[\\w-]{8,}\\.eyJ[\\w-]{8,}\\.[\\w-]+',
];
const SHAPES = new RegExp(`(?<![\\w-])(?:${TOKEN_SHAPES.join('|')})(?![\\w-])`, 'g');
const URL_PASSWORD = /\b([a-z][a-z\d+.-]{0,30}:\/\/[^\s/:@]*:)([^\s/@]+)(?=@)/gi;
const AUTHORIZATION =
  /(\b(?:proxy-)?authorization["']?\s*[:=]\s*["']?(?:(?:bearer|basic|token|digest|negotiate)\s+)?)([^\s"',;]{4,})/gi;
const PRIVATE_KEY =
  /(-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)[\s\S]*?(-----END [A-Z ]{0,30}PRIVATE KEY-----|$)/g;

/** Any text with what shows by itself to be a secret hidden: tokens by their shape, passwords in URLs, authorization headers, private keys. */
export const withoutShapes = (text: string): string => hideShapes(text, () => HIDDEN);

function hideShapes(text: string, hide: (secret: string) => string): string {
  return text
    .replaceAll(PRIVATE_KEY, (_all, begin: string, end: string) => `${begin}${HIDDEN}${end}`)
    .replaceAll(URL_PASSWORD, (_all, before: string, password: string) => before + hide(password))
    .replaceAll(AUTHORIZATION, (_all, before: string, value: string) =>
      value === HIDDEN ? before + value : before + hide(value),
    )
    .replaceAll(SHAPES, hide);
}

/** Passwords within the URLs of a value: DATABASE_URL is no secret by its name. */
export const passwordsIn = (value: string): readonly string[] =>
  Array.from(value.matchAll(URL_PASSWORD), ([, , password = '']) => password);

/** Shorter values (on, 1, debug) would blot out half of a log. */
const MIN_LENGTH = 8;
/** Values that variables of secret names hold, and that say something else wherever else they stand. */
const COMMON = new Set(
  'password changeme username disabled required anonymous optional internal external database localhost undefined production development staging testing interactive automatic default1 default_user personal security kerberos certificate authenticated authentication authorization transformers huggingface'.split(
    ' ',
  ),
);

/** Whether a secret value may be hidden wherever it stands, and not in its own place alone. */
export const isTelling = (value: string): boolean =>
  value.length >= MIN_LENGTH && !value.startsWith('/') && !COMMON.has(value.toLowerCase());
