/** `plumbline serve` in a process of its own, and the engine behind it as a page has it. */
import { WebSocket } from 'ws';
import type { EngineClient, EngineEvent } from '../../src/shared/contract/api';
import { decodeMessage, encodeMessage } from '../../src/shared/contract/codec';
import { connectEngine, type RpcMessage } from '../../src/shared/contract/rpc';
import { type Running, startCli } from './cli';

export interface ServedEngine {
  readonly server: Running;
  readonly port: number;
  readonly token: string;
  readonly engine: EngineClient;
  /** All that it was told. */
  readonly events: EngineEvent[];
  /** Whether the server's process is over. */
  ended(): boolean;
}

export async function serveEngine(
  home: string,
  env: NodeJS.ProcessEnv = {},
): Promise<ServedEngine> {
  const server = startCli(['serve', '--json', '--allow-launch'], home, env);
  let printed = '';
  let over = false;
  server.child.stdout?.on('data', (text: string) => {
    printed += text;
  });
  server.child.once('exit', () => {
    over = true;
  });
  await server.waitFor('"token"');
  const { port, token } = JSON.parse(printed) as { port: number; token: string };
  const { engine } = await connectPage(port, token);
  const events: EngineEvent[] = [];
  engine.on((event) => events.push(event));
  return { server, port, token, engine, events, ended: () => over };
}

/** One more page of a server. */
export async function connectPage(
  port: number,
  token: string,
): Promise<{ readonly engine: EngineClient; readonly socket: WebSocket }> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api?token=${token}`);
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  const engine = connectEngine({
    send: (message) => socket.send(encodeMessage(message)),
    onMessage: (handler) =>
      socket.on('message', (data) => handler(decodeMessage(String(data)) as RpcMessage)),
    onClose: (handler) => socket.on('close', handler),
  });
  return { engine, socket };
}
