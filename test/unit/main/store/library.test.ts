import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLibrary } from '../../../../src/main/store/library';
import { LibraryIndex } from '../../../../src/main/store/library-index';
import { libraryFolder } from '../../../../src/main/store/library-place';
import { copySession } from '../../../../src/main/store/session-copy';
import { readSession } from '../../../../src/main/store/session-data';
import {
  createSession,
  openSession,
  type SessionWriter,
} from '../../../../src/main/store/session-file';
import { storeDocument } from '../../../../src/main/store/session-meta';
import { Trash } from '../../../../src/main/store/trash';
import { upgradeSession } from '../../../../src/main/store/upgrade';
import type { SessionSummary } from '../../../../src/shared/session/types';

import { repository } from '../../../support/repository';
import { plainHeader } from '../../../support/session-header';

const oldSession = join(repository, 'test/fixtures/sessions/v1.plumbline');
let dir: string;
const writers: SessionWriter[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'plumbline-library-'));
});
afterEach(() => {
  for (const writer of writers.splice(0)) writer.close();
  rmSync(dir, { recursive: true, force: true });
});

function recording(
  id: string,
  startedAt: string | null = '2026-11-23T12:04:00.000Z',
): SessionWriter {
  const header = { ...plainHeader(id), name: `name of ${id}`, startedAt, simulated: true };
  const writer = createSession(dir, header);
  writers.push(writer);
  return writer;
}
function recorded(id: string, startedAt?: string | null): void {
  const writer = recording(id, startedAt);
  writer.finish({ status: 'failed', exitCode: 3, signal: null, durationUs: 500 });
  writer.close();
}
const ids = () =>
  openLibrary(dir)
    .list()
    .sessions.map(({ id }) => id);
const failing = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  return 'no error';
};
const summary: SessionSummary = {
  id: 'a',
  name: 'old name',
  status: 'failed',
  startedAt: '2026-11-23T12:04:00.000Z',
  durationUs: 500,
  model: 'gpt2',
  mode: 'train',
  measuredPeak: 1000,
  predictedPeak: 990,
  residualPercent: 1.01,
  simulated: true,
};

describe('the library', () => {
  it('lists sessions newest first, by the moment and not by the letters of their times', () => {
    recorded('b', '2026-11-23T12:00:00.000Z');
    recorded('a', '2026-11-23T13:30:00.000+02:00');
    recorded('c', '2026-11-24T00:00:00.000Z');
    expect(ids()).toEqual(['c', 'b', 'a']);
    expect(openLibrary(dir).list().sessions[0]).toEqual({
      id: 'c',
      name: 'name of c',
      status: 'failed',
      startedAt: '2026-11-24T00:00:00.000Z',
      durationUs: 500,
      model: null,
      mode: null,
      measuredPeak: null,
      predictedPeak: null,
      residualPercent: null,
      simulated: true,
    });
  });

  it('lists by when sessions were added; a copy was added when it was copied, and a start may be unknown', () => {
    recorded('old', '2020-01-01T00:00:00.000Z');
    recorded('later', '2021-01-01T00:00:00.000Z');
    recorded('unknown', null);
    const library = openLibrary(dir);
    const outside = join(dir, 'outside');
    renameSync(library.locate('old'), outside);
    const copied = copySession(library, outside);
    expect(ids()).toEqual([copied, 'unknown', 'later']);
    const [added, unknown] = library.list().sessions;
    expect(added?.startedAt).toBe('2020-01-01T00:00:00.000Z');
    expect(Date.parse(added?.addedAt ?? '')).toBeGreaterThan(Date.parse('2026-01-01'));
    expect(unknown?.startedAt).toBeNull();
  });

  it('shows the summary the engine stored, in any copy of the file, with the name a person gave later', () => {
    recorded('a');
    const library = openLibrary(dir);
    library.list();
    const db = new Database(library.locate('a'));
    storeDocument(db, 'summary', summary);
    db.close();
    library.rename('a', 'new name');
    expect(library.list().sessions).toEqual([{ ...summary, name: 'new name' }]);
    copyFileSync(library.locate('a'), join(dir, 'copied.plumbline'));
    expect(library.list().sessions.map(({ id, measuredPeak }) => [id, measuredPeak])).toEqual([
      ['copied', 1000],
      ['a', 1000],
    ]);
  });

  it('rebuilds its index whenever it is missing, stale or damaged', () => {
    recorded('a');
    recorded('b');
    const index = join(dir, 'index.db');
    for (const id of ['a', 'b']) utimesSync(join(dir, `${id}.plumbline`), 1, 1);
    const before = openLibrary(dir).list();
    expect(existsSync(index)).toBe(true);
    const sound = readFileSync(index);
    const other = new Database(':memory:');
    other.exec('CREATE TABLE entry (file TEXT); PRAGMA user_version = 99');
    const lying = Buffer.from(sound);
    lying.write('Name of a', lying.indexOf('name of a'));
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from('nonsense'),
      other.serialize(),
      sound.subarray(0, sound.length / 2),
      lying,
    ]) {
      writeFileSync(index, bytes);
      expect(openLibrary(dir).list()).toEqual(before);
      expect(openLibrary(dir).list()).toEqual(before);
    }
    rmSync(index);
    expect(openLibrary(dir).list()).toEqual(before);
    // What it says of a file that has changed since is not believed.
    writeFileSync(index, sound);
    openLibrary(dir).rename('a', 'other');
    expect(
      openLibrary(dir)
        .list()
        .sessions.map(({ name }) => name),
    ).toEqual(['name of b', 'other']);
    rmSync(join(dir, 'a.plumbline'));
    expect(ids()).toEqual(['b']);
  });

  it('sees what another program does to its files: added, gone, renamed, written over', () => {
    for (const id of ['a', 'b', 'c']) recorded(id);
    const at = (id: string) => join(dir, `${id}.plumbline`);
    for (const id of ['a', 'b', 'c']) utimesSync(at(id), 1, 1);
    const listed = () =>
      openLibrary(dir)
        .list()
        .sessions.map(({ id, name }) => `${id}: ${name}`);
    expect(listed()).toEqual(['c: name of c', 'b: name of b', 'a: name of a']);
    copyFileSync(at('a'), at('d'));
    renameSync(at('b'), at('e'));
    writeFileSync(at('c'), readFileSync(at('a')));
    expect(listed()).toEqual(['e: name of b', 'd: name of a', 'c: name of a', 'a: name of a']);
    rmSync(at('d'));
    expect(listed()).toEqual(['e: name of b', 'c: name of a', 'a: name of a']);
  });

  it('reads a file once, and not again while nothing happens to it', () => {
    recorded('a');
    const path = join(dir, 'a.plumbline');
    utimesSync(path, 1, 1);
    const before = openLibrary(dir).list();
    // Of the same size and time, so that nothing tells: what is told of it now comes from the index.
    writeFileSync(path, Buffer.alloc(readFileSync(path).length));
    utimesSync(path, 1, 1);
    expect(openLibrary(dir).list()).toEqual(before);
  });

  it('does not remember a file that changed a moment ago: it may change again within one tick', () => {
    recorded('a');
    const [summary] = openLibrary(dir).list().sessions;
    if (summary === undefined) throw new Error('the session is not listed');
    const now = 1_000_000;
    const remembered = (mtimeMs: number) => {
      const stamp = { size: 1, mtimeMs };
      const writing = new LibraryIndex(dir, now);
      writing.set('a.plumbline', stamp, summary);
      writing.close();
      using reading = new LibraryIndex(dir, now);
      return reading.get('a.plumbline', stamp)?.read() ?? null;
    };
    expect(remembered(now - 1)).toBeNull();
    expect(remembered(now - 1000)).toEqual(summary);
  });

  it('lists a damaged or newer file apart, and the others all the same', () => {
    recorded('a');
    recorded('b');
    writeFileSync(join(dir, 'b.plumbline'), 'overwritten');
    writeFileSync(join(dir, 'unrelated.txt'), 'x');
    const { sessions, damaged } = openLibrary(dir).list();
    expect(sessions.map(({ id }) => id)).toEqual(['a']);
    expect(damaged).toEqual([
      { path: join(dir, 'b.plumbline'), message: expect.stringMatching(/b\.plumbline is damaged/) },
    ]);
  });

  it('shows a session that is being recorded, and never remembers it as such', () => {
    const writer = recording('live');
    expect(openLibrary(dir).list().sessions).toMatchObject([{ id: 'live', status: 'recording' }]);
    writer.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: 9 });
    expect(openLibrary(dir).list().sessions).toMatchObject([
      { id: 'live', status: 'complete', durationUs: 9 },
    ]);
    writer.close();
    expect(openLibrary(dir).list().sessions).toMatchObject([
      { id: 'live', status: 'complete', durationUs: 9 },
    ]);
  });

  it('finds a session by the beginning of its id, if there is just one', () => {
    recorded('20261123-1204-aaaa');
    recorded('20261123-1204-abbb');
    recorded('20261123-1204-a');
    const library = openLibrary(dir);
    expect(library.locate('20261123-1204-ab')).toBe(join(dir, '20261123-1204-abbb.plumbline'));
    expect(library.locate('20261123-1204-a')).toBe(join(dir, '20261123-1204-a.plumbline'));
    for (const id of ['2026', 'x', '', '../etc']) {
      expect(failing(() => library.locate(id))).toMatchObject({
        code: 'not_found',
        remedy: expect.stringMatching(/run "plumbline list"/i),
      });
    }
  });

  it('deletes a session with all that lies beside it, a damaged one too, but none that is being recorded', () => {
    recorded('a');
    recorded('b');
    writeFileSync(join(dir, 'b.plumbline'), 'overwritten');
    const writer = recording('live');
    const library = openLibrary(dir);
    library.delete('a');
    library.delete('b');
    expect(failing(() => library.delete('live'))).toMatchObject({
      code: 'bad_input',
      remedy: expect.stringMatching(/stop/i),
    });
    expect(ids()).toEqual(['live']);
    writer.finish({ status: 'interrupted', exitCode: null, signal: 'SIGINT', durationUs: 1 });
    writer.close();
    library.delete('live', true);
    const left = () => readdirSync(dir).filter((file) => !['index.db', 'trash'].includes(file));
    expect(left()).toEqual([]);
    expect(library.trash()).toMatchObject([
      { id: 'b', name: null },
      { id: 'a', name: 'name of a' },
    ]);
    expect(library.restore('a')).toBe('a');
    expect(ids()).toEqual(['a']);
    expect(library.emptyTrash()).toEqual(['b']);
    expect(library.trash()).toEqual([]);
  });

  it('keeps what was deleted for 30 days, and a session that takes its place is not overwritten', () => {
    const trash = new Trash(dir, () => 30);
    const day = (n: number) => new Date(Date.UTC(2026, 0, n, 12));
    for (const [id, n] of [
      ['old', 1],
      ['new', 3],
    ] as const) {
      recorded(id);
      trash.take(join(dir, `${id}.plumbline`), day(n));
    }
    expect(trash.expire(day(31))).toEqual([]);
    expect(trash.expire(day(32))).toEqual(['old']);
    recorded('new');
    expect(failing(() => trash.restore('new'))).toMatchObject({ code: 'bad_input' });
    expect(failing(() => trash.restore('old'))).toMatchObject({ code: 'not_found' });
    expect(trash.list()).toMatchObject([{ id: 'new', deletedOn: '2026-01-03' }]);
  });

  it('finds a session by the end of its id, and the last one by that word', () => {
    recorded('20261123-1204-aaaa');
    recorded('20261123-1205-bbbb');
    const library = openLibrary(dir);
    expect(library.identify('bbbb')).toBe('20261123-1205-bbbb');
    expect(library.identify('last')).toBe(library.list().sessions[0]?.id);
    for (const id of ids()) library.delete(id);
    expect(failing(() => library.identify('last'))).toMatchObject({ code: 'not_found' });
  });

  it('keeps tags and a note beside the measured data, and refuses what is no tag', () => {
    recorded('a');
    const library = openLibrary(dir);
    expect(library.summary('a')).not.toHaveProperty('tags');
    library.annotate('a', { tags: ['paper', '#paper', 'fast'] });
    library.annotate('a', { note: ' the run of the figure ' });
    const [listed] = library.list().sessions;
    expect(listed).toMatchObject({ tags: ['paper', 'fast'], note: 'the run of the figure' });
    for (const tag of ['two words', 'a:b', '', 'x'.repeat(41)])
      expect(
        failing(() => library.annotate('a', { tags: [tag] })),
        tag,
      ).toMatchObject({
        code: 'bad_input',
      });
    library.annotate('a', { tags: [], note: '' });
    expect(library.summary('a')).not.toHaveProperty('note');
  });

  it('lists what was said of a session of an older format, whose file stays as it was, listed before or not', () => {
    const fixture = join(import.meta.dirname, '../../../fixtures/sessions/v1.plumbline');
    for (const id of ['a', 'b']) copyFileSync(fixture, join(dir, `${id}.plumbline`));
    const library = openLibrary(dir);
    const listed = (id: string) => library.list().sessions.find((session) => session.id === id);
    const before = listed('a');
    library.rename('a', 'the first');
    library.annotate('a', { tags: ['paper'] });
    expect(listed('a')).toEqual({ ...before, name: 'the first', tags: ['paper'] });
    expect(listed('a')).toEqual(library.summary('a'));
    expect(listed('b')?.name).toBe(before?.name);
    library.annotate('a', { tags: [] });
    expect(listed('a')).toEqual({ ...before, name: 'the first' });
    library.delete('a');
    expect(library.trash()).toMatchObject([{ id: 'a', name: 'the first' }]);
    library.restore('a');
    expect(listed('a')?.name).toBe('the first');
    expect(readFileSync(join(dir, 'a.plumbline'))).toEqual(readFileSync(fixture));
  });

  it('gives ids that sort by time and are free', () => {
    const library = openLibrary(dir);
    const early = library.newId(new Date('2026-11-23T12:04:59Z'));
    const late = library.newId(new Date('2026-11-23T12:05:00Z'));
    expect(early).toMatch(/^20261123-1204-[0-9a-z]{4}$/);
    expect([late, early].sort()).toEqual([early, late]);
    recorded(early);
    expect(openSession(library.locate(early)).id).toBe(early);
  });

  it.each([
    ['in the file', () => recorded('a')],
    ['beside a file of an older format', () => copyFileSync(oldSession, join(dir, 'a.plumbline'))],
  ])('keeps marked moments %s, and the measured data as it was', (_where, begin) => {
    begin();
    const library = openLibrary(dir);
    const read = () => {
      using reader = library.open('a');
      const { marks = [], ...measured } = readSession(reader);
      return { marks, measured: { markers: measured.markers, logs: measured.logs } };
    };
    for (const { id } of read().marks) library.unmark('a', id);
    const { measured } = read();
    const late = library.mark('a', { id: null, t: 40.4, text: ' the jump ' });
    const early = library.mark('a', { id: null, t: 12, text: 'warm now' });
    expect(late).toMatchObject({ t: 40, text: 'the jump' });
    expect(read().marks).toEqual([early, late]);
    const renamed = library.mark('a', { ...late, text: 'the leak' });
    expect(renamed).toEqual({ ...late, text: 'the leak' });
    library.unmark('a', early.id);
    expect(read().marks).toEqual([renamed]);
    // As undo puts it back.
    expect(library.mark('a', early).id).toBe(early.id);
    for (const draft of [
      { id: null, t: -1, text: 'x' },
      { id: null, t: Number.NaN, text: 'x' },
      { id: null, t: 0, text: ' ' },
      { id: 0, t: 0, text: 'x' },
      { id: null, t: 0, text: 'x'.repeat(501) },
    ])
      expect(failing(() => library.mark('a', draft))).toMatchObject({ code: 'bad_input' });
    expect(read().marks.map(({ text }) => text)).toEqual(['warm now', 'the leak']);
    expect(read().measured).toEqual(measured);
    upgradeSession(library.locate('a'));
    expect(read().marks.map(({ text }) => text)).toEqual(['warm now', 'the leak']);
  });

  it('says so when its folder cannot be made', () => {
    writeFileSync(join(dir, 'file'), '');
    expect(failing(() => openLibrary(join(dir, 'file', 'library')))).toMatchObject({
      code: 'unwritable',
      remedy: expect.stringContaining('PLUMBLINE_HOME'),
    });
  });

  // Node's recursive mkdir turns there for ever.
  it.runIf(existsSync('/proc/self'))('says so in a folder where nothing can be made', () => {
    for (const place of ['/proc/plumbline', '/proc/plumbline/library'])
      expect(failing(() => openLibrary(place))).toMatchObject({ code: 'unwritable' });
  });

  it('lies where the platform keeps such data, unless told otherwise', () => {
    expect(libraryFolder({ PLUMBLINE_HOME: '/data/p' }, 'linux', '/home/me')).toBe('/data/p');
    expect(libraryFolder({}, 'linux', '/home/me')).toBe('/home/me/.local/share/plumbline');
    expect(libraryFolder({ XDG_DATA_HOME: '/xdg' }, 'linux', '/home/me')).toBe('/xdg/plumbline');
    expect(libraryFolder({}, 'darwin', '/Users/me')).toBe(
      '/Users/me/Library/Application Support/Plumbline',
    );
    expect(libraryFolder({ APPDATA: '/roaming' }, 'win32', '/x')).toBe('/roaming/Plumbline');
  });
});
