/** Looks at sessions as a window does: random spans at 2,000 pixels, warm in this process and cold in new ones. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { openSession, type SessionReader } from '../../../src/main/store/session-file';
import { randomFrom } from '../../support/random-runs';

export const PIXELS = 2000;
export const VIEW = 24;

export interface Span {
  readonly t0: number;
  readonly t1: number;
}

export function quantile(values: readonly number[], share: number): number {
  const ordered = [...values].sort((a, b) => a - b);
  return ordered[Math.min(ordered.length - 1, Math.floor(share * ordered.length))] ?? Number.NaN;
}

/** From a second to the whole session, each order of magnitude alike. */
export function randomSpan(next: () => number, durationUs: number): Span {
  const length = 1e6 * (durationUs / 1e6) ** next();
  const t0 = Math.floor(next() * (durationUs - length));
  return { t0, t1: t0 + Math.floor(length) };
}

/**
 * Milliseconds of processor time that a look at `ids` takes, all threads: on a machine that others use, time by the
 * clock says how busy they are.
 */
export function lookAt(reader: SessionReader, ids: readonly string[], span: Span): number {
  const before = process.cpuUsage();
  for (const id of ids) reader.envelope(id, span, PIXELS);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** The series of a view: as many as there are, up to 24, one GPU after the other. */
const viewOf = (ids: readonly string[]): string[] => ids.slice(0, VIEW);

export interface WarmFigures {
  /** Of single series and of a view of all of them, per call. */
  readonly series: readonly number[];
  readonly views: readonly number[];
  /** Views of half the session and of all of it. */
  readonly half: readonly number[];
  readonly whole: readonly number[];
}

export function measureWarm(path: string, durationUs: number, rounds: number): WarmFigures {
  using reader = openSession(path);
  const ids = reader.series().map(({ id }) => id);
  const next = randomFrom(5);
  const series: number[] = [];
  const views: number[] = [];
  const half: number[] = [];
  const whole: number[] = [];
  for (let i = 0; i < rounds; i++) lookAt(reader, viewOf(ids), randomSpan(next, durationUs));
  for (let i = 0; i < rounds * 4; i++) {
    const id = ids[Math.floor(next() * ids.length)] ?? '';
    series.push(lookAt(reader, [id], randomSpan(next, durationUs)));
  }
  for (let i = 0; i < rounds; i++) {
    views.push(lookAt(reader, viewOf(ids), randomSpan(next, durationUs)));
    const t0 = Math.floor((next() * durationUs) / 2);
    half.push(lookAt(reader, viewOf(ids), { t0, t1: t0 + durationUs / 2 }));
    whole.push(lookAt(reader, viewOf(ids), { t0: 0, t1: durationUs - i }));
  }
  return { series, views, half, whole };
}

export interface ColdFigures {
  readonly openMs: number;
  readonly seriesMs: number;
  readonly viewMs: number;
  /** Opening, the list of series and the whole session at 2,000 pixels. */
  readonly firstPictureMs: number;
  /** The same by the clock, which also waits for the disk. */
  readonly firstPictureWallMs: number;
  readonly peakMiB: number;
}

/** Looks at a session until the program's own code is compiled: enough for V8 to have optimized what a look runs. */
function warmUp(path: string): void {
  using reader = openSession(path);
  const ids = reader.series().map(({ id }) => id);
  const last = reader.result.durationUs;
  for (let i = 0; i < 4; i++) lookAt(reader, viewOf(ids), { t0: i, t1: last - i });
}

/** What a process does for one look, after it looked at `other` where that is given; it prints the figures. */
export function lookOnce(path: string, durationUs: number, seed: number, other?: string): void {
  if (other !== undefined) warmUp(other);
  const next = randomFrom(seed);
  const start = performance.now();
  const before = process.cpuUsage();
  const spent = () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  const reader = openSession(path);
  const ids = reader.series().map(({ id }) => id);
  const openMs = spent();
  // Even seeds look at the whole, for the first picture; odd ones at any span.
  const whole = seed % 2 === 0;
  const span = whole ? { t0: 0, t1: durationUs } : randomSpan(next, durationUs);
  const seriesMs = lookAt(reader, ids.slice(0, 1), span);
  const viewMs = seriesMs + lookAt(reader, viewOf(ids).slice(1), span);
  const firstPictureMs = spent();
  const firstPictureWallMs = performance.now() - start;
  reader.close();
  const figures: ColdFigures = {
    openMs,
    seriesMs,
    viewMs,
    firstPictureMs,
    firstPictureWallMs,
    peakMiB: peakMiB(),
  };
  console.log(JSON.stringify(figures));
}

const STATUS = '/proc/self/status';

/** Of this process alone: what the kernel tells by `maxRSS` may be what the process that started it held. */
function peakMiB(): number {
  const status = existsSync(STATUS) ? readFileSync(STATUS, 'utf8') : '';
  const [, kib = process.resourceUsage().maxRSS] = /^VmHWM:\s*(\d+)/m.exec(status) ?? [];
  return Number(kib) / 1024;
}
/**
 * Looks in new processes, run as the program is, with the file out of the page cache where `dd` can put it there. `other`: a session that each
 * has looked at before, so that what is left is the session's own cost and not that of compiling.
 */
export function measureCold(
  program: string,
  path: string,
  durationUs: number,
  rounds: number,
  other?: string,
): { readonly figures: ColdFigures[]; readonly isDropped: boolean } {
  let isDropped = true;
  const figures = Array.from({ length: rounds }, (_, seed) => {
    isDropped &&= dropFromCache(path);
    const args = [
      ...process.execArgv,
      program,
      '--look',
      path,
      String(durationUs),
      String(seed),
      ...(other ? [other] : []),
    ];
    return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as ColdFigures;
  });
  return { figures, isDropped };
}

function dropFromCache(path: string): boolean {
  try {
    execFileSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
