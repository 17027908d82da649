/** The engine as React sees it: given once at the top, asked through `useQuery`, listened to through `useEngineEvent`. */
import { createContext, use, useCallback, useEffect, useRef, useState } from 'react';
import type { EngineClient, EngineEvent } from '../../shared/contract/api';
import { LatestWins, type Settled } from './latest-wins';
import { useStore } from './store';
import type { EngineLink } from './transport';

const LinkContext = createContext<EngineLink | null>(null);
export const EngineProvider = LinkContext.Provider;

export function useLink(): EngineLink {
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

/** Asks whenever `key` changes, the connection is made anew, or `refresh` is called. Data of another key is never shown. */
export function useQuery<T>(key: string, ask: (engine: EngineClient) => Promise<T>): Query<T> {
  const engine = useEngine();
  const { epoch } = useLinkState();
  const [answer, setAnswer] = useState<Answer<T>>({ key, data: null, error: null, loading: true });
  const [question] = useState(
    () =>
      new LatestWins<T>(
        key,
        () => ask(engine),
        (settled) => setAnswer(keepOlder(settled)),
      ),
  );
  useEffect(() => question.change(key, () => ask(engine)));
  const refresh = useCallback(() => void question.run(), [question]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new key or connection is the reason to ask again
  useEffect(refresh, [refresh, engine, key, epoch]);
  useEffect(() => () => question.stop(), [question]);
  const { data, error, loading } =
    answer.key === key ? answer : { data: null, error: null, loading: true };
  return { data, error, loading, refresh };
}

interface Answer<T> {
  readonly key: string;
  readonly data: T | null;
  readonly error: unknown;
  readonly loading: boolean;
}

/** A failure leaves what was known before it in sight. */
const keepOlder =
  <T,>(settled: Settled<T>) =>
  (older: Answer<T>): Answer<T> => {
    const { key } = settled;
    if ('data' in settled) return { key, data: settled.data, error: null, loading: false };
    const data = older.key === key ? older.data : null;
    return { key, data, error: settled.error, loading: false };
  };

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
