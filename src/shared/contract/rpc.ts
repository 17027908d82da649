/**
 * The contract over any channel that carries messages in order: a MessagePort on the desktop, a WebSocket in the
 * browser. One request, one reply, by id; events flow beside them. Expected failures cross as plain data and arrive as
 * `Failure`; anything else arrives as an `Error` with its message alone, and stays in the engine's log with its stack. A
 * call that is taken back rejects at once where it was asked; the other side is told, and says nothing more of it.
 */
import { Failure, type FailureInfo } from '../base/failure';
import { ENGINE_METHODS, type EngineApi, type EngineClient, type EngineEvent } from './api';
import { type CallOptions, type CancelSignal, unlessCancelled } from './cancel';

/** Every host has it; nothing else of Node or the DOM is known here. */
declare const AbortController: new () => { readonly signal: CancelSignal; abort(): void };

type Method = keyof EngineApi;
/** A method seen from afar. Its answer comes from the engine's side of the same contract and is taken at its word. */
type RemoteMethod = (args?: unknown, options?: CallOptions) => Promise<never>;

export type RpcMessage =
  | { readonly kind: 'call'; readonly id: number; readonly method: Method; readonly args: unknown }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: FailureInfo }
  | { readonly kind: 'error'; readonly id: number; readonly message: string }
  | { readonly kind: 'event'; readonly event: EngineEvent };

export interface RpcPort {
  send(message: RpcMessage): void;
  /** Set once by whoever owns this end. */
  onMessage(handler: (message: RpcMessage) => void): void;
  onClose(handler: () => void): void;
}

/** Serves `engine` on `port` until the port closes; `onBug` is told of everything that is not a `Failure`. */
export function serveEngine(
  engine: EngineClient,
  port: RpcPort,
  onBug: (error: unknown) => void,
): void {
  const off = engine.on((event) => port.send({ kind: 'event', event }));
  const running = new Map<number, { abort(): void }>();
  port.onClose(() => {
    off();
    for (const call of running.values()) call.abort();
  });
  port.onMessage((message) => {
    if (!isRequest(message)) return;
    if (message.kind === 'cancel') {
      running.get(message.id)?.abort();
      return;
    }
    const { id, method } = message;
    if (!ENGINE_METHODS.includes(method)) {
      // Not named: it may be anything, and nothing that can be put into a sentence.
      port.send({ kind: 'error', id, message: 'The engine has no such method.' });
      return;
    }
    const control = new AbortController();
    running.set(id, control);
    const call = engine[method] as (args: unknown, options: CallOptions) => Promise<unknown>;
    answerCall(id, call.call(engine, message.args, { signal: control.signal }), onBug).then(
      (reply) => {
        running.delete(id);
        if (!control.signal.aborted) port.send(reply);
      },
    );
  });
}

/** Whatever comes out of a channel is looked at before it is believed: the other end may be anybody. */
function isRequest(message: unknown): message is Extract<RpcMessage, { kind: 'call' | 'cancel' }> {
  if (typeof message !== 'object' || message === null) return false;
  const { kind, id } = message as { kind?: unknown; id?: unknown };
  return (kind === 'call' || kind === 'cancel') && Number.isSafeInteger(id);
}

/** What became of a call, as the message that says so. */
function answerCall(
  id: number,
  answer: Promise<unknown>,
  onBug: (error: unknown) => void,
): Promise<RpcMessage> {
  return answer.then(
    (value) => ({ kind: 'result', id, value }),
    (error: unknown) => {
      if (error instanceof Failure) return { kind: 'failure', id, failure: error.toInfo() };
      onBug(error);
      return { kind: 'error', id, message: error instanceof Error ? error.message : String(error) };
    },
  );
}

const connectionLost = () =>
  new Failure(
    'unavailable',
    'The connection to the engine was lost.',
    'Start Plumbline again; recorded sessions are safe.',
  );

/** The engine as seen from the other end of `port`. Calls in flight when it closes are rejected. */
export function connectEngine(port: RpcPort): EngineClient {
  const pending = new Map<
    number,
    { resolve: (value: never) => void; reject: (reason: unknown) => void }
  >();
  const listeners = new Set<(event: EngineEvent) => void>();
  let nextId = 1;
  let closed = false;
  const settle = (id: number) => {
    const waiting = pending.get(id);
    pending.delete(id);
    return waiting;
  };
  port.onMessage((message) => {
    if (message.kind === 'event') for (const listener of listeners) listener(message.event);
    else if (message.kind === 'result') settle(message.id)?.resolve(message.value as never);
    else if (message.kind === 'failure') settle(message.id)?.reject(Failure.from(message.failure));
    else if (message.kind === 'error') settle(message.id)?.reject(new Error(message.message));
  });
  port.onClose(() => {
    closed = true;
    for (const id of [...pending.keys()]) settle(id)?.reject(connectionLost());
  });
  const ask = (method: Method, args: unknown, signal: CancelSignal | undefined): Promise<never> =>
    new Promise((resolve, reject) => {
      if (closed) return reject(connectionLost());
      const id = nextId++;
      const takeBack = () => {
        if (settle(id)) port.send({ kind: 'cancel', id });
      };
      const settled = () => signal?.removeEventListener('abort', takeBack);
      pending.set(id, {
        resolve(value) {
          settled();
          resolve(value);
        },
        reject(reason) {
          settled();
          reject(reason);
        },
      });
      signal?.addEventListener('abort', takeBack);
      port.send({ kind: 'call', id, method, args });
    });
  const remote =
    (method: Method): RemoteMethod =>
    (args, { signal } = {}) =>
      unlessCancelled(signal, () => ask(method, args, signal));
  const api = Object.fromEntries(
    ENGINE_METHODS.map((method) => [method, remote(method)]),
  ) as Record<Method, RemoteMethod>;
  return {
    ...api,
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
