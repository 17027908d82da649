/**
 * Programs killed (SIGKILL) at moments drawn by chance, while they record, seal chunks, take in a file, index a
 * library or export. Afterwards: what was measured more than a second before is there and is what it was, the file
 * passes every check, no process is left, and no other file has changed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLibrary } from '../../src/main/store/library';
import { checkSession } from '../../src/main/store/open-database';
import { openSession } from '../../src/main/store/session-file';
import { EVER } from '../../src/shared/trace/series';
import { createChance } from '../fuzz/mutate';
import { pidsWithEnvironment, temporaryHome, until } from '../support/cli';
import { repository } from '../support/repository';
import { pause, quantile, say } from './report';
import { SERIES, TICK_US, valueAt } from './victims';

const MAX_LOST_MS = 1000;
/** Sessions in the library whose index is made while its maker is killed. */
const INDEXED = 200;
const oldSession = join(repository, 'test', 'fixtures', 'sessions', 'v1.plumbline');

/** One kill: `moment` in [0, 1) says when. Returns what was lost in ms, where that can be said. Throws what is broken. */
type Kill = (folder: string, moment: number) => Promise<number | null>;

const KILLS: Readonly<Record<string, Kill>> = { record, write, copy, list, export: exportCsv };

export async function soakKills(count: number, seed: number): Promise<string[]> {
  const chance = createChance(seed);
  const faults: string[] = [];
  const kinds = Object.entries(KILLS);
  for (const [kind, kill] of kinds) {
    const lost: number[] = [];
    const times = Math.ceil(count / kinds.length);
    for (let i = 0; i < times; i++) {
      const home = temporaryHome();
      const moment = chance.whole(1e6) / 1e6;
      try {
        const ms = await kill(home.dir, moment);
        if (ms !== null) lost.push(ms);
      } catch (error) {
        faults.push(`${kind} at ${moment}: ${(error as Error).message}`);
      }
      home.dispose();
    }
    const worst =
      lost.length === 0
        ? []
        : [`lost ${quantile(lost, 0.5).toFixed(0)} ms, at most ${Math.max(...lost).toFixed(0)} ms`];
    say(`kills: ${kind}`.padEnd(16), `${times} times`, ...worst);
  }
  return faults;
}

/** The recorder itself, with a workload that would go on. */
async function record(folder: string, moment: number): Promise<number | null> {
  const other = bystander(folder);
  const word = `soak-${process.pid}-${Math.random()}`;
  const recorder = spawn(
    process.execPath,
    [
      join(repository, 'bin', 'host.mjs'),
      'record',
      '--interval',
      '5',
      '--',
      process.execPath,
      '-e',
      'setInterval(() => {}, 1e3)',
    ],
    { env: { ...process.env, PLUMBLINE_HOME: folder, PLUMBLINE_SOAK: word }, stdio: 'ignore' },
  );
  await until(() => sessions(folder).length === 2, 'the recording to begin');
  await pause(200 + moment * 4000);
  const at = await killed(recorder);
  await until(async () => (await pidsWithEnvironment(word)).length === 0, 'the workload to end');
  const path = sessions(folder).find((name) => name !== other.name)!;
  using session = openSession(join(folder, path));
  expect(session.result.status === 'recovered', `it is ${session.result.status}`);
  checkSession(session.path);
  other.check();
  return within(at - Date.parse(session.header.startedAt ?? '') - session.result.durationUs / 1000);
}

/** A writer that seals a chunk of every series twice a second. */
async function write(folder: string, moment: number): Promise<number> {
  const other = bystander(folder);
  const writer = victim('write', folder, 'written');
  const began = Number(await firstLine(writer));
  await pause(moment * 3000);
  const at = await killed(writer);
  using session = openSession(join(folder, 'written.plumbline'));
  checkSession(session.path);
  const ends: number[] = [];
  const declared = new Set(session.series().map(({ id }) => id));
  for (let index = 0; index < SERIES; index++) {
    if (!declared.has(`s${index}`)) {
      ends.push(0); // It died before its first commit.
      continue;
    }
    const { times, values, lost } = session.samples(`s${index}`, EVER);
    expect(lost.length === 0, `s${index} has a chunk that cannot be read`);
    for (let tick = 0; tick < times.length; tick++)
      expect(
        times[tick] === tick * TICK_US && values[tick] === valueAt(index, tick),
        `s${index} holds ${values[tick]} at ${times[tick]} µs`,
      );
    // What the levels say is what the samples say.
    const highest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const summary = session.summarize(`s${index}`);
    expect((summary?.count ?? 0) === times.length, `s${index} counts ${summary?.count}`);
    expect(times.length === 0 || summary?.max === highest, `s${index} peaks at ${summary?.max}`);
    ends.push(times.at(-1) ?? 0);
  }
  other.check();
  return within(at - began - Math.min(...ends) / 1000);
}

/** A file of an older format on its way into the library. */
async function copy(folder: string, moment: number): Promise<null> {
  const other = bystander(folder);
  const source = digest(oldSession);
  const copier = victim('copy', folder, oldSession);
  await pause(100 + moment * 400);
  await killed(copier);
  expect(digest(oldSession) === source, 'the file it was made from has changed');
  const { sessions: listed, damaged } = openLibrary(folder).list();
  expect(damaged.length === 0, `the list names ${damaged[0]?.path} as damaged`);
  for (const { id } of listed) checkSession(join(folder, `${id}.plumbline`));
  other.check();
  return null;
}

/** A library whose index is being made. */
async function list(folder: string, moment: number): Promise<null> {
  for (let i = 0; i < INDEXED; i++) copyFileSync(oldSession, join(folder, `s${i}.plumbline`));
  const lister = victim('list', folder, '');
  await pause(100 + moment * 500);
  await killed(lister);
  const { sessions: listed, damaged } = openLibrary(folder).list();
  expect(damaged.length === 0 && listed.length === INDEXED, `${listed.length} are listed`);
  return null;
}

/** A file that is being written for a person: there whole, or not at all. */
async function exportCsv(folder: string, moment: number): Promise<null> {
  const whole = join(folder, 'whole.csv');
  const out = join(folder, 'out.csv');
  copyFileSync(oldSession, join(folder, 'old.plumbline'));
  await exited(exporting(folder, whole));
  const exporter = exporting(folder, out);
  await pause(100 + moment * 900);
  await killed(exporter);
  if (existsSync(out)) expect(digest(out) === digest(whole), 'half a file has its name');
  return null;
}

const exporting = (folder: string, out: string): ChildProcess =>
  spawn(
    process.execPath,
    [join(repository, 'bin', 'host.mjs'), 'export', 'old', '--format', 'csv', '--out', out],
    {
      env: { ...process.env, PLUMBLINE_HOME: folder },
      stdio: 'ignore',
    },
  );

const victim = (...words: readonly string[]): ChildProcess =>
  spawn(process.execPath, [process.argv[1] ?? '', 'victim', ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

/** A session that nobody has to do with. */
function bystander(folder: string): { readonly name: string; check(): void } {
  mkdirSync(folder, { recursive: true });
  const name = 'bystander.plumbline';
  copyFileSync(oldSession, join(folder, name));
  const before = digest(join(folder, name));
  return {
    name,
    check: () => expect(digest(join(folder, name)) === before, 'another session has changed'),
  };
}

const sessions = (folder: string): string[] =>
  readdirSync(folder).filter((name) => name.endsWith('.plumbline') && !name.startsWith('.'));
const digest = (path: string): string =>
  createHash('sha256').update(readFileSync(path)).digest('hex');

/** When it was killed, ms since 1970; resolves when it is gone. */
async function killed(child: ChildProcess): Promise<number> {
  const at = Date.now();
  child.kill('SIGKILL');
  await exited(child);
  return at;
}

const exited = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });

const firstLine = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => child.stdout?.once('data', (text) => resolve(String(text))));

function within(lostMs: number): number {
  expect(lostMs <= MAX_LOST_MS, `${lostMs.toFixed(0)} ms were lost`);
  return lostMs;
}

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
