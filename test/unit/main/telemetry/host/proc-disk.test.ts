/** Disk traffic and swap, from files such as proc(5) describes them. What Linux does with the count of a child that ended was seen on a real one. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { systemSwapUsed } from '../../../../../src/main/telemetry/host/meminfo';
import { ProcDisk } from '../../../../../src/main/telemetry/host/proc-disk';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'plumbline-proc-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
});

/** A process as /proc shows it; `start` tells it from another of the same pid. */
function shows(
  pid: number,
  {
    parent = 1,
    read = 0,
    written = 0,
    start = pid,
  }: { parent?: number; read?: number; written?: number; start?: number },
): void {
  mkdirSync(join(root, `${pid}`), { recursive: true });
  writeFileSync(
    join(root, `${pid}`, 'stat'),
    `${pid} (a (b) c) S ${parent} ${Array.from({ length: 17 }, () => '7').join(' ')} ${start} 0 0\n`,
  );
  writeFileSync(
    join(root, `${pid}`, 'io'),
    `rchar: 999999\nwchar: 888888\nsyscr: 3\nsyscw: 4\nread_bytes: ${read}\nwrite_bytes: ${written}\ncancelled_write_bytes: 5\n`,
  );
}
/** What is kept open of an ended process no longer reads. */
const ends = (pid: number) => {
  for (const name of ['stat', 'io']) writeFileSync(join(root, `${pid}`, name), '');
  rmSync(join(root, `${pid}`), { recursive: true });
};
/** Root may read everything. */
function asNobody<T>(body: () => T): T {
  if (process.getuid?.() !== 0) return body();
  chmodSync(root, 0o755);
  process.seteuid!(65_534);
  try {
    return body();
  } finally {
    process.seteuid!(0);
  }
}
const total = (read: number, written: number) => ({ kind: 'ok', read, written });

describe('disk traffic of a process tree', () => {
  test('is what storage gave and got, not what passed through read and write', () => {
    shows(10, { read: 4096, written: 8192 });
    shows(11, { parent: 10, written: 100 });
    const disk = new ProcDisk(root);
    expect(disk.look([10, 11])).toEqual(total(4096, 8292));
    shows(11, { parent: 10, written: 150 });
    expect(disk.look([10, 11])).toEqual(total(4096, 8342));
  });

  test('counts a child once, that ended and was waited for', () => {
    const disk = new ProcDisk(root);
    shows(10, { written: 1000 });
    shows(11, { parent: 10, written: 500 });
    shows(12, { parent: 11, written: 30 });
    expect(disk.look([10, 11, 12])).toEqual(total(0, 1530));
    // 12 wrote 5 more, 11 waited for it; 10 waited for 11 and wrote 7.
    ends(12);
    ends(11);
    shows(10, { written: 1000 + 500 + 35 + 7 });
    expect(disk.look([10])).toEqual(total(0, 1542));
    shows(10, { written: 1000 + 500 + 35 + 7 + 2 });
    expect(disk.look([10])).toEqual(total(0, 1544));
  });

  test('waits for a parent that collects its child late', () => {
    const disk = new ProcDisk(root);
    shows(10, {});
    shows(11, { parent: 10, written: 500 });
    expect(disk.look([10, 11])).toEqual(total(0, 500));
    // A zombie is no longer among the living, and is still there.
    expect(disk.look([10])).toEqual(total(0, 500));
    ends(11);
    expect(disk.look([10])).toEqual(total(0, 500));
    shows(10, { written: 500 });
    expect(disk.look([10])).toEqual(total(0, 500));
  });

  test('keeps what an orphan had, and counts the next process of its pid from nothing', () => {
    const disk = new ProcDisk(root);
    shows(10, { written: 50 });
    shows(11, { parent: 1, written: 500 });
    expect(disk.look([10, 11])).toEqual(total(0, 550));
    shows(11, { parent: 10, written: 3, start: 4711 });
    expect(disk.look([10, 11])).toEqual(total(0, 553));
    ends(11);
    ends(10);
    expect(disk.look([10])).toBeNull();
  });

  test.skipIf(process.platform === 'win32')(
    `that may not be read is not permitted, never 0${process.platform === 'win32' ? ' (skipped: files there have no such modes)' : ''}`,
    () => {
      const disk = new ProcDisk(root);
      shows(10, { written: 50 });
      shows(11, { parent: 10, written: 1 });
      chmodSync(join(root, '11', 'io'), 0);
      expect(asNobody(() => disk.look([10, 11]))).toEqual({
        kind: 'absent',
        reason: 'not_permitted',
      });
      shows(10, { written: 60 });
      chmodSync(join(root, '11', 'io'), 0o400);
      expect(disk.look([10, 11])).toEqual(total(0, 61));
    },
  );

  test('that the kernel does not account is not supported', () => {
    shows(10, {});
    rmSync(join(root, '10', 'io'));
    expect(new ProcDisk(root).look([10])).toEqual({ kind: 'absent', reason: 'not_supported' });
    writeFileSync(join(root, '10', 'io'), 'rchar: 5\nwchar: 6\nsyscr: 3\nsyscw: 4\n');
    expect(new ProcDisk(root).look([10])).toEqual({ kind: 'absent', reason: 'not_supported' });
  });
});

describe.skipIf(process.platform !== 'linux')(
  process.platform === 'linux' ? 'swap' : 'swap (skipped: told on Linux alone)',
  () => {
    test('in use is what is not free of it', () => {
      const path = join(root, 'meminfo');
      writeFileSync(
        path,
        'MemTotal:       16000000 kB\nSwapCached:          12 kB\nSwapTotal:       2097148 kB\nSwapFree:        2000000 kB\n',
      );
      expect(systemSwapUsed(path)).toEqual({ kind: 'ok', value: 97_148 * 1024 });
      writeFileSync(path, 'SwapTotal:             0 kB\nSwapFree:              0 kB\n');
      expect(systemSwapUsed(path)).toEqual({ kind: 'ok', value: 0 });
    });
    test('that is not told is not supported, never 0', () => {
      writeFileSync(join(root, 'meminfo'), 'MemTotal:       16000000 kB\n');
      expect(systemSwapUsed(join(root, 'meminfo'))).toEqual({
        kind: 'absent',
        reason: 'not_supported',
      });
      expect(systemSwapUsed(join(root, 'none'))).toEqual({
        kind: 'absent',
        reason: 'not_supported',
      });
    });
  },
);
