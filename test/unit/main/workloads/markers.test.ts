import { existsSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSessionClock } from '../../../../src/main/install/session-clock';
import { MarkerChannel, type MarkerLimits } from '../../../../src/main/workloads/marker-channel';
import { parseMarker } from '../../../../src/main/workloads/marker-schema';
import type { Marker } from '../../../../src/shared/trace/types';

const ORIGIN = 5_000_000_000_000n;
const NOW = 10_000_000;
const parse = (message: object) => parseMarker(JSON.stringify(message), ORIGIN, NOW);

describe('the time of a marker', () => {
  const at = (ts: unknown) => parse({ v: 1, ts, type: 'note', text: '' })?.t;
  it("is the sender's monotonic time less the origin, from a number or a decimal string", () => {
    expect(at(5_003_000_000_999)).toBe(3_000_000);
    expect(at('5003000000999')).toBe(3_000_000);
  });
  it("is the time of arrival where the sender's is missing, unreadable or cannot be true", () => {
    for (const ts of [
      undefined,
      null,
      'soon',
      -1,
      {},
      0,
      '4998999000000',
      '5011000001000',
      1e300,
      '99999999999999999999',
    ])
      expect(at(ts), String(ts)).toBe(NOW);
  });
  it('never leaves the session', () => {
    expect(at('4999500000000')).toBe(0);
    expect(at('5010500000000')).toBe(NOW);
  });
});

describe('a line of the channel', () => {
  it('becomes the marker it describes, with what Plumbline does not know left out', () => {
    expect(
      parse({
        v: 1,
        ts: 5_000_000_001_000,
        type: 'phase',
        name: 'forward',
        event: 'begin',
        step: 3,
        rank: 1,
        colour: 'red',
      }),
    ).toEqual({ t: 1, type: 'phase', name: 'forward', event: 'begin', step: 3, rank: 1 });
    expect(parse({ type: 'step', event: 'end', step: 3 })).toEqual({
      t: NOW,
      type: 'step',
      event: 'end',
      step: 3,
      rank: 0,
    });
    expect(parse({ type: 'token', index: 0 })).toEqual({
      t: NOW,
      type: 'token',
      index: 0,
      step: null,
      rank: 0,
    });
  });
  it('keeps of a memory marker what is bytes, and nothing that is absent', () => {
    expect(
      parse({
        type: 'memory',
        phase: 'forward',
        step: 2,
        allocated: 10,
        reserved: null,
        peak: 30,
        peakTs: '5002000000000',
        components: { params: 4, spoons: 3, logits: -1, kv_cache: 'x' },
        counters: { numBytes: 10 },
      }),
    ).toEqual({
      t: NOW,
      type: 'memory',
      phase: 'forward',
      step: 2,
      rank: 0,
      memory: {
        allocated: 10,
        peak: 30,
        peakAt: 2_000_000,
        components: { params: 4 },
        counters: { numBytes: 10 },
      },
    });
    expect(parse({ type: 'memory', allocated: 1, peakTs: 0 })).toMatchObject({
      memory: { allocated: 1 },
    });
    expect(parse({ type: 'memory', allocated: 1, peakTs: 0 })).not.toHaveProperty('memory.peakAt');
  });
  it('gives a model or run its fields, or its remaining keys', () => {
    expect(parse({ type: 'model', fields: { n: 1 } })).toMatchObject({
      type: 'model',
      fields: { n: 1 },
    });
    expect(parse({ v: 1, ts: 1, rank: 0, type: 'run', batch: 3 })).toMatchObject({
      type: 'run',
      fields: { batch: 3 },
    });
    expect(
      parseMarker('{"type":"run","fields":{"__proto__":{"polluted":1}}}', ORIGIN, NOW),
    ).not.toHaveProperty('fields.polluted');
    expect({}).not.toHaveProperty('polluted');
  });
  it('is no marker when anything it must say is missing or of another kind', () => {
    for (const message of [
      {},
      [],
      1,
      null,
      'text',
      { type: 'dance' },
      { type: 'phase', name: 'a' },
      { type: 'phase', name: '', event: 'end' },
      { type: 'phase', name: 'a', event: 'pause' },
      { type: 'token', index: -1 },
      { type: 'token', index: 1.5 },
      { type: 'memory' },
      { type: 'memory', allocated: -1 },
      { type: 'memory', allocated: 2 ** 60 },
      { type: 'note' },
      { type: 'note', text: 'x', rank: 'zero' },
      { v: 2, type: 'note', text: 'x' },
      { type: 'run', fields: [1] },
    ])
      expect(parseMarker(JSON.stringify(message), ORIGIN, NOW), JSON.stringify(message)).toBeNull();
    expect(parseMarker('{"type":"note","text":', ORIGIN, NOW)).toBeNull();
    expect(
      parseMarker(`{"type":"run","deep":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, ORIGIN, NOW),
    ).toBeNull();
  });
});

async function opened(limits: Partial<MarkerLimits> = {}) {
  const markers: Marker[] = [];
  const warnings: string[] = [];
  const channel = await MarkerChannel.open({
    clock: createSessionClock(),
    limits,
    onMarker: (marker) => markers.push(marker),
    onWarning: (text) => warnings.push(text),
  });
  return { channel, markers, warnings };
}
const note = (text: string) => `${JSON.stringify({ type: 'note', text })}\n`;
const texts = (markers: readonly Marker[]) =>
  markers.map((marker) => (marker.type === 'note' ? marker.text : marker.type));
/** Hangs up once all is written; resolves when the other side has noticed. */
const sent = (socket: Socket, data: string) =>
  new Promise<void>((resolve) => socket.once('close', () => resolve()).end(data));

describe('the marker channel', () => {
  it('lies in a folder only this user can enter, and leaves none behind', async () => {
    const { channel } = await opened();
    expect(
      process.platform === 'win32' ||
        (statSync(dirname(channel.socketPath)).mode & 0o777) === 0o700,
    ).toBe(true);
    await channel.close();
    await channel.close();
    expect(existsSync(channel.socketPath)).toBe(false);
    expect(channel.folder === null || !existsSync(channel.folder)).toBe(true);
  });
  it('numbers who belongs to no process group: the first 0, others by their pid, none as a rank that has ended', async () => {
    const process = (pid: number, rank?: number) =>
      `${JSON.stringify({ type: 'process', pid, rank, name: `worker ${pid}` })}\n`;
    const begins = `${JSON.stringify({ type: 'phase', name: 'forward', event: 'begin' })}\n`;
    const told = (markers: readonly Marker[]) =>
      markers.map((marker) => [marker.rank, marker.type === 'note' ? marker.text : marker.type]);

    const alone = await opened({ processes: 1 });
    const first = connect(alone.channel.socketPath);
    await new Promise((resolve) => first.write(process(7) + begins, resolve));
    while (alone.markers.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    await sent(connect(alone.channel.socketPath), process(8) + begins);
    await sent(connect(alone.channel.socketPath), process(9) + begins);
    await sent(first, begins);
    await sent(connect(alone.channel.socketPath), process(10) + begins);
    await alone.channel.close();
    expect(told(alone.markers)).toEqual([
      [0, 'phase'],
      [1_000_008, 'process 8 is worker 8'],
      [1_000_008, 'phase'],
      [0, 'phase'],
      [0, 'phase'],
    ]);
    expect(alone.warnings).toEqual([
      'Dropped from the marker channel: 1 line of processes past 1.',
    ]);

    const group = await opened();
    await sent(
      connect(group.channel.socketPath),
      process(7, 0) + begins.replace('{', '{"rank":0,'),
    );
    await sent(connect(group.channel.socketPath), process(8) + begins);
    await group.channel.close();
    expect(told(group.markers)).toEqual([
      [0, 'phase'],
      [1_000_008, 'process 8 is worker 8'],
      [1_000_008, 'phase'],
    ]);
  });
  it('takes several senders, lines in pieces and a last line without its newline', async () => {
    const { channel, markers, warnings } = await opened();
    const [a, b] = [connect(channel.socketPath), connect(channel.socketPath)];
    for (const piece of note('é in pieces').match(/.{1,3}|\n/gs) ?? [])
      await new Promise((resolve) => a.write(piece, resolve));
    await sent(b, `${note('b')}\n${note('b, no newline').trimEnd()}`);
    await sent(a, note('a'));
    await channel.drain(1000);
    await channel.close();
    expect(texts(markers).toSorted()).toEqual(['a', 'b', 'b, no newline', 'é in pieces']);
    expect(warnings).toEqual([]);
  });
  it('delivers on drain what was sent before anyone was accepted, and waits no longer than its limit for who stays', async () => {
    const { channel, markers } = await opened();
    const quick = connect(channel.socketPath);
    quick.end(note('quick'));
    const stays = connect(channel.socketPath);
    stays.on('error', () => {});
    await new Promise((resolve) => stays.write(note('stays'), resolve));
    await channel.drain(50);
    await channel.close();
    expect(texts(markers).toSorted()).toEqual(['quick', 'stays']);
  });
  it('drops what exceeds its rate, and tells how much in one warning', async () => {
    const { channel, markers, warnings } = await opened({ perSecond: 0, burst: 10 });
    await sent(connect(channel.socketPath), note('x').repeat(1000));
    await channel.drain(1000);
    await channel.close();
    expect(markers).toHaveLength(10);
    expect(warnings).toEqual([
      'Dropped from the marker channel: 990 lines past 0 markers a second.',
    ]);
  });
  it('keeps no more markers than its total', async () => {
    const { channel, markers, warnings } = await opened({ total: 5 });
    await sent(connect(channel.socketPath), note('x').repeat(6));
    await channel.drain(1000);
    await channel.close();
    expect(markers).toHaveLength(5);
    expect(warnings).toEqual(['Dropped from the marker channel: 1 line past 5 markers.']);
  });
  it('refuses connections past its bound and goes on with the others', async () => {
    const { channel, markers, warnings } = await opened({ connections: 1 });
    const first = connect(channel.socketPath);
    await new Promise<void>((resolve) => first.once('connect', () => resolve()));
    const second = connect(channel.socketPath);
    second.on('error', () => {});
    await new Promise<void>((resolve) => second.once('close', () => resolve()).resume());
    await sent(first, note('first'));
    await channel.drain(1000);
    await channel.close();
    expect(texts(markers)).toEqual(['first']);
    expect(warnings).toHaveLength(1);
  });
});
