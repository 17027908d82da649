/**
 * Samples of a Prometheus server, laid down as the answers it gave, for the readers of files. Raw samples are asked for
 * (a range of a selector), a window at a time: `query_range` would resample, and lose peaks.
 *
 * Guarantees: every window between the two times is asked for once; what was laid down is gone when the work is done.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../shared/base/failure';
import {
  KNOWN_METRICS,
  PrometheusServer,
  parseTime,
  type Seconds,
  splitRange,
} from '../prometheus/server';
import type { ReadOptions } from './protocol';

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
const DEFAULT_SPAN: Seconds = 3600;

/** Runs `work` on the answers, one document a line. Throws a Failure where the server does not answer as Prometheus does. */
export async function withPrometheus<T>(
  request: PrometheusRequest,
  work: (path: string) => Promise<T>,
  onProgress?: ReadOptions['onProgress'],
): Promise<T> {
  const server = new PrometheusServer(request.url);
  const now = Date.now() / 1000;
  const { selector, span } = splitRange(request.query ?? KNOWN_METRICS);
  const to = parseTime('--to', request.to, now) ?? now;
  const from = parseTime('--from', request.from, now) ?? to - (span ?? DEFAULT_SPAN);
  if (from >= to || (to - from) / WINDOW > MAX_WINDOWS)
    throw new Failure(
      'bad_input',
      from >= to ? 'The time of --from is not before that of --to.' : 'That is too long a time.',
      'Give two times, for example --from 2h, or --from 2026-01-01T10:00Z --to 2026-01-01T12:00Z.',
    );
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-prometheus-'));
  const path = join(folder, `prometheus-${server.host}.json`);
  try {
    const file = openSync(path, 'w', 0o600);
    try {
      for (let begin = from; begin < to; begin += WINDOW) {
        const end = Math.min(to, begin + WINDOW);
        const asked = `${selector}[${Math.max(1, Math.ceil(end - begin))}s]`;
        writeSync(file, `${(await server.ask(asked, end)).trim().replaceAll('\n', ' ')}\n`);
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
