/** The context as it is read from a session file, of which little is read, against plain loops over all its readings. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readStoredSeries } from '../../../../../src/main/store/session-data';
import { createSession } from '../../../../../src/main/store/session-file';
import { contextLevel } from '../../../../../src/shared/divergence/overlay/context-level';
import { deriveLines } from '../../../../../src/shared/divergence/overlay/lines';
import { randomFrom } from '../../../../support/random-runs';
import { plainHeader, plainInfo } from '../../../../support/session-header';

const MiB = 2 ** 20;
const READINGS = 30_000;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'plumbline-context-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Readings twice a second; reports change now and then, in some sessions never, and the last comes before the last reading. */
function recordRun(seed: number) {
  const next = randomFrom(seed);
  const id = `context-${seed}`;
  const changes = [0, 0.0002, 0.01][seed % 3]!;
  const readings: [number, number][] = [];
  const reports: [number, number][] = [];
  let reserved = 4096 * MiB;
  for (let i = 0; i < READINGS; i++) {
    if (next() < changes) reserved = Math.floor(next() * 8000) * MiB;
    const t = i * 500_000;
    if (i < READINGS - 100 && i % 3 === 0)
      reports.push([t - 1000 + Math.floor(next() * 3000), reserved]);
    readings.push([
      t,
      next() < 0.001 ? 0 : reserved + Math.floor((300 + next() * 900) * 1000) * 1024,
    ]);
  }
  const path = join(dir, `${id}.plumbline`);
  const writer = createSession(dir, plainHeader(id));
  for (const series of ['gpu0.memory.used', 'gpu0.process.memory', 'framework.reserved'])
    writer.declareSeries(plainInfo(series));
  for (const [t, value] of readings) writer.append('gpu0.process.memory', t, value);
  for (const [t, value] of reports) writer.append('framework.reserved', t, value);
  writer.append('gpu0.memory.used', 0, 1);
  writer.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: READINGS * 500_000 });
  writer.close();
  return { path, readings, reports };
}

describe('the context of a long session', () => {
  it.each([0, 1, 2, 3, 4, 5])('is the least excess of all readings, run %i', (seed) => {
    const { path, readings, reports } = recordRun(seed);
    let least = Number.POSITIVE_INFINITY;
    let count = 0;
    for (const [t, onDevice] of readings) {
      const at = reports.findLastIndex(([told]) => told <= t);
      if (onDevice <= 0 || at < 0 || t > reports.at(-1)![0]) continue;
      const after = reports[at + 1];
      if (after !== undefined && Math.abs(after[1] - reports[at]![1]) > 2 * MiB) continue;
      count++;
      least = Math.min(least, onDevice - reports[at]![1]);
    }
    const lines = deriveLines(readStoredSeries(path), {});
    const level = contextLevel(lines, 'gpu0', { series: 'gpu0.process.memory', baselineBytes: 0 });
    expect(level).toMatchObject({ bytes: least, readings: count, reserved: true });
  });
});
