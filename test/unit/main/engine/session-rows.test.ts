/**
 * What a front end asks of a session without taking all of it: the brief document, pages, the picture of phases, figures
 * of a stretch, one moment; the same in process and over the messages of a transport.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '../../../../src/main/engine/engine';
import type { EngineClient } from '../../../../src/shared/contract/api';
import { shortenDocument } from '../../../../src/shared/session/brief';
import { type RecordedRun, recordRun } from '../../../support/recorded-run';
import { connectedEngine } from '../../../support/rpc-pair';

const STEPS = 1500;
const folder = mkdtempSync(join(tmpdir(), 'plumbline-rows-'));
let engine: Engine;
let run: RecordedRun;

beforeAll(() => {
  run = recordRun(folder, 'long', STEPS);
  engine = createEngine({ host: 'cli', library: folder });
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

async function readAll<T>(
  ask: (from: number) => Promise<{ rows: readonly T[]; next: number | null; total: number }>,
): Promise<T[]> {
  const all: T[] = [];
  for (let from: number | null = 0; from !== null; ) {
    const page = await ask(from);
    all.push(...page.rows);
    from = page.next;
    if (from === null) expect(all).toHaveLength(page.total);
  }
  return all;
}

describe.each([
  ['in process', () => engine as EngineClient],
  ['over messages', () => connectedEngine(engine)],
])('%s', (_where, connect) => {
  const { id } = { id: 'long' };
  it('pages of phases, markers, gaps and logs together are what the complete document holds', async () => {
    const client = connect();
    const whole = await client.show({ id });
    expect(await readAll((from) => client.phases({ id, from, limit: 999 }))).toEqual(
      whole.overlay.phases,
    );
    expect(await readAll((from) => client.markers({ id, from, limit: 1000 }))).toEqual(
      whole.markers,
    );
    expect(await readAll((from) => client.gaps({ id, from, limit: 1 }))).toEqual(whole.gaps);
    expect(await readAll((from) => client.logs({ id, from, limit: 700 }))).toEqual(whole.logs);
    expect(whole.overlay.phases).toHaveLength(2 * STEPS);
  });

  it('asks by span, kind and text', async () => {
    const client = connect();
    const span = { t0: 1_000_001, t1: 1_149_999 };
    const phases = await client.phases({ id, ...span, limit: 10 });
    expect(phases.rows.map(({ phase, step }) => [phase, step])).toEqual([
      ['forward', 10],
      ['backward', 10],
      ['forward', 11],
    ]);
    expect((await client.phases({ id, ...span, phase: 'backward', limit: 10 })).total).toBe(1);
    expect((await client.markers({ id, ...span, type: 'phase', limit: 10 })).total).toBe(4);
    expect((await client.logs({ id, text: 'STEP 77 ', limit: 10 })).rows).toMatchObject([
      { text: 'Step 77 done' },
    ]);
    expect((await client.gaps({ id, series: 'framework.allocated', limit: 10 })).total).toBe(0);
  });

  it('refuses a page without bounds', async () => {
    const client = connect();
    for (const limit of [0, 1001, 1.5, Number.NaN])
      await expect(client.logs({ id, limit })).rejects.toMatchObject({ code: 'bad_input' });
    await expect(client.logs({ id, limit: 1, from: -1 })).rejects.toMatchObject({
      code: 'bad_input',
    });
  });

  it('draws every phase once, in no more bars than columns, with the highest value of all', async () => {
    const client = connect();
    const columns = 400;
    const [bars, { rows }] = [
      await client.phaseBars({ id, t0: 0, t1: run.durationUs, columns }),
      await client.phases({ id, limit: 2 }),
    ];
    expect(bars.length).toBeLessThanOrEqual(columns + 1);
    expect(bars.reduce((sum, { count }) => sum + count, 0)).toBe(2 * STEPS);
    const highest = run.allocated.reduce((a, b) => Math.max(a, b));
    expect(Math.max(...bars.map(({ measured }) => measured ?? 0))).toBe(highest);
    const close = await client.phaseBars({ id, t0: 0, t1: 99_000, columns });
    expect(close.map(({ phase, count, worst }) => [phase, count, worst])).toEqual([
      ['forward', 1, rows[0]],
      ['backward', 1, rows[1]],
    ]);
  });

  it('tells the session briefly, whatever its length', async () => {
    const brief = await connect().brief({ id });
    expect(brief).toEqual(shortenDocument(await connect().show({ id })));
    expect(JSON.stringify(brief).length).toBeLessThan(100_000);
    expect(brief.counts).toEqual({
      phases: 2 * STEPS,
      markers: 4 * STEPS,
      gaps: 1,
      logs: STEPS,
    });
    expect(brief).not.toHaveProperty('markers');
    expect(brief.overlay).not.toHaveProperty('phases');
    expect(brief.phaseKinds.map(({ phase, count }) => [phase, count])).toEqual([
      ['forward', STEPS],
      ['backward', STEPS],
    ]);
  });

  it('figures of a stretch weigh by time, and energy is power over time', async () => {
    const [power] = await connect().statistics({
      id,
      series: ['gpu0.power', 'nothing'],
      t0: 100_000,
      t1: 200_000,
      above: 204_500,
    });
    expect(power).toMatchObject({
      count: 11,
      min: { value: 200_000, t: 100_000 },
      max: { value: 209_000, t: 190_000 },
      mean: 204_500,
      p50: 204_000,
      p99: 209_000,
      heldUs: 100_000,
      aboveUs: 50_000,
    });
    expect(power?.integral?.unit).toBe('joules');
    expect(power?.integral?.value).toBeCloseTo(20.45, 9);
  });

  it('a reading does not stand in a gap', async () => {
    const at = run.durationUs / 2;
    const [power] = await connect().statistics({
      id,
      series: ['gpu0.power'],
      t0: at - 10_000,
      t1: at + 10_000,
    });
    expect(power?.heldUs).toBe(10_000);
  });

  it('a moment is measured as the line was read then', async () => {
    const moment = await connect().moment({ id, at: 1_234_567 });
    expect(moment.measured).toEqual({ bytes: run.allocated[123], at: 1_230_000 });
    expect(moment.phase).toMatchObject({ phase: 'forward', step: 12 });
    expect(moment.ledger).toBeNull();
  });

  it('a question that is taken back is told so at once', async () => {
    const control = new AbortController();
    const asked = connect().show({ id }, { signal: control.signal });
    control.abort();
    await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
    await expect(connect().brief({ id }, { signal: control.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});

it('whoever answers over messages sees the signal of a question taken back, and of a connection closed', async () => {
  const seen: boolean[] = [];
  const slow: EngineClient = {
    ...engine,
    doctor: (_q, options) =>
      new Promise(() => {
        options?.signal?.addEventListener('abort', () => seen.push(options.signal!.aborted));
      }),
  };
  const control = new AbortController();
  const client = connectedEngine(slow);
  const asked = client.doctor(undefined, { signal: control.signal });
  const left = client.doctor();
  control.abort();
  await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
  await new Promise(setImmediate);
  expect(seen).toEqual([true]);
  client.close();
  await expect(left).rejects.toMatchObject({ code: 'unavailable' });
  expect(seen).toEqual([true, true]);
});
