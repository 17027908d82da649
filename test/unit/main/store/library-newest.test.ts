/** The newest of a library, told without a look at all of it: as the whole list tells them, or not at all. */
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openLibrary } from '../../../../src/main/store/library';
import { lookUpNewest } from '../../../../src/main/store/library-folder';
import { createSession } from '../../../../src/main/store/session-file';
import { plainHeader } from '../../../support/session-header';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'plumbline-newest-'));
  for (let day = 10; day < 30; day++) record(`s${day}`, day);
  settle();
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const at = (id: string) => join(dir, `${id}.plumbline`);
const newest = (most: number) => {
  const found = lookUpNewest(dir, most);
  return found && { ids: found.sessions.map(({ id }) => id), total: found.total };
};

function record(id: string, day: number): void {
  const startedAt = `2026-11-${day}T12:00:00.000Z`;
  const writer = createSession(dir, { ...plainHeader(id), startedAt });
  writer.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: 1 });
  writer.close();
  utimesSync(at(id), 1, 1);
}

/** What changed a moment ago is not remembered: here it all did long ago. */
function settle(): void {
  openLibrary(dir).list();
  utimesSync(dir, 1, 1);
  openLibrary(dir).list();
}

it('are those of the whole list, as many as are asked for', () => {
  const all = openLibrary(dir).list().sessions;
  for (const most of [1, 3, 20, 50]) {
    const found = lookUpNewest(dir, most);
    expect(found).toEqual({ sessions: all.slice(0, most), total: 20 });
  }
  const before = readFileSync(join(dir, 'index.db'));
  newest(3);
  expect(readFileSync(join(dir, 'index.db'))).toEqual(before);
});

it('are not told from memory where a session came, went, changed its name or is being recorded', () => {
  const changes: (() => void)[] = [
    () => record('new', 30),
    () => rmSync(at('s29')),
    () => renameSync(at('s12'), at('other')),
    () => copyFileSync(at('s11'), at('copied')),
    () => writeFileSync(join(dir, 's13.plumbline-wal'), ''),
    () => openLibrary(dir).rename('s20', 'another name'),
  ];
  for (const change of changes) {
    expect(newest(3)?.total).toBeGreaterThan(0);
    change();
    const found = newest(30);
    if (found !== null) throw new Error(`told ${found.ids} after ${change}`);
    rmSync(join(dir, 's13.plumbline-wal'), { force: true });
    settle();
  }
});

it('are not told from memory where one of them was written over in its place', () => {
  const written = readFileSync(at('s10'));
  writeFileSync(at('s28'), written);
  expect(newest(3)).toBeNull();
  // Of the older ones that is not seen: nothing that is shown is wrong by it.
  expect(newest(1)).toEqual({ ids: ['s29'], total: 20 });
});

it('are not told from an index that is damaged or not there', () => {
  const db = new Database(join(dir, 'index.db'));
  db.exec(`UPDATE folder SET newest = replace(newest, 's29', 's92')`);
  db.close();
  expect(newest(1)).toBeNull();
  expect(openLibrary(dir).list().sessions[0]?.id).toBe('s29');
  rmSync(join(dir, 'index.db'));
  expect(newest(1)).toBeNull();
  expect(existsSync(join(dir, 'index.db'))).toBe(false);
});
