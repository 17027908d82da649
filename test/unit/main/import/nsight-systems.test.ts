/**
 * Nsight Systems' SQLite export, as its schema says: a file written here by plain SQL, which knows what was live at each
 * event. Its tables are there or not, as nsys makes them.
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { readTrace } from '../../../../src/main/import';
import { createChance } from '../../../fuzz/mutate';
import { samples, scratch, warned } from '../../../support/traces';

const MiB = 2 ** 20;

function write(name: string, statements: readonly string[]): string {
  const path = join(scratch, name);
  const db = new Database(path);
  for (const sql of statements) db.exec(sql);
  db.close();
  return path;
}

const META = 'CREATE TABLE META_DATA_EXPORT (name TEXT, value TEXT)';
const MEMORY = `CREATE TABLE CUDA_GPU_MEMORY_USAGE_EVENTS (start INTEGER, globalPid INTEGER, deviceId INTEGER,
  contextId INTEGER, address INTEGER, pc INTEGER, bytes INTEGER, memKind INTEGER, memoryOperationType INTEGER)`;
const event = (us: number, device: number, bytes: number, kind: number, isFree: boolean) =>
  `INSERT INTO CUDA_GPU_MEMORY_USAGE_EVENTS VALUES (${us * 1000}, 1, ${device}, 1, 1, 1, ${bytes}, ${kind}, ${Number(isFree)})`;

describe('a report of Nsight Systems', () => {
  test('tells GPUs, live bytes of each device at every event, steps and phases', () => {
    const path = write('capture', [
      META,
      'CREATE TABLE TARGET_INFO_SESSION_START_TIME (utcEpochNs INTEGER)',
      `INSERT INTO TARGET_INFO_SESSION_START_TIME VALUES (${Date.UTC(2026, 0, 1, 10)}000000)`,
      'CREATE TABLE TARGET_INFO_GPU (id INTEGER, name TEXT, totalMemory INTEGER, uuid TEXT)',
      `INSERT INTO TARGET_INFO_GPU VALUES (0, 'NVIDIA H100', ${80 * 1024 * MiB}, '4a-b')`,
      MEMORY,
      event(1000, 0, 4 * MiB, 2, false),
      event(2000, 0, 9 * MiB, 1, false),
      event(3000, 0, 2 * MiB, 5, false),
      event(5000, 0, 4 * MiB, 2, true),
      'CREATE TABLE StringIds (id INTEGER, value TEXT)',
      "INSERT INTO StringIds VALUES (7, 'forward'), (8, 'aten::mm')",
      'CREATE TABLE NVTX_EVENTS (start INTEGER, end INTEGER, eventType INTEGER, text TEXT, textId INTEGER)',
      'INSERT INTO NVTX_EVENTS VALUES (2000000, 4000000, 59, NULL, 7), (2100000, 2200000, 59, NULL, 8)',
      "INSERT INTO NVTX_EVENTS VALUES (1500000, 4500000, 60, 'step 3', NULL)",
    ]);
    const trace = readTrace(path);
    expect(trace.kind).toBe('nsight-systems');
    expect(trace.startedAt).toBe('2026-01-01T10:00:00.001Z');
    expect(trace.gpus).toMatchObject([
      { index: 0, name: 'NVIDIA H100', memoryBytes: 80 * 1024 * MiB, uuid: 'GPU-4a-b' },
    ]);
    expect(samples(trace, 'framework.allocated')).toEqual([
      [0, 4 * MiB],
      [0.002, 6 * MiB],
      [0.004, 2 * MiB],
    ]);
    expect(trace.markers.map(({ type, t }) => [type, t])).toEqual([
      ['step', 500],
      ['phase', 1000],
      ['phase', 3000],
      ['step', 3500],
    ]);
  });

  test('of random events gives the running sum of each device, whatever was there before', () => {
    const chance = createChance(5);
    for (let round = 0; round < 5; round++) {
      const before = chance.whole(50) * MiB;
      const live = [before, 0];
      const expected: number[][] = [[], []];
      const events = Array.from({ length: 80 }, (_, i) => {
        const device = chance.whole(2);
        const isFree = live[device]! > 0 && chance.whole(2) === 0;
        const bytes = isFree ? 1 + chance.whole(live[device]!) : (1 + chance.whole(64)) * 512;
        live[device]! += isFree ? -bytes : bytes;
        expected[device]!.push(live[device]!);
        return event(1000 + i, device, bytes, 2, isFree);
      });
      const trace = readTrace(write(`random-${round}`, [META, MEMORY, ...events]));
      for (const [device, values] of expected.entries()) {
        const id = device === 0 ? 'framework.allocated' : 'rank1.framework.allocated';
        const found = samples(trace, id).map(([, value]) => value);
        // What was there before can be told as far as it was freed.
        const hidden = values[0]! - found[0]!;
        expect(hidden).toBeGreaterThanOrEqual(0);
        expect(found.map((value) => value + hidden)).toEqual(values);
      }
    }
  });

  test('without memory events says how to record them', () => {
    const trace = readTrace(write('lazy', [META]));
    expect(trace.samples).toBe(0);
    expect(warned(trace, /--cuda-memory-usage=true/)).toBe(true);
  });
});
