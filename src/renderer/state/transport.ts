/**
 * The way to the engine: a MessagePort on the desktop, a WebSocket in a browser. The window holds one `EngineClient`
 * for its whole life; beneath it connections come and go. While there is none, calls fail at once with a `Failure`,
 * and each new connection raises `epoch`, upon which every view asks again.
 */

import { Failure } from '../../shared/base/failure';
import {
  ENGINE_METHODS,
  type EngineApi,
  type EngineClient,
  type EngineEvent,
} from '../../shared/contract/api';
import { ENGINE_STATE, PORT } from '../../shared/contract/bridge';
import { type CallOptions, unlessCancelled } from '../../shared/contract/cancel';
import { connectEngine, type RpcPort } from '../../shared/contract/rpc';
import { messagePort, openSocket } from './ports';
import { createStore, type Store } from './store';

export type LinkStatus = 'connecting' | 'open' | 'lost' | 'refused';
export interface LinkState {
  readonly status: LinkStatus;
  /** Rises with every connection made. */
  readonly epoch: number;
}
export interface EngineLink {
  readonly client: EngineClient;
  readonly state: Store<LinkState>;
  retry(): void;
}

export interface DesktopBridge {
  requestPort(): void;
}
declare global {
  interface Window {
    readonly plumbline?: Partial<DesktopBridge>;
  }
}

const lost = () =>
  new Failure(
    'unavailable',
    'Plumbline’s engine cannot be reached.',
    'The window reconnects by itself as soon as it is back; recorded sessions are safe.',
  );

/** A method passed on to whichever engine is there. Its answer is that engine's, taken at its word. */
type Forwarded = (args?: unknown, options?: CallOptions) => Promise<never>;

/** The part that both transports share: one lasting client over whichever connection is current. */
function createLink(retry: () => void) {
  const state = createStore<LinkState>({ status: 'connecting', epoch: 0 });
  const listeners = new Set<(event: EngineEvent) => void>();
  let current: EngineClient | null = null;
  let waiting: { resolve: (client: EngineClient) => void; reject: (failure: Failure) => void }[] =
    [];

  const ready = (): Promise<EngineClient> => {
    if (current) return Promise.resolve(current);
    if (state.get().status !== 'connecting') return Promise.reject(lost());
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  };
  const call =
    (method: keyof EngineApi): Forwarded =>
    async (args, options) => {
      const engine = await unlessCancelled(options?.signal, ready);
      return (engine[method] as Forwarded)(args, options);
    };
  const api = Object.fromEntries(ENGINE_METHODS.map((method) => [method, call(method)])) as Record<
    keyof EngineApi,
    Forwarded
  >;
  const client: EngineClient = {
    ...api,
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const open = (port: RpcPort) => {
    const engine = connectEngine(port);
    current = engine;
    engine.on((event) => {
      if (current === engine) for (const listener of listeners) listener(event);
    });
    state.set({ status: 'open', epoch: state.get().epoch + 1 });
    for (const { resolve } of waiting.splice(0)) resolve(engine);
  };
  const close = (status: 'lost' | 'refused') => {
    current = null;
    state.set({ ...state.get(), status });
    const abandoned = waiting;
    waiting = [];
    for (const { reject } of abandoned) reject(lost());
  };
  const link: EngineLink = { client, state, retry };
  return { link, open, close };
}

function desktopLink(bridge: DesktopBridge): EngineLink {
  const { link, open, close } = createLink(() => bridge.requestPort());
  let latest: ReturnType<typeof messagePort> | null = null;
  window.addEventListener(
    'message',
    (event: MessageEvent<{ type?: string; state?: string } | null>) => {
      if (event.source !== window) return;
      const [port] = event.ports;
      if (event.data?.type === PORT && port) {
        latest = messagePort(port);
        open(latest.rpc);
      } else if (event.data?.type === ENGINE_STATE) {
        // The engine process died. Where it was restarted, the port to its successor follows.
        latest?.close();
        latest = null;
        close('lost');
      }
    },
  );
  bridge.requestPort();
  return link;
}

const TOKEN_KEY = 'plumbline.token';

/** The token out of the address, kept for reloads of this tab and then taken out of sight. */
function takeToken(): string {
  const fragment = new URLSearchParams(location.hash.replace(/^#\/?/, ''));
  const query = new URLSearchParams(location.search);
  const given = fragment.get('token') ?? query.get('token');
  if (given === null) return sessionStorage.getItem(TOKEN_KEY) ?? '';
  sessionStorage.setItem(TOKEN_KEY, given);
  history.replaceState(
    null,
    '',
    `${location.pathname}${fragment.has('token') ? '#/' : location.hash}`,
  );
  return given;
}

const FIRST_RETRY_MS = 300;
const LAST_RETRY_MS = 8_000;

function browserLink(): EngineLink {
  let attempt = 0;
  let timer: number | undefined;
  const connect = () => {
    window.clearTimeout(timer);
    timer = undefined;
    openSocket(token, {
      onOpen: (port) => {
        attempt = 0;
        open(port);
      },
      onClose: (refused) => {
        close(refused ? 'refused' : 'lost');
        if (!refused)
          timer = window.setTimeout(
            connect,
            Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt++),
          );
      },
    });
  };
  const token = takeToken();
  const { link, open, close } = createLink(() => {
    if (timer !== undefined) connect();
  });
  connect();
  return link;
}

export function linkEngine(): EngineLink {
  const bridge = window.plumbline;
  return bridge?.requestPort ? desktopLink(bridge as DesktopBridge) : browserLink();
}
