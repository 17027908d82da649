/**
 * Samples of a Prometheus server, asked for over HTTP and laid down as the answers it gave, for the readers of files. Raw
 * samples are asked for (a range of a selector), a window at a time: `query_range` would resample, and lose peaks.
 *
 * Guarantees: every window between the two times is asked for once; what was laid down is gone when the work is done.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../shared/base/failure';
import { type Bytes, MiB } from '../../shared/base/units';
import { EXPORTED } from './neighbours/prometheus-text';
import type { ReadOptions } from './protocol';

type Seconds = number;

export interface PrometheusRequest {
  readonly url: string;
  /** A selector, as `DCGM_FI_DEV_FB_USED{job="train"}`; every known metric of every GPU when left out. */
  readonly query?: string | undefined;
  /** An ISO time, seconds since 1970, or how long ago: `2h`. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

const WINDOW: Seconds = 600;
const MAX_WINDOWS = 10_000;
const ANSWER_MS = 60_000;
const MAX_ANSWER: Bytes = 60 * MiB;
const DEFAULT_SPAN: Seconds = 3600;
const UNITS: Readonly<Record<string, Seconds>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Runs `work` on the answers, one document a line. Throws a Failure where the server does not answer as Prometheus does. */
export async function withPrometheus<T>(
  request: PrometheusRequest,
  work: (path: string) => Promise<T>,
  onProgress?: ReadOptions['onProgress'],
): Promise<T> {
  const base = parseBase(request.url);
  const now = Date.now() / 1000;
  const { selector, span } = splitRange(request.query ?? selectKnown());
  const to = parseTime('--to', request.to, now) ?? now;
  const from = parseTime('--from', request.from, now) ?? to - (span ?? DEFAULT_SPAN);
  if (from >= to || (to - from) / WINDOW > MAX_WINDOWS)
    throw new Failure(
      'bad_input',
      from >= to ? 'The time of --from is not before that of --to.' : 'That is too long a time.',
      'Give two times, for example --from 2h, or --from 2026-01-01T10:00Z --to 2026-01-01T12:00Z.',
    );
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-prometheus-'));
  const path = join(folder, `prometheus-${base.hostname}.json`);
  try {
    const file = openSync(path, 'w', 0o600);
    try {
      for (let begin = from; begin < to; begin += WINDOW) {
        const end = Math.min(to, begin + WINDOW);
        const asked = `${selector}[${Math.max(1, Math.ceil(end - begin))}s]`;
        writeSync(file, `${await ask(base, asked, end)}\n`);
        onProgress?.({ stage: 'asking', done: end - from, total: to - from });
      }
    } finally {
      closeSync(file);
    }
    return await work(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function ask(base: URL, query: string, time: Seconds): Promise<string> {
  const url = new URL(`${base.pathname.replace(/\/$/, '')}/api/v1/query`, base);
  url.search = new URLSearchParams({ query, time: time.toFixed(3) }).toString();
  let text: string;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS), redirect: 'error' });
    if (Number(answer.headers.get('content-length') ?? 0) > MAX_ANSWER) throw tooLarge();
    text = await answer.text();
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(
      'unavailable',
      `No Prometheus answers at ${base.origin}.`,
      'Check the address and that the server can be reached from here, for example with curl.',
      error,
    );
  }
  if (text.length > MAX_ANSWER) throw tooLarge();
  const said = /^\s*\{\s*"status"\s*:\s*"(success|error)"/.exec(text)?.[1];
  if (said === 'success') return text.trim().replaceAll('\n', ' ');
  const why = /"error"\s*:\s*"((?:[^"\\]|\\.){1,300})/.exec(text)?.[1];
  throw new Failure(
    'bad_input',
    said === undefined
      ? `What answers at ${base.origin} is no Prometheus.`
      : `Prometheus refuses the query ${query}: ${why ?? 'without a reason'}.`,
    'Give the address of its API and a selector: --query \'DCGM_FI_DEV_FB_USED{job="train"}\'.',
  );
}

const tooLarge = () =>
  new Failure(
    'bad_input',
    `Ten minutes of what was asked for are more than ${MAX_ANSWER / MiB} MiB.`,
    'Ask for fewer series: --query \'DCGM_FI_DEV_FB_USED{job="train"}\'.',
  );

function parseBase(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && /^https?:$/.test(url.protocol) && url.username === '') return url;
  throw new Failure(
    'bad_input',
    `"${text}" is no address of a Prometheus server.`,
    'Give it as http://HOST:9090.',
  );
}

const selectKnown = (): string => `{__name__=~"${[...EXPORTED.keys()].join('|')}"}`;

/** A range behind the selector says how long back, where no beginning is given. */
function splitRange(query: string): { readonly selector: string; readonly span: Seconds | null } {
  const [, selector = query, count, unit = 's'] = /^(.*)\[(\d+)([smhdw])\]\s*$/s.exec(query) ?? [];
  return {
    selector: selector.trim(),
    span: count === undefined ? null : Number(count) * (UNITS[unit] ?? 1),
  };
}

function parseTime(option: string, text: string | undefined, now: Seconds): Seconds | null {
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
