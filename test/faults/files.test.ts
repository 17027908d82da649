/**
 * A session file is untrusted, and so is what lies beside it: each hostile thing is refused by a sentence that names it,
 * none hides or holds up the other sessions, and each can be deleted.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowCrc } from '../../src/main/store/row-checks';
import { runCli, runJson, temporaryHome } from '../support/cli';
import { makeEndless } from '../support/endless-file';
import { repository } from '../support/repository';
import { fillUp, freeSpace, mountSmall } from './small-disk';

/** Whoever makes a hostile file makes its checksums as well. */
const SEAL = 'UPDATE meta SET crc = row_crc(key, value)';

/** Each changes a healthy file, by the name it is told by. */
const CHANGES: Readonly<Record<string, readonly [sql: string, told: RegExp]>> = {
  view: ['DROP TABLE warning; CREATE VIEW warning AS SELECT 1 AS seq, 2 AS text', /view "warning"/],
  endless: [
    'DROP TABLE note; CREATE VIEW note AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS seq, x AS t, x AS text, x AS created FROM n',
    /view "note"/,
  ],
  trigger: [
    "CREATE TRIGGER spring AFTER INSERT ON meta BEGIN DELETE FROM chunk; END; DELETE FROM meta WHERE key = 'result'",
    /trigger "spring"/,
  ],
  table: ['CREATE TABLE stowaway (x)', /table "stowaway"/],
  index: ['CREATE INDEX odd ON log (abs(t))', /index "odd"/],
  lacking: ['DROP TABLE gap', /lacks/],
  deep: [
    `UPDATE meta SET value = '${'['.repeat(5000)}${']'.repeat(5000)}' WHERE key = 'environment'; ${SEAL}`,
    /JSON|nested/,
  ],
  layers: [
    `UPDATE meta SET value = '{"name":"m","layers":1000000000,"hidden":1,"heads":1}' WHERE key = 'model'; ${SEAL}`,
    /layers/,
  ],
  rank: [
    `INSERT INTO marker VALUES (99, 1, '{"type":"step","event":"begin","t":1,"step":null,"rank":1e300}', 0); UPDATE marker SET crc = row_crc(seq, t, value)`,
    /rank/,
  ],
  kind: [
    `UPDATE meta SET value = '{"name":7}' WHERE key = 'workload'; ${SEAL}`,
    /workload|kind|lacks/,
  ],
};

describe('a library in which strangers left things', () => {
  const home = temporaryHome();
  const library = join(home.dir, 'library');
  const file = (id: string) => join(library, `${id}.plumbline`);
  const things: string[] = [];
  beforeAll(async () => {
    const made = await runCli(['record', '--name', 'healthy', '--', 'true'], home.dir);
    expect(made.code).toBe(0);
    const listed = await runJson<{ sessions: { id: string }[] }>(['list'], home.dir);
    const healthy = file(listed.document.sessions[0]?.id ?? '');
    for (const [name, [sql]] of Object.entries(CHANGES)) {
      copyFileSync(healthy, file(name));
      const db = new Database(file(name));
      db.function('row_crc', { varargs: true }, (...columns) => rowCrc(...(columns as string[])));
      db.exec(sql);
      db.close();
      things.push(name);
    }
    copyFileSync(healthy, file('unending'));
    const unending = new Database(file('unending'));
    unending.exec(
      "DELETE FROM meta WHERE key = 'result'; INSERT INTO tail VALUES (1, 1, 1, 1, 0, x'00')",
    );
    unending.close();
    makeEndless(file('unending'), 'tail');
    mkdirSync(file('folder'));
    writeFileSync(join(file('folder'), 'x'), '');
    symlinkSync(file('loop'), file('loop'));
    symlinkSync('/dev/zero', file('device'));
    execFileSync('mkfifo', [file('pipe')]);
    copyFileSync(healthy, file('log-pipe'));
    execFileSync('mkfifo', [`${file('log-pipe')}-wal`]);
    writeFileSync(file('random'), Buffer.alloc(20_000, 7));
    writeFileSync(file('empty'), '');
    things.push('unending', 'folder', 'loop', 'device', 'pipe', 'log-pipe', 'random', 'empty');
  });
  afterAll(() => home.dispose());

  it('lists what is whole, and names each of the others', async () => {
    const began = Date.now();
    const { code, document } = await runJson<{
      sessions: { name: string }[];
      damaged: { path: string; message: string }[];
    }>(['list'], home.dir);
    expect(code).toBe(0);
    expect(Date.now() - began).toBeLessThan(20_000);
    expect(document.sessions.map(({ name }) => name)).toContain('healthy');
    const told = document.damaged.map(({ path }) => path);
    for (const thing of things.filter((name) => !['deep', 'layers', 'kind', 'rank'].includes(name)))
      expect(told, thing).toContain(file(thing));
    for (const { message } of document.damaged) expect(message).not.toMatch(/delete/i);
  });

  it.each(Object.entries(CHANGES))(
    'refuses the %s by its name, and changes nothing',
    async (name, [, told]) => {
      const before = readFileSync(file(name));
      const { code, document } = await runJson<{ error: { code: string; message: string } }>(
        ['show', name],
        home.dir,
      );
      expect(code).toBe(2);
      expect(document.error.message).toMatch(told);
      expect(readFileSync(file(name)).equals(before)).toBe(true);
    },
  );

  it('deletes what cannot be opened, and nothing that it leads to', async () => {
    const { code } = await runCli(['delete', ...things], home.dir);
    expect(code).toBe(0);
    for (const thing of things)
      expect(lstatSync(file(thing), { throwIfNoEntry: false }), thing).toBeUndefined();
    expect(existsSync('/dev/zero')).toBe(true);
  });
});

describe('a session that a killed recorder left, on a full disk', () => {
  it('is listed and shown, and never called damaged', async () => {
    const home = temporaryHome();
    const library = join(home.dir, 'library');
    const unmount = mountSmall(library, 8 * 2 ** 20);
    try {
      if (unmount === null) return;
      const script = `
        import Database from ${JSON.stringify(join(repository, 'node_modules/better-sqlite3/lib/index.js'))};
        import { readdirSync } from 'node:fs';
        const file = process.argv[1] + '/' + readdirSync(process.argv[1]).find((name) => name.endsWith('.plumbline'));
        const db = new Database(file);
        db.pragma('journal_mode = WAL');
        db.exec("DELETE FROM meta WHERE key = 'result'; INSERT INTO log VALUES (99, 9, 'stdout', 'last words', ${rowCrc(99, 9, 'stdout', 'last words')})");
        process.kill(process.pid, 'SIGKILL');`;
      expect((await runCli(['record', '--', 'true'], home.dir)).code).toBe(0);
      try {
        execFileSync(process.execPath, ['--input-type=module', '-e', script, library]);
      } catch {
        // Killed, as it asked.
      }
      fillUp(library);
      const listed = await runJson<{
        sessions: { id: string; status: string }[];
        damaged: unknown[];
      }>(['list'], home.dir);
      expect(listed.code).toBe(0);
      expect(listed.document).toMatchObject({ sessions: [{ status: 'recovered' }], damaged: [] });
      const id = listed.document.sessions[0]?.id ?? '';
      const shown = await runCli(['export', id, '--format', 'json', '--out', '-'], home.dir);
      expect(shown.stderr).toBe('');
      expect(shown.stdout).toContain('last words');
      freeSpace(library);
      expect((await runJson<{ status: string }>(['show', id], home.dir)).document.status).toBe(
        'recovered',
      );
    } finally {
      unmount?.();
      home.dispose();
    }
  });
});
