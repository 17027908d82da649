/** /proc/PID/stat, whatever a process calls itself. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readProcStat } from '../../../../src/main/install/proc-stat';

/** Fields 4 to 22 of proc_pid_stat(5): parent 7, group 8, utime 140, stime 150, start 987654. */
const FIELDS = '7 8 9 34816 8 4194304 1 2 3 4 140 150 5 6 20 0 1 0 987654';

function readAs(command: string, state: string) {
  const root = mkdtempSync(join(tmpdir(), 'plumbline-proc-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, '42'));
  writeFileSync(join(root, '42', 'stat'), `42 (${command}) ${state} ${FIELDS} 1000 200\n`);
  return readProcStat(42, root);
}

test.each(['node', 'a b', ') R 1 2 3', 'é (x)'])('a process called "%s"', (command) => {
  expect(readAs(command, 'S')).toEqual({
    parent: 7,
    group: 8,
    start: 987_654,
    ticks: 290,
    isAlive: true,
  });
});

test.each(['Z', 'X'])('one in state %s has ended', (state) => {
  expect(readAs('node', state)?.isAlive).toBe(false);
});

test('one that is not there is null', () => {
  expect(readProcStat(43, '/nonexistent')).toBeNull();
});
