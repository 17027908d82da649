import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type RunningServer, serveBrowser } from '../../../../../src/main/hosts/server/serve';
import type { Failure } from '../../../../../src/shared/base/failure';
import { decodeMessage, encodeMessage } from '../../../../../src/shared/contract/codec';
import { connectEngine, type RpcMessage } from '../../../../../src/shared/contract/rpc';
import { type FixtureEngine, fixtureEngine } from '../../../../support/fixture-engine';

describe('the server', () => {
  let folder: string;
  let server: RunningServer;
  let engine: FixtureEngine;
  const bugs: unknown[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'plumbline-serve-'));
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'index.html'), '<!doctype html><title>x</title>');
    writeFileSync(join(folder, 'assets', 'a-1.js'), '1');
    writeFileSync(join(folder, '..', 'plumbline-outside.txt'), 'secret');
    engine = fixtureEngine();
    server = await serveBrowser({
      engine,
      port: 0,
      rendererDir: folder,
      onBug: (error) => bugs.push(error),
    });
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
    rmSync(join(folder, '..', 'plumbline-outside.txt'), { force: true });
  });

  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    new Promise<{ status: number; headers: Record<string, unknown>; body: string }>(
      (resolve, reject) => {
        request(
          { host: '127.0.0.1', port: server.port, path, method, headers, agent: false },
          (response) => {
            let body = '';
            response.on('data', (chunk: Buffer) => {
              body += chunk.toString();
            });
            response.on('end', () =>
              resolve({ status: response.statusCode!, headers: response.headers, body }),
            );
          },
        )
          .on('error', reject)
          .end();
      },
    );
  const raw = (text: string) =>
    new Promise<string>((resolve) => {
      const socket = connectTcp(server.port, '127.0.0.1', () => socket.write(text));
      socket.once('data', (data) => {
        resolve(String(data));
        socket.destroy();
      });
    });
  const dial = (query: string, headers: Record<string, string> = {}) =>
    new WebSocket(`ws://127.0.0.1:${server.port}/api${query}`, { headers });
  const outcome = (ws: WebSocket) =>
    new Promise<number | string>((resolve) => {
      ws.on('close', resolve);
      ws.on('unexpected-response', (_request, response) => resolve(`http ${response.statusCode}`));
      ws.on('error', () => {});
    });
  const connect = async () => {
    const ws = dial(`?token=${server.token}`);
    await new Promise((resolve, reject) => ws.on('open', resolve).on('error', reject));
    const client = connectEngine({
      send: (message) => ws.send(encodeMessage(message)),
      onMessage: (handler) =>
        ws.on('message', (data) => handler(decodeMessage(String(data)) as RpcMessage)),
      onClose: (handler) => ws.on('close', handler),
    });
    return { ws, client };
  };

  it('hands out its pages under a strict policy, the document uncached and the hashed assets for good', async () => {
    const page = await get('/');
    expect(page.status).toBe(200);
    expect(page.headers['cache-control']).toBe('no-store');
    expect(page.headers['content-security-policy']).toContain("script-src 'self'");
    expect(page.headers['content-security-policy']).not.toContain('unsafe');
    expect((await get('/assets/a-1.js')).headers['cache-control']).toContain('immutable');
  });
  it('gives nothing outside its folder', async () => {
    for (const path of [
      '/../plumbline-outside.txt',
      '/%2e%2e/plumbline-outside.txt',
      '/..%2fplumbline-outside.txt',
    ])
      expect((await get(path)).status, path).toBe(404);
    expect((await get('/', {}, 'POST')).status).toBe(405);
  });
  it('answers no name but its own, against DNS rebinding, and no page of another origin', async () => {
    expect((await get('/', { host: 'evil.example' })).status).toBe(403);
    expect((await get('/', { host: '127.0.0.1.evil.example' })).status).toBe(403);
    expect((await get('/', { host: 'localhost:9999' })).status).toBe(200);
    for (const host of [
      '127.1',
      '0x7f.0.0.1',
      '127.0.0.01',
      '127.0.0.256',
      '2130706433',
      'localhost.',
    ])
      expect((await get('/', { host })).status, host).toBe(403);
    expect((await get('http://evil.example/')).status).toBe(403);
    expect(await raw('GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n')).toMatch(
      / 40[03] /,
    );
    expect((await get('/', { origin: 'http://evil.example' })).status).toBe(403);
    expect(await outcome(dial(`?token=${server.token}`, { origin: 'http://evil.example' }))).toBe(
      'http 403',
    );
  });
  it('refuses a missing or a wrong token, and tells a page so by its close code', async () => {
    expect(await outcome(dial(''))).toBe(4401);
    expect(await outcome(dial('?token=wrong'))).toBe(4401);
    expect((await get('/api')).status).toBe(401);
    expect((await get('/api', { authorization: `Bearer ${server.token}` })).status).toBe(426);
  });
  it('carries calls, exact samples, failures and events', async () => {
    const { ws, client } = await connect();
    expect(await client.list()).toEqual(await engine.list());
    const question = { id: 's-train', series: ['gpu0.memory.used'], t0: 0, t1: 5e6, columns: 300 };
    expect(await client.trace(question)).toEqual(await engine.trace(question));
    await expect(client.show({ id: 'nowhere' })).rejects.toMatchObject({
      name: 'Failure',
      code: 'not_found',
      message: 'There is no session "nowhere".',
      remedy: expect.stringContaining('plumbline list'),
    });
    const event = new Promise((resolve) => client.on(resolve));
    await client.rename({ id: 's-plain', name: 'renamed' });
    expect(await event).toEqual({ type: 'library' });
    ws.close();
  });
  it('keeps the stack of a bug to itself', async () => {
    const { ws, client } = await connect();
    const broken = engine.sessions.get('s-plain')!;
    engine.sessions.set('s-plain', {
      ...broken,
      get data(): never {
        throw new TypeError('broken on purpose');
      },
    });
    await expect(
      client.trace({ id: 's-plain', series: ['x'], t0: 0, t1: 1, columns: 1 }),
    ).rejects.toThrow(/^broken on purpose$/);
    engine.sessions.set('s-plain', broken);
    expect(bugs).toHaveLength(1);
    ws.close();
  });
  it('ends a connection that sends what is no message, and lives on', async () => {
    const { ws } = await connect();
    const closed = outcome(ws);
    ws.send('{"kind":');
    expect(await closed).toBe(1007);
    expect((await get('/')).status).toBe(200);
  });
  it('names the way out when the port is taken, the address is not loopback, or nothing is built', async () => {
    const failure = (options: Partial<Parameters<typeof serveBrowser>[0]>) =>
      serveBrowser({ engine, port: 0, rendererDir: folder, ...options }).then(
        () => null,
        (error: unknown) => error as Failure,
      );
    expect(await failure({ port: server.port })).toMatchObject({
      name: 'Failure',
      code: 'port_in_use',
      remedy: expect.stringContaining('--port'),
    });
    expect(await failure({ host: '0.0.0.0' })).toMatchObject({
      name: 'Failure',
      code: 'bad_input',
    });
    expect(await failure({ rendererDir: join(folder, 'none') })).toMatchObject({
      name: 'Failure',
      code: 'unavailable',
    });
  });
  it('lets go of the port and of every connection when it closes', async () => {
    const own = await serveBrowser({ engine, port: 0, rendererDir: folder });
    const ws = new WebSocket(`ws://127.0.0.1:${own.port}/api?token=${own.token}`);
    await new Promise((resolve) => ws.on('open', resolve));
    const closed = outcome(ws);
    await own.close();
    await closed;
    const again = await serveBrowser({ engine, port: own.port, rendererDir: folder });
    await again.close();
  });
});
