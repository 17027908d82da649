/** Phases that are stored when a recording ends, asked for by span and length, against the markers they were paired from. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SessionCache } from '../../../../src/main/engine/session-cache';
import { openLibrary } from '../../../../src/main/store/library';
import { createSession } from '../../../../src/main/store/session-file';
import type { Marker, PhaseSpan } from '../../../../src/shared/trace/types';
import { phaseSpans } from '../../../support/phase-spans';
import { randomFrom } from '../../../support/random-runs';
import { plainHeader, plainInfo } from '../../../support/session-header';

const DURATION_US = 400e6;

/** Of all lengths, some nested, one that never ends. */
function markers(next: () => number): Marker[] {
  const told: Marker[] = [];
  for (let step = 0; step < 300; step++) {
    const t = step * 1e6 + Math.floor(next() * 1e5);
    const us = Math.floor(next() ** 4 * 5e7);
    const at = { rank: step % 2, step };
    told.push({ ...at, type: 'phase', name: 'idle', event: 'begin', t });
    told.push({ ...at, type: 'phase', name: 'forward', event: 'begin', t: t + 10 });
    told.push({ ...at, type: 'phase', name: 'forward', event: 'end', t: t + 10 + us });
    if (step !== 150)
      told.push({ ...at, type: 'phase', name: 'idle', event: 'end', t: t + 100 + 2 * us });
  }
  return told.sort((a, b) => a.t - b.t);
}

test('those that touch a span and take so long, and none of a recording', () => {
  const next = randomFrom(9);
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-stored-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = createSession(folder, plainHeader('s'));
  file.declareSeries(plainInfo('tree.rss'));
  const all = markers(next);
  for (const marker of all) file.marker(marker);
  file.flush();
  const cache = new SessionCache(openLibrary(folder));
  onTestFinished(() => cache.clear());
  expect(cache.longPhases('s', { t0: 0, t1: 1e9 }, 0)).toBeNull();
  file.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: DURATION_US });
  file.close();
  const { spans } = phaseSpans(all, DURATION_US);
  expect(spans.length).toBeGreaterThan(500);
  for (let round = 0; round < 200; round++) {
    const t0 = next() * DURATION_US;
    const t1 = t0 + next() ** 3 * DURATION_US;
    const least = next() ** 3 * 1e8;
    const wanted = (one: PhaseSpan) => one.t1 >= t0 && one.t0 <= t1 && one.t1 - one.t0 >= least;
    const found = cache.longPhases('s', { t0, t1 }, least) ?? [];
    expect(found.map((one) => ({ ...one, seq: undefined }))).toEqual(
      spans.filter(wanted).map((one) => ({ ...one, seq: undefined })),
    );
  }
});
