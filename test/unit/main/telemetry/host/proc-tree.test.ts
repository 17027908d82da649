/** Resident memory of a tree, of a /proc that is written by hand: what one process shares with another for a moment counts once. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ProcTree } from '../../../../../src/main/telemetry/host/proc-tree';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'plumbline-proc-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** In pages, as statm(5) gives them. */
function put(pid: number, parent: number, size: number, resident: number): number {
  mkdirSync(join(root, `${pid}`));
  writeFileSync(join(root, `${pid}`, 'statm'), `${size} ${resident} 10 1 0 5 0\n`);
  const stat = [pid, '(python3 (x))', 'S', parent, parent, ...Array(17).fill(0), 7, 8].join(' ');
  writeFileSync(join(root, `${pid}`, 'stat'), `${stat}\n`);
  return pid;
}

function pagesOf(...pids: number[]): number {
  const memory = new ProcTree(root).memory(pids);
  if (memory.kind === 'absent') throw new Error(memory.reason);
  expect(memory.processes).toBe(pids.length);
  return memory.rss / (new ProcTree(root).memory([pids[0]!]) as { rss: number }).rss;
}

it('counts once the memory of a process and of its child that has not become another program yet', () => {
  expect(pagesOf(put(10, 1, 5_000_000, 1_000_000), put(11, 10, 5_000_000, 1_000_300))).toBe(1);
  expect(pagesOf(put(13, 12, 700, 100), put(12, 1, 700, 100))).toBe(1);
});

it('counts each of a child that was forked, of two children that are alike, and of a stranger of the same size', () => {
  expect(pagesOf(put(20, 1, 5_000_000, 100), put(21, 20, 5_000_000, 90))).toBe(1.9);
  expect(pagesOf(put(30, 1, 900, 100), put(31, 1, 900, 100))).toBe(2);
  expect(pagesOf(put(40, 1, 800, 100), put(41, 40, 801, 100))).toBe(2);
});
