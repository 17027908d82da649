/**
 * What a stranger on this machine, and a page that holds the token, may send: `plumbline serve` answers or hangs up,
 * and lives on.
 */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createEngine } from '../../src/main/engine/engine';
import { ENGINE_METHODS } from '../../src/shared/contract/api';
import { startCli, temporaryHome } from '../support/cli';

const HOSTILE: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  '',
  '\0',
  'x'.repeat(100_000),
  [],
  [[]],
  {},
  { id: { toString: 1 } },
  { id: null },
  { id: '../../etc/passwd' },
  { id: ['x'], series: [{}], t0: 'a', t1: {}, columns: -1 },
  { id: 'x', series: 'abc', t0: {}, t1: [], columns: { valueOf: 1 } },
  { ids: 5 },
  { ids: [{ toString: null }], format: {} },
  { name: { toString: 1 }, request: null },
  { name: { trim: 1 }, id: 'x' },
  { name: 'x', request: { command: [{}], run: { mode: { toString: 1 } } } },
  { command: ['true'], name: { replaceAll: 1 } },
  { command: [{ split: 1 }] },
  { command: 'true' },
  { command: ['sleep', '1'], intervalMs: 'fast' },
  { command: ['sleep', '1'], intervalMs: -1 },
  { command: ['sleep', '1'], environment: { set: { A: {} } } },
  { command: ['sleep', '1'], environment: { pass: [{ toString: 1 }] } },
  { command: ['sleep', '1'], run: { mode: 'train', batch: { toString: 1 } } },
  { command: ['sleep', '1'], run: 7, model: 'gpt2' },
  { command: ['sleep', '1'], model: { name: { toString: 1 }, layers: 1 } },
  { command: ['sleep', '1'], cwd: { toString: 1 } },
  { command: ['sleep', '1'], experiment: { id: {} } },
  { bundled: 'gpt2', model: { layers: { valueOf: 1 } }, run: { mode: 'train' } },
  { pid: 'self' },
  { pid: -1 },
  { upload: { toString: 1 }, fileName: { toString: 1 }, bytes: 'x' },
  { upload: null, fileName: 'x', bytes: { length: 1e12 } },
  { model: { name: 'm', layers: [], experts: { total: { toString: 1 } } }, run: {} },
  { model: { toString: 1 }, run: { toString: 1 }, id: 'x', given: { toString: 1 } },
  JSON.parse('{"__proto__":{"id":"x"},"id":"x"}'),
];
const METHODS: readonly unknown[] = [
  ...ENGINE_METHODS,
  '__proto__',
  'constructor',
  'toString',
  'on',
  'close',
  'recording',
  null,
  7,
  {},
  [],
  { toString: 1 },
  ['list'],
];

describe('serve, when others are hostile', () => {
  const home = temporaryHome();
  const server = startCli(['serve', '--json', '--allow-launch'], home.dir);
  let address: { port: number; token: string };
  let ended: number | null | 'no' = 'no';
  server.child.once('exit', (code) => {
    ended = code;
  });
  beforeAll(async () => {
    let printed = '';
    server.child.stdout?.on('data', (text: string) => {
      printed += text;
    });
    await server.waitFor('"token"');
    address = JSON.parse(printed) as typeof address;
  });
  afterAll(async () => {
    server.child.kill('SIGTERM');
    await server.done;
    home.dispose();
  });

  const open = (token: string) =>
    new WebSocket(`ws://127.0.0.1:${address.port}/api?token=${token}`);
  /** The list of sessions, asked over a connection of its own. */
  const lives = async () => {
    const ws = open(address.token);
    const answer = await new Promise<string>((resolve, reject) => {
      ws.on('open', () => ws.send('{"kind":"call","id":1,"method":"list"}'));
      ws.on('message', (data) => {
        if (String(data).includes('"id":1')) resolve(String(data));
      });
      ws.on('error', reject).on('close', () => reject(new Error('closed')));
    });
    ws.terminate();
    return answer;
  };
  /** Says `text` on a raw connection and resets it at once. */
  const reset = (text: string) =>
    new Promise<void>((resolve) => {
      const socket = connect(address.port, '127.0.0.1', () =>
        socket.write(text, () => setTimeout(() => socket.resetAndDestroy(), 1)),
      );
      socket.on('error', () => {}).on('close', () => resolve());
    });

  it('outlives connections without a token that are refused and reset', async () => {
    const upgrade = 'Upgrade: websocket\r\nConnection: Upgrade\r\n';
    const handshake =
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';
    const said = [
      `GET /api HTTP/1.1\r\nHost: evil.example\r\n${upgrade}\r\n`,
      `GET /other HTTP/1.1\r\nHost: localhost\r\n${upgrade}\r\n`,
      `GET /api HTTP/1.1\r\nHost: localhost\r\n${upgrade}\r\n`,
      `GET /api HTTP/1.1\r\nHost: localhost\r\n${upgrade}${handshake}\r\n`,
      `GET /api HTTP/1.1\r\nHost: localhost\r\n${upgrade}${handshake}\r\n\xff\xff\xff\xff`,
      'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'GET //% HTTP/1.1\r\nHost: localhost\r\n\r\n',
      '\x16\x03\x01\0\0garbage',
    ];
    for (let round = 0; round < 12; round++)
      await Promise.all(said.flatMap((text) => [text, text, text]).map(reset));
    const garbage = open('wrong');
    await new Promise<void>((resolve) => {
      garbage.on('open', () => {
        // Straight past the library that would mask it: a frame no peer may send.
        (garbage as unknown as { _socket: NodeJS.WritableStream })._socket.write('\xff\xff\xff');
      });
      garbage.on('error', () => {}).on('close', () => resolve());
    });
    expect(await lives()).toContain('result');
    expect(ended).toBe('no');
  });

  it('outlives every method with every hostile argument, and answers each', async () => {
    const ws = open(address.token);
    await new Promise((resolve) => ws.on('open', resolve));
    const answered = new Set<number>();
    ws.on('message', (data) => {
      const message = JSON.parse(String(data)) as { kind: string; id?: number };
      if (message.id !== undefined) answered.add(message.id);
    });
    let closed = false;
    ws.on('close', () => {
      closed = true;
    });
    let id = 0;
    for (const method of METHODS) {
      if (method === 'doctor') continue;
      for (const args of HOSTILE) ws.send(JSON.stringify({ kind: 'call', id: ++id, method, args }));
    }
    const limit = Date.now() + 40_000;
    while (answered.size < id && !closed && ended === 'no' && Date.now() < limit)
      await new Promise((resolve) => setTimeout(resolve, 50));
    ws.terminate();
    expect(ended).toBe('no');
    expect(answered.size).toBe(id);
    expect(await lives()).toContain('result');
  });

  it('hangs up on what is no message, and lives on', async () => {
    const texts = [
      'null',
      '[]',
      '7',
      '"call"',
      '{}',
      '{"kind":"call"}',
      '{"kind":"call","id":{},"method":"list"}',
      '{"kind":"call","id":1e999,"method":"list"}',
      '{"kind":"result","id":1}',
      '{"kind":"event"}',
      '{"kind":{"toString":1}}',
      '['.repeat(500_000),
      `{"kind":"call","id":1,"method":"list","args":${'['.repeat(300_000)}${']'.repeat(300_000)}}`,
      `{"kind":"call","id":1,"method":"list","args":{"$plumbline":"object","entries":[1]}}`,
      'x'.repeat(3 << 20),
    ];
    for (const text of texts) {
      const ws = open(address.token);
      await new Promise<void>((resolve) => {
        ws.on('open', () => {
          ws.send(text);
          ws.send('{"kind":"call","id":2,"method":"list"}');
        });
        ws.on('message', (data) => {
          if (String(data).includes('"id":2')) resolve();
        });
        ws.on('error', () => {}).on('close', () => resolve());
      });
      ws.terminate();
    }
    expect(await lives()).toContain('result');
    expect(ended).toBe('no');
  });
});

describe('serve without --allow-launch', () => {
  it('launches nothing, keeps nothing to be launched, and says why', async () => {
    const home = temporaryHome();
    const engine = createEngine({ host: 'server', library: home.dir, mayLaunch: false });
    try {
      expect(await engine.info()).toMatchObject({ mayLaunch: false });
      for (const asked of [
        engine.record({ command: ['true'] }),
        engine.record({ saved: 'anything' }),
        engine.saveWorkload({ name: 'later', request: { command: ['true'] } }),
      ])
        await expect(asked).rejects.toMatchObject({
          code: 'unavailable',
          remedy: expect.stringContaining('--allow-launch'),
        });
    } finally {
      await engine.close();
      home.dispose();
    }
  });
});
