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
  return {
    send(message) {
      if (ws.readyState !== ws.OPEN) return;
      if (message.kind === 'event' && ws.bufferedAmount > MAX_BACKLOG_BYTES) return;
      ws.send(encode(message));
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

/** An answer that cannot be said (a text past what the engine can hold) must not end who says it. */
function encode(message: RpcMessage): string {
  try {
    return encodeMessage(message);
  } catch (error) {
    const { id } = message as { id?: number };
    if (id === undefined) throw error;
    return encodeMessage({ kind: 'error', id, message: 'The answer cannot be sent.' });
  }
}

/** Null for what no page of ours says: the connection is ended for it. */
function parse(text: string): RpcMessage | null {
  try {
    const message = decodeMessage(text) as RpcMessage | null;
    return typeof message?.kind === 'string' &&
      Number.isSafeInteger((message as { id?: unknown }).id)
      ? message
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
