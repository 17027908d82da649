/** The engine as React sees it: given once at the top, asked through `useQuery`, listened to through `useEngineEvent`. */
import { createContext, use, useCallback, useEffect, useRef, useState } from 'react';
import type { EngineClient, EngineEvent } from '../../shared/contract/api';
import { useStore } from './store';
import type { EngineLink } from './transport';

const LinkContext = createContext<EngineLink | null>(null);
export const EngineProvider = LinkContext.Provider;

function useLink(): EngineLink {
  const link = use(LinkContext);
  if (!link) throw new Error('EngineProvider is missing.');
  return link;
}
export const useEngine = (): EngineClient => useLink().client;
export const useRetry = (): (() => void) => useLink().retry;
export const useLinkState = () => useStore(useLink().state);

export function useEngineEvent(listener: (event: EngineEvent) => void): void {
  const engine = useEngine();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => engine.on((event) => latest.current(event)), [engine]);
}

export interface Query<T> {
  /** The latest answer; an older one stays while a newer is on its way or has failed. */
  readonly data: T | null;
  readonly error: unknown;
  readonly loading: boolean;
  refresh(): void;
}

/**
 * Asks whenever `key` changes, the connection is made anew, or `refresh` is called. Latest wins: at most one call is
 * in flight, and of those that queue behind it only the newest is made. Data of another key is never shown.
 */
export function useQuery<T>(key: string, ask: (engine: EngineClient) => Promise<T>): Query<T> {
  const engine = useEngine();
  const { epoch } = useLinkState();
  const [state, setState] = useState<{
    key: string;
    data: T | null;
    error: unknown;
    loading: boolean;
  }>({ key, data: null, error: null, loading: true });
  const latest = useRef({ key, ask });
  const flight = useRef<{ busy: boolean; again: boolean; dead: boolean }>({
    busy: false,
    again: false,
    dead: false,
  });
  useEffect(() => {
    latest.current = { key, ask };
  });
  const run = useCallback(async () => {
    const f = flight.current;
    if (f.busy) {
      f.again = true;
      return;
    }
    f.busy = true;
    do {
      f.again = false;
      const { key: asked, ask: call } = latest.current;
      let settled: { data: T } | { error: unknown };
      try {
        settled = { data: await call(engine) };
      } catch (error) {
        settled = { error };
      }
      if (f.dead || latest.current.key !== asked) continue;
      setState((old) =>
        'data' in settled
          ? { key: asked, data: settled.data, error: null, loading: false }
          : {
              key: asked,
              data: old.key === asked ? old.data : null,
              error: settled.error,
              loading: false,
            },
      );
    } while (f.again && !f.dead);
    f.busy = false;
  }, [engine]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new key or connection is the reason to ask again
  useEffect(() => {
    flight.current.dead = false;
    void run();
  }, [run, key, epoch]);
  useEffect(
    () => () => {
      flight.current.dead = true;
    },
    [],
  );
  const own = state.key === key;
  return {
    data: own ? state.data : null,
    error: own ? state.error : null,
    loading: own ? state.loading : true,
    refresh: run,
  };
}

/** Calls `task` at once and then at most once per `ms` however often it is asked for, the last request never lost. */
export function useThrottled(task: () => void, ms: number): () => void {
  const latest = useRef(task);
  const timer = useRef<number | undefined>(undefined);
  const due = useRef(false);
  useEffect(() => {
    latest.current = task;
  });
  useEffect(() => () => window.clearTimeout(timer.current), []);
  return useCallback(() => {
    const tick = () => {
      due.current = false;
      latest.current();
      timer.current = window.setTimeout(() => {
        timer.current = undefined;
        if (due.current) tick();
      }, ms);
    };
    if (timer.current === undefined) tick();
    else due.current = true;
  }, [ms]);
}
