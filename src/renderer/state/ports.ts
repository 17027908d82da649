/** The two channels that carry the contract, each as an `RpcPort`. */
import { decodeMessage, encodeMessage } from '../../shared/contract/codec';
import type { RpcMessage, RpcPort } from '../../shared/contract/rpc';

/**
 * A port to the engine process. A page is not told when the other end of a MessagePort goes away (Chromium fires no
 * event there), so whoever learns of it calls `close`, which fails the calls in flight.
 */
export function messagePort(port: MessagePort): { readonly rpc: RpcPort; close(): void } {
  let handleClose: () => void = () => {};
  return {
    rpc: {
      send: (message) => port.postMessage(message),
      onMessage(handler) {
        port.onmessage = (event: MessageEvent<RpcMessage>) => handler(event.data);
      },
      onClose(handler) {
        handleClose = handler;
      },
    },
    close() {
      port.close();
      handleClose();
    },
  };
}

/** What the server closes with when the token is wrong. */
const CLOSE_UNAUTHORIZED = 4401;
/** A refused token is told by closing right after the handshake; nothing is asked before that much time has passed without it. */
const SETTLE_MS = 60;

export function openSocket(
  token: string,
  on: { onOpen: (port: RpcPort) => void; onClose: (refused: boolean) => void },
): void {
  const url = new URL('./api', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.hash = '';
  url.search = `?token=${encodeURIComponent(token)}`;
  const socket = new WebSocket(url);
  let handleMessage: (message: RpcMessage) => void = () => {};
  let handleClose: () => void = () => {};
  socket.onopen = () => {
    window.setTimeout(() => {
      if (socket.readyState !== WebSocket.OPEN) return;
      on.onOpen({
        send: (message) => {
          if (socket.readyState === WebSocket.OPEN) socket.send(encodeMessage(message));
        },
        onMessage: (handler) => {
          handleMessage = handler;
        },
        onClose: (handler) => {
          handleClose = handler;
        },
      });
    }, SETTLE_MS);
  };
  socket.onmessage = (event: MessageEvent<string>) =>
    handleMessage(decodeMessage(event.data) as RpcMessage);
  socket.onclose = (event) => {
    handleClose();
    on.onClose(event.code === CLOSE_UNAUTHORIZED);
  };
}
