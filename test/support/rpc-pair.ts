/** An engine seen through the messages of the contract, as text on the way, as a browser's WebSocket carries them. */
import type { EngineClient } from '../../src/shared/contract/api';
import { decodeMessage, encodeMessage } from '../../src/shared/contract/codec';
import {
  connectEngine,
  type RpcMessage,
  type RpcPort,
  serveEngine,
} from '../../src/shared/contract/rpc';

interface End extends RpcPort {
  receive(message: RpcMessage): void;
  close(): void;
}

function openEnd(other: () => End): End {
  let handle: (message: RpcMessage) => void = () => {};
  const closers: (() => void)[] = [];
  return {
    send(message) {
      const text = encodeMessage(message);
      queueMicrotask(() => other().receive(decodeMessage(text) as RpcMessage));
    },
    receive: (message) => handle(message),
    onMessage(handler) {
      handle = handler;
    },
    onClose: (handler) => closers.push(handler),
    close() {
      for (const close of closers) close();
    },
  };
}

export function connectedEngine(engine: EngineClient): EngineClient & { close(): void } {
  const page: End = openEnd(() => host);
  const host: End = openEnd(() => page);
  serveEngine(engine, host, (error) => {
    throw error;
  });
  return {
    ...connectEngine(page),
    close() {
      host.close();
      page.close();
    },
  };
}
