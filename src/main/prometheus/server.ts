/**
 * A Prometheus server, asked over HTTP. Whoever needs a name and a password to reach it writes them into the address, or
 * gives a token in PLUMBLINE_PROMETHEUS_TOKEN; neither is ever shown.
 *
 * Guarantees: no answer is larger than 60 MiB or takes longer than a minute; no redirection is followed, since it would
 * take the password along.
 *
 * Format: https://prometheus.io/docs/prometheus/latest/querying/api/
 */
import { Failure } from '../../shared/base/failure';
import { isRecord } from '../../shared/base/json';
import { type Bytes, MiB, type Millis } from '../../shared/base/units';
import { EXPORTED, MEMORY_TOTAL } from './exported-metrics';

export type Seconds = number;

const TOKEN = 'PLUMBLINE_PROMETHEUS_TOKEN';
const ANSWER_MS: Millis = 60_000;
const MAX_ANSWER: Bytes = 60 * MiB;
const UNITS: Readonly<Record<string, Seconds>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Every metric of GPUs that is known. */
export const KNOWN_METRICS = `{__name__=~"${[...EXPORTED.keys(), MEMORY_TOTAL].join('|')}"}`;

export class PrometheusServer {
  readonly #base: URL;
  readonly #authorization: string | null;

  /** Throws `bad_input` for what is no address. */
  constructor(address: string, env: NodeJS.ProcessEnv = process.env) {
    const url = URL.canParse(address) ? new URL(address) : null;
    if (url === null || !/^https?:$/.test(url.protocol))
      throw new Failure(
        'bad_input',
        `"${address}" is no address of a Prometheus server.`,
        'Give it as http://HOST:9090.',
      );
    this.#authorization = authorize(url, env[TOKEN]);
    url.username = '';
    url.password = '';
    this.#base = url;
  }

  /** For people, and for the name of what came from it. */
  get host(): string {
    return this.#base.hostname;
  }

  /** Without what is secret in it. */
  get address(): string {
    return `${this.#base.origin}${this.#path}`;
  }

  /** The text of the answer to a query at a time. Throws a Failure where the server does not answer as Prometheus does. */
  async ask(query: string, time?: Seconds, withinMs: Millis = ANSWER_MS): Promise<string> {
    const url = new URL(`${this.#path}/api/v1/query`, this.#base);
    url.search = new URLSearchParams({
      query,
      ...(time !== undefined && { time: time.toFixed(3) }),
    }).toString();
    const text = await this.#fetch(url, withinMs);
    const said = /^\s*\{\s*"status"\s*:\s*"(success|error)"/.exec(text)?.[1];
    if (said === 'success') return text;
    const why = /"error"\s*:\s*"((?:[^"\\]|\\.){1,300})/.exec(text)?.[1];
    throw new Failure(
      'bad_input',
      said === undefined
        ? `What answers at ${this.#base.origin} is no Prometheus.`
        : `Prometheus refuses the query ${query}: ${why ?? 'without a reason'}.`,
      'Give the address of its API and a selector: --query \'DCGM_FI_DEV_FB_USED{job="train"}\'.',
    );
  }

  /** What time it is there, in seconds since 1970. */
  async askTime(): Promise<Seconds> {
    const { data } = parse(await this.ask('time()'));
    const at = isRecord(data) && Array.isArray(data.result) ? Number(data.result[0]) : Number.NaN;
    if (Number.isFinite(at)) return at;
    throw new Failure(
      'bad_input',
      `What answers at ${this.#base.origin} does not tell the time as Prometheus does.`,
      'Give the address of its API, for example http://HOST:9090.',
    );
  }

  get #path(): string {
    return this.#base.pathname.replace(/\/$/, '');
  }

  async #fetch(url: URL, withinMs: Millis): Promise<string> {
    let answer: Response;
    let text: string;
    try {
      answer = await fetch(url, {
        signal: AbortSignal.timeout(withinMs),
        redirect: 'error',
        headers: this.#authorization === null ? {} : { authorization: this.#authorization },
      });
      if (Number(answer.headers.get('content-length') ?? 0) > MAX_ANSWER) throw tooLarge();
      text = await answer.text();
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw new Failure(
        'unavailable',
        `No Prometheus answers at ${this.#base.origin}.`,
        'Check the address and that the server can be reached from here, for example with curl.',
        error,
      );
    }
    if (answer.status === 401 || answer.status === 403)
      throw new Failure(
        'unavailable',
        `The server at ${this.#base.origin} wants to know who asks (HTTP ${answer.status}).`,
        `Write name and password into the address (http://NAME:PASSWORD@HOST:9090), or put a token into ${TOKEN}.`,
      );
    if (text.length > MAX_ANSWER) throw tooLarge();
    return text;
  }
}

/** The document in the text of an answer. */
export function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const document: unknown = JSON.parse(text);
    return isRecord(document) ? document : {};
  } catch {
    return {};
  }
}

/** A range behind the selector says how long back. */
export function splitRange(query: string): {
  readonly selector: string;
  readonly span: Seconds | null;
} {
  const [, selector = query, count, unit = 's'] = /^(.*)\[(\d+)([smhdw])\]\s*$/s.exec(query) ?? [];
  return {
    selector: selector.trim(),
    span: count === undefined ? null : Number(count) * (UNITS[unit] ?? 1),
  };
}

/** A time as people give it, in seconds since 1970; null where none is given. */
export function parseTime(option: string, text: string | undefined, now: Seconds): Seconds | null {
  if (text === undefined) return null;
  const given = text.trim();
  if (given === 'now') return now;
  const [, count, unit = 's'] = /^-?(\d+)([smhdw])$/.exec(given) ?? [];
  if (count !== undefined) return now - Number(count) * (UNITS[unit] ?? 1);
  if (/^\d{9,10}(\.\d+)?$/.test(given)) return Number(given);
  const ms = Date.parse(given);
  if (!Number.isNaN(ms)) return ms / 1000;
  throw new Failure(
    'bad_input',
    `${option} cannot be "${text}".`,
    `Give a time (2026-01-01T10:00Z), seconds since 1970, or how long ago: ${option} 2h.`,
  );
}

function authorize({ username, password }: URL, token: string | undefined): string | null {
  if (username !== '') {
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return `Basic ${Buffer.from(pair).toString('base64')}`;
  }
  return token ? `Bearer ${token}` : null;
}

const tooLarge = () =>
  new Failure(
    'bad_input',
    `One answer of Prometheus is more than ${MAX_ANSWER / MiB} MiB.`,
    'Ask for fewer series: --query \'DCGM_FI_DEV_FB_USED{job="train"}\'.',
  );
