/**
 * What runs in a page before anything of its own: a `require` that knows `electron` alone, as in a sandboxed preload,
 * and the preload. One function without outer references, because it travels as text.
 */
import type { Codec } from './codec.ts';

export interface FromPage {
  readonly kind: 'hello' | 'send' | 'port' | 'closed';
  readonly channel?: string;
  readonly args?: readonly unknown[];
  readonly end?: number;
  readonly data?: unknown;
}
export type ToPage =
  | {
      readonly kind: 'ipc';
      readonly channel: string;
      readonly args: readonly unknown[];
      readonly ends: readonly number[];
    }
  | { readonly kind: 'port'; readonly end: number; readonly data: unknown }
  | { readonly kind: 'closed'; readonly end: number };

type Preload = (
  require: (name: string) => unknown,
  module: { exports: object },
  exports: object,
  process: object,
) => void;

export function installPage(
  makeCodec: () => Codec,
  preload: Preload | null,
  versions: Record<string, string>,
  platform: string,
): void {
  if (window.top !== window) return;
  const codec = makeCodec();
  const names = { binding: '__electronDouble', receive: '__electronDoubleReceive' };
  const page = window as unknown as Record<string, unknown>;
  const binding = page[names.binding] as ((text: string) => Promise<void>) | undefined;
  if (!binding) return;
  delete page[names.binding];
  const send = (message: FromPage) => void binding(codec.encode(message));
  send({ kind: 'hello' });

  type Listener = (event: object, ...args: unknown[]) => void;
  const listeners = new Map<string, Set<Listener>>();
  const ports = new Map<number, MessagePort>();
  const openPort = (end: number) => {
    const { port1, port2 } = new MessageChannel();
    ports.set(end, port1);
    port1.onmessage = ({ data }) => send({ kind: 'port', end, data });
    port1.addEventListener('close', () => send({ kind: 'closed', end }));
    return port2;
  };
  const receive = (message: ToPage) => {
    if (message.kind === 'port') ports.get(message.end)?.postMessage(message.data);
    else if (message.kind === 'closed') {
      ports.get(message.end)?.close();
      ports.delete(message.end);
    } else {
      const event = { sender: ipcRenderer, ports: message.ends.map(openPort) };
      for (const listener of [...(listeners.get(message.channel) ?? [])])
        listener(event, ...message.args);
    }
  };
  // Not writable and not enumerable: a page cannot pass itself off as the main process.
  Object.defineProperty(window, names.receive, {
    value: (texts: string[]) => {
      for (const text of texts) receive(codec.decode(text) as ToPage);
    },
  });

  const missing = <T extends object>(name: string, part: T): T =>
    new Proxy(part, {
      get(target, key, receiver) {
        if (key in target || typeof key === 'symbol') return Reflect.get(target, key, receiver);
        throw new Error(`The double of electron has no ${name}.${key}.`);
      },
    });
  const ipcRenderer: object = missing('ipcRenderer', {
    send: (channel: string, ...args: unknown[]) => send({ kind: 'send', channel, args }),
    on(channel: string, listener: Listener) {
      listeners.set(channel, (listeners.get(channel) ?? new Set()).add(listener));
      return ipcRenderer;
    },
  });
  // A deep copy: functions by proxy, everything else by value, nothing of it changeable.
  const copy = (value: unknown): unknown => {
    if (typeof value === 'function')
      return Object.freeze((...args: unknown[]) =>
        copy((value as (...given: unknown[]) => unknown)(...args.map(copy))),
      );
    if (value === null || typeof value !== 'object') return value;
    if (value instanceof Promise) return value.then(copy);
    if (Array.isArray(value)) return Object.freeze(value.map(copy));
    if (Object.getPrototypeOf(value) === Object.prototype)
      return Object.freeze(
        Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copy(part)])),
      );
    return codec.decode(codec.encode(value));
  };
  const contextBridge = missing('contextBridge', {
    exposeInMainWorld(key: string, api: unknown) {
      if (key in window)
        throw new Error(
          `Cannot bind an API on top of an existing property on the window object: ${key}`,
        );
      Object.defineProperty(window, key, { value: copy(api), enumerable: true });
    },
  });
  const require = (name: string) => {
    if (name === 'electron')
      return missing('electron (in a sandboxed preload)', { contextBridge, ipcRenderer });
    throw new Error(`module not found: ${name}`);
  };
  const module = { exports: {} };
  preload?.(require, module, module.exports, {
    platform,
    versions,
    type: 'renderer',
    sandboxed: true,
    contextIsolated: true,
  });
}
