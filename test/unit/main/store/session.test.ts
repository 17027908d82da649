import { type ChildProcess, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLibrary } from '../../../../src/main/store/library';
import { sealed } from '../../../../src/main/store/row-checks';
import { SCHEMA_VERSION } from '../../../../src/main/store/schema';
import {
  createSession,
  openSession,
  renameSession,
  type SessionReader,
} from '../../../../src/main/store/session-file';
import { upgradeSession } from '../../../../src/main/store/upgrade';
import { repository } from '../../../support/repository';
import { plainInfo as info, plainHeader } from '../../../support/session-header';

const header = plainHeader('20261123-1204-x7k2');
const ended = { status: 'complete', exitCode: 0, signal: null, durationUs: 1_000_000 } as const;

let dir: string;
const opened: { close(): void }[] = [];
const children: ChildProcess[] = [];
const own = <T extends { close(): void }>(one: T): T => {
  opened.push(one);
  return one;
};
const open = (path: string): SessionReader => own(openSession(path));
const failing = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  return 'no error';
};

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'plumbline-store-'));
});
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** A finished session of one series with the given samples; returns its path. */
function recorded(count = 2500): string {
  const writer = own(createSession(dir, header));
  writer.declareSeries(info('a'));
  for (let i = 0; i < count; i++) writer.append('a', i * 100, i % 7);
  writer.finish(ended);
  writer.close();
  return writer.path;
}

describe('a session file', () => {
  it('loses no sample to a clock that stands still or steps back', () => {
    const writer = own(createSession(dir, header));
    writer.declareSeries(info('a'));
    const kept = [10, 10, 4, 20].map((t, i) => writer.append('a', t, i));
    expect(kept).toEqual([10, 11, 12, 20]);
    writer.finish(ended);
    writer.close();
    const { times, values } = open(writer.path).readSeries('a');
    expect([...times]).toEqual(kept);
    expect([...values]).toEqual([0, 1, 2, 3]);
  });

  it('gives back every sample, gap, marker, log, warning and document, and is one file', () => {
    const next = random(11);
    const writer = own(createSession(dir, header));
    const expected = new Map<string, [number[], number[]]>();
    for (const id of ['a', 'b', 'c']) {
      writer.declareSeries(info(id));
      expected.set(id, [[], []]);
    }
    for (let i = 0; i < 9000; i++) {
      const id = 'abc'[Math.floor(next() ** 2 * 3)]!;
      const [times, values] = expected.get(id)!;
      const t = i * 1000 + Math.floor(next() * 900);
      const value = Math.floor(next() * 2 ** 37);
      times.push(t);
      values.push(value);
      expect(writer.append(id, t, value)).toBe(t);
      if (i % 1237 === 0) writer.flush();
    }
    writer.gap('b', 5, 9, 'lost');
    writer.gap('b', 5, 12, 'lost');
    const marker = {
      type: 'phase',
      event: 'begin',
      name: 'forward',
      t: 3,
      step: 1,
      rank: 0,
    } as const;
    writer.marker(marker);
    writer.log({ t: 4, stream: 'stderr', text: 'hä?\n' });
    writer.warn('nvidia-smi was lost.');
    writer.warn('nvidia-smi was lost.');
    writer.setMeta('environment', { ...header.environment, cores: 9 });
    writer.setMeta('clock', { offsetUs: 3 });
    writer.finish(ended);
    writer.close();

    expect(readdirSync(dir)).toEqual([`${header.id}.plumbline`]);
    const reader = open(writer.path);
    expect(reader.header).toEqual({ ...header, environment: { ...header.environment, cores: 9 } });
    expect(reader.result).toEqual(ended);
    expect(reader.meta('clock')).toEqual({ offsetUs: 3 });
    for (const [id, [times, values]] of expected) {
      const data = reader.readSeries(id);
      expect(data.info).toEqual(info(id));
      expect([...data.times]).toEqual(times);
      expect([...data.values]).toEqual(values);
      const peak = Math.max(...values);
      const stats = reader.series().find((one) => one.id === id)!;
      expect(stats).toMatchObject({
        count: values.length,
        min: Math.min(...values),
        max: peak,
        peak: { value: peak, t: times[values.indexOf(peak)] },
      });
      expect(stats.mean).toBeCloseTo(
        values.reduce((sum, v) => sum + v / values.length, 0),
        0,
      );
    }
    expect(reader.gaps()).toEqual([{ t0: 5, t1: 12, reason: 'lost', series: 'b' }]);
    expect(reader.readSeries('b').gaps).toEqual([{ t0: 5, t1: 12, reason: 'lost' }]);
    expect(reader.markers()).toEqual([marker]);
    expect(reader.logs()).toEqual([{ t: 4, stream: 'stderr', text: 'hä?\n' }]);
    expect(reader.warnings()).toEqual(['nvidia-smi was lost.']);
    expect(failing(() => reader.readSeries('d'))).toMatchObject({
      code: 'not_found',
      remedy: 'Its series are: a, b, c.',
    });
  });

  it('has each phase once, where its end could be written only when it was tried again', () => {
    const writer = own(createSession(dir, header));
    for (const [t, event] of [
      [0, 'begin'],
      [9, 'end'],
    ] as const)
      writer.marker({ type: 'phase', event, name: 'forward', t, step: 1, rank: 0 });
    writer.flush();
    const other = new Database(writer.path);
    other.exec('BEGIN IMMEDIATE');
    expect(() => writer.finish(ended)).toThrow();
    other.close();
    writer.finish(ended);
    writer.close();
    expect(open(writer.path).phasesIn({ t0: 0, t1: 10 }, { limit: 10 }).rows).toHaveLength(1);
  });

  it('keeps a series without samples, as count 0 and no figures', () => {
    const writer = own(createSession(dir, header));
    writer.declareSeries(info('empty'));
    writer.finish(ended);
    writer.close();
    const reader = open(writer.path);
    expect(reader.series()).toEqual([
      { ...info('empty'), count: 0, min: null, max: null, mean: null, peak: null },
    ]);
    expect(reader.readSeries('empty').values.length).toBe(0);
  });

  it('refuses a sample that is no number, or of a series nobody declared', () => {
    const writer = own(createSession(dir, header));
    writer.declareSeries(info('a'));
    expect(() => writer.append('a', 0, Number.NaN)).toThrow(RangeError);
    expect(() => writer.append('a', Number.POSITIVE_INFINITY, 0)).toThrow(RangeError);
    expect(() => writer.append('b', 0, 1)).toThrow(RangeError);
  });

  it('can be read while it is written, and shows more each time', () => {
    const writer = own(createSession(dir, header));
    writer.declareSeries(info('a'));
    for (let i = 0; i < 1500; i++) writer.append('a', i, i);
    writer.flush();
    const reader = open(writer.path);
    expect(reader.result).toMatchObject({ status: 'recording', durationUs: 1499 });
    expect(reader.readSeries('a').values.length).toBe(1500);
    for (let i = 1500; i < 1600; i++) writer.append('a', i, i);
    writer.flush();
    expect(reader.readSeries('a').values.length).toBe(1600);
    writer.finish(ended);
    writer.close();
    expect(reader.readSeries('a').values.at(-1)).toBe(1599);
    reader.close();
    open(writer.path).close();
    expect(readdirSync(dir)).toEqual([`${header.id}.plumbline`]);
  });

  it('writes by itself what it was given, without being told to', async () => {
    const writer = own(createSession(dir, header));
    writer.declareSeries(info('a'));
    writer.append('a', 0, 42);
    const reader = open(writer.path);
    await expect
      .poll(() => reader.series().map(({ count }) => count), { timeout: 10_000 })
      .toEqual([1]);
  });

  it('opens as recovered when it was closed without an end', () => {
    const writer = own(createSession(dir, header));
    writer.declareSeries(info('a'));
    writer.append('a', 77, 1);
    writer.close();
    expect(open(writer.path).result).toEqual({
      status: 'recovered',
      exitCode: null,
      signal: null,
      durationUs: 77,
    });
  });

  it('refuses to take the place of another session', () => {
    recorded();
    expect(failing(() => createSession(dir, header))).toMatchObject({ code: 'bad_input' });
  });

  it('lets a name and notes change without touching a measurement', () => {
    const path = recorded();
    const before = open(path).readSeries('a');
    const chunks = () => {
      const db = own(new Database(path, { readonly: true }));
      return db.prepare('SELECT * FROM chunk').all();
    };
    const stored = chunks();
    renameSession(path, '  second thoughts ');
    const notes = own(new Database(path));
    notes
      .prepare('INSERT INTO note VALUES (?, ?, ?, ?, ?)')
      .run(...sealed(1, null, 'on the whole fine', '2026-11-23'));
    const reader = open(path);
    expect(reader.header.name).toBe('second thoughts');
    expect(reader.notes()).toMatchObject([{ t: null, text: 'on the whole fine' }]);
    expect(reader.readSeries('a')).toEqual(before);
    expect(chunks()).toEqual(stored);
    expect(failing(() => renameSession(path, '  '))).toMatchObject({ code: 'bad_input' });
  });
});

describe('a recorder that is killed', () => {
  it('leaves a session that opens as recovered, with all but the last second', async () => {
    const module = (path: string) =>
      JSON.stringify(pathToFileURL(join(repository, 'src', path)).href);
    const hooks = join(dir, 'hooks.mjs');
    const script = join(dir, 'recorder.mjs');
    const library = join(dir, 'library');
    // The sources import each other without extensions, which Node alone does not resolve.
    writeFileSync(
      hooks,
      `import { registerHooks } from 'node:module';
      registerHooks({ resolve(name, context, next) {
        try { return next(name, context); } catch (error) { if (!name.startsWith('.')) throw error; return next(name + '.ts', context); }
      } });`,
    );
    writeFileSync(
      script,
      `import { createSession } from ${module('main/store/session-file.ts')};
      const writer = createSession(${JSON.stringify(library)}, ${JSON.stringify(header)});
      writer.declareSeries(${JSON.stringify(info('a'))});
      const started = performance.now();
      let i = 0;
      setInterval(() => { writer.append('a', Math.round((performance.now() - started) * 1000), i++); process.stdout.write(i + '\\n'); }, 2);`,
    );
    const child = spawn(
      process.execPath,
      [
        '--experimental-transform-types',
        '--disable-warning=ExperimentalWarning',
        '--import',
        pathToFileURL(hooks).href,
        script,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    children.push(child);
    let appended = 0;
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      appended = Number(text.trimEnd().split('\n').at(-1));
    });
    await expect.poll(() => appended, { timeout: 30_000 }).toBeGreaterThan(600);
    const path = join(library, `${header.id}.plumbline`);
    const live = open(path);
    expect(live.result.status).toBe('recording');
    live.close();
    const gone = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await gone;

    // A mere listing makes one file of what the killed recorder left.
    expect(readdirSync(library).length).toBeGreaterThan(1);
    expect(openLibrary(library).list().sessions).toMatchObject([
      { id: header.id, status: 'recovered' },
    ]);
    expect(readdirSync(library)).toEqual([`${header.id}.plumbline`]);
    const reader = open(path);
    const { times, values } = reader.readSeries('a');
    expect(reader.result).toEqual({
      status: 'recovered',
      exitCode: null,
      signal: null,
      durationUs: times.at(-1),
    });
    // What was announced later than the last stored sample is lost: less than a second of it, at one sample each 2 ms.
    expect(values.length).toBeGreaterThan(0);
    expect(appended - values.length).toBeLessThan(500);
    expect([...values]).toEqual(Array.from(values, (_, i) => i));
    reader.close();
    expect(open(path).result.status).toBe('recovered');
  });

  it('is told from another process that was given its pid', () => {
    const writer = own(createSession(dir, header));
    writer.declareSeries(info('a'));
    writer.append('a', 5, 1);
    writer.setMeta('recorder', { pid: process.pid, started: 'another boot:1', host: 'elsewhere' });
    writer.flush();
    const reader = open(writer.path);
    expect(reader.result.status).toBe('recovered');
    reader.close();
    // Whoever still holds the file can go on: nothing was taken from under it.
    writer.append('a', 6, 2);
    writer.finish(ended);
    writer.close();
    expect(open(writer.path).result).toEqual(ended);
  });
});

describe('a file that is not as it should be', () => {
  const unchanged = (path: string, code: string, message: RegExp) => {
    const before = readFileSync(path);
    const failure = failing(() => {
      const reader = open(path);
      for (const { id } of reader.series()) reader.readSeries(id);
    });
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(readFileSync(path).equals(before)).toBe(true);
  };

  it('is called damaged when its tail is missing', () => {
    const path = recorded();
    truncateSync(path, 20_000);
    unchanged(path, 'corrupt', /^The session file 20261123-1204-x7k2\.plumbline is damaged: /);
  });

  it('is called damaged when it is empty or overwritten', () => {
    const path = recorded();
    truncateSync(path, 0);
    unchanged(path, 'corrupt', /it is empty/);
    writeFileSync(path, 'not a database at all '.repeat(100));
    unchanged(path, 'corrupt', /is damaged/);
  });

  it('shows the rest where bits of a chunk have flipped, and a gap with its reason in their place', () => {
    const path = recorded(10_000);
    const db = new Database(path);
    db.prepare(
      'UPDATE chunk SET data = zeroblob(length(data)) WHERE level = 0 AND i0 = 4096',
    ).run();
    db.close();
    const reader = open(path);
    const { times, gaps } = reader.readSeries('a');
    const lost = { t0: 409_600, t1: 819_100, reason: 'damaged' };
    expect(gaps).toEqual([lost]);
    expect([...times]).toEqual(
      Array.from({ length: 10_000 }, (_, i) => i * 100).filter((t) => t < lost.t0 || t > lost.t1),
    );
    const { times: drawn, values } = reader.envelope('a', { t0: 0, t1: 1_000_000 }, 100_000);
    expect(drawn.length).toBe(times.length + 1);
    expect(drawn[values.findIndex(Number.isNaN)]).toBeGreaterThan(lost.t0);
  });

  it('is called damaged when a document in it is no JSON or lacks what it must have', () => {
    for (const value of ['{', '{"id":7}']) {
      const path = recorded();
      const db = new Database(path);
      db.prepare("UPDATE meta SET value = ? WHERE key = 'identity'").run(value);
      db.close();
      unchanged(path, 'corrupt', /a document in it/);
      rmSync(path);
    }
  });

  it('is refused when it is newer than the program', () => {
    const path = recorded();
    const db = new Database(path);
    db.pragma('user_version = 99');
    db.close();
    const words = `has format 99; this Plumbline knows formats up to ${SCHEMA_VERSION}`;
    unchanged(path, 'newer_format', new RegExp(words));
  });

  it('is refused when it is not of Plumbline', () => {
    const text = join(dir, 'notes.txt');
    writeFileSync(text, 'buy milk\n'.repeat(1000));
    unchanged(text, 'bad_input', /^notes\.txt is not a Plumbline session file\.$/);
    const path = join(dir, 'other.plumbline');
    const db = new Database(path);
    db.exec('CREATE TABLE t (x)');
    db.close();
    unchanged(path, 'bad_input', /is not a Plumbline session file/);
  });

  it('is called missing when it is missing, and not created', () => {
    const path = join(dir, 'nowhere.plumbline');
    expect(failing(() => openSession(path))).toMatchObject({ code: 'not_found' });
    expect(existsSync(path)).toBe(false);
  });

  it('cannot be made in a folder that cannot be', () => {
    writeFileSync(join(dir, 'file'), '');
    expect(failing(() => createSession(join(dir, 'file', 'sub'), header))).toMatchObject({
      code: 'unwritable',
    });
  });
});

/** Everything a session holds. */
function described(reader: SessionReader) {
  const series = reader.series().map((one) => {
    const { times, values, gaps } = reader.readSeries(one.id);
    return { ...one, times: [...times], values: [...values], gaps };
  });
  return {
    header: reader.header,
    result: reader.result,
    summary: reader.summary,
    series,
    markers: reader.markers(),
    logs: reader.logs(),
    warnings: reader.warnings(),
    notes: reader.notes(),
  };
}

describe('past formats', () => {
  const fixtures = join(repository, 'test/fixtures/sessions');

  it.each([1, 2])('a session of format %i opens as it was recorded', (version) => {
    const expected = JSON.parse(readFileSync(join(fixtures, `v${version}.expected.json`), 'utf8'));
    mkdirSync(join(dir, 'copy'));
    const path = join(dir, 'copy', `v${version}.plumbline`);
    copyFileSync(join(fixtures, `v${version}.plumbline`), path);
    const reader = open(path);
    expect(described(reader)).toEqual(expected);
  });

  it.each(['v1', 'v2'])(
    '%s is upgraded in a file beside it, which takes its place when it holds the same',
    (name) => {
      const expected = JSON.parse(readFileSync(join(fixtures, `${name}.expected.json`), 'utf8'));
      const path = join(dir, `${name}.plumbline`);
      copyFileSync(join(fixtures, `${name}.plumbline`), path);
      const before = readFileSync(path);
      renameSession(path, 'by another name');
      expect(open(path).header.name).toBe('by another name');
      expect(openLibrary(dir).list().sessions).toMatchObject([{ name: 'by another name' }]);
      expect(readFileSync(path).equals(before)).toBe(true);

      expect(upgradeSession(path)).toBe(true);
      expect(upgradeSession(path)).toBe(false);
      expect(readdirSync(dir).filter((file) => file.includes(name))).toEqual([`${name}.plumbline`]);
      const db = own(new Database(path, { readonly: true }));
      expect(db.pragma('user_version', { simple: true })).toBe(SCHEMA_VERSION);
      const found = described(open(path));
      expect(found).toEqual({
        ...expected,
        header: { ...expected.header, name: 'by another name' },
        series: expected.series.map((series: { mean: number }) => ({
          ...series,
          mean: expect.closeTo(series.mean, 3),
        })),
      });
    },
  );

  it('are left as they are where a part of them cannot be carried over', () => {
    const path = join(dir, 'v1.plumbline');
    copyFileSync(join(fixtures, 'v1.plumbline'), path);
    const db = new Database(path);
    db.prepare('UPDATE chunk SET data = zeroblob(length(data)) WHERE seq = 0').run();
    db.close();
    const before = readFileSync(path);
    expect(failing(() => upgradeSession(path))).toMatchObject({ code: 'corrupt' });
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(dir)).toEqual(['v1.plumbline']);
  });
});
