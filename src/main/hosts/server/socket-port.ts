/** A WebSocket as the contract's channel, and the heartbeat that finds those whose other end is gone. */
import type { WebSocket, WebSocketServer } from 'ws';
import { decodeMessage, encodeMessage } from '../../../shared/contract/codec';
import type { RpcMessage, RpcPort } from '../../../shared/contract/rpc';

/** Close codes a page can tell apart; 4000 to 4999 are an application's own. */
export const CLOSE_UNAUTHORIZED = 4401;
const CLOSE_BAD_MESSAGE = 1007;

/** Past this backlog events are dropped: each says only "ask again", and the next one says it too. */
const MAX_BACKLOG_BYTES = 4 << 20;
const HEARTBEAT_MS = 30_000;

export function socketPort(ws: WebSocket): RpcPort {
  ws.on('error', () => ws.terminate());
  return {
    send(message) {
      if (ws.readyState !== ws.OPEN) return;
      if (message.kind === 'event' && ws.bufferedAmount > MAX_BACKLOG_BYTES) return;
      ws.send(encodeMessage(message));
    },
    onMessage(handler) {
      ws.on('message', (data, isBinary) => {
        const message = isBinary ? null : parse(String(data));
        if (message === null) ws.close(CLOSE_BAD_MESSAGE, 'Not a message of the contract.');
        else handler(message);
      });
    },
    onClose(handler) {
      ws.on('close', handler);
    },
  };
}

function parse(text: string): RpcMessage | null {
  try {
    const value = decodeMessage(text);
    return typeof value === 'object' && value !== null && 'kind' in value
      ? (value as RpcMessage)
      : null;
  } catch {
    return null;
  }
}

/** Ends sockets that miss two beats in a row. Returns what stops the beating. */
export function keepAlive(server: WebSocketServer): () => void {
  const silent = new WeakSet<WebSocket>();
  const timer = setInterval(() => {
    for (const ws of server.clients) {
      if (silent.has(ws)) ws.terminate();
      else {
        silent.add(ws);
        ws.once('pong', () => silent.delete(ws));
        ws.ping();
      }
    }
  }, HEARTBEAT_MS);
  timer.unref();
  return () => clearInterval(timer);
}
