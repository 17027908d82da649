/** The contract's channel over one of Electron's ports. */
import type { RpcMessage, RpcPort } from '../../../shared/contract/rpc';

export function rpcOver(port: Electron.MessagePortMain): RpcPort {
  return {
    send: (message) => port.postMessage(message),
    onMessage(handler) {
      port.on('message', (event) => handler(event.data as RpcMessage));
      port.start();
    },
    onClose: (handler) => void port.on('close', handler),
  };
}
