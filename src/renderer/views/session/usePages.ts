/** Rows of a long list as they come into sight: whole pages, asked for once and kept while the question is the same. */
import { useEffect, useState } from 'react';
import type { EngineClient } from '../../../shared/contract/api';
import type { Page } from '../../../shared/session/pages';
import { useEngine, useLinkState } from '../../state/engine';
import { createStore, type Store, useStore } from '../../state/store';

const PAGE = 200;

type Ask<T> = (
  engine: EngineClient,
  page: { readonly from: number; readonly limit: number },
  signal: AbortSignal,
) => Promise<Page<T>>;

interface Known {
  /** Null before the first page is here. */
  readonly total: number | null;
  readonly error: unknown;
}

export interface Pages<T> extends Known {
  /** Undefined while it is on its way. */
  row(index: number): T | undefined;
  /** Asks for what lies between, where it is not here. */
  want(first: number, last: number): void;
}

/** One question, page by page. */
class PageReader<T> {
  readonly known: Store<Known> = createStore<Known>({ total: null, error: null });
  readonly #rows = new Map<number, T>();
  readonly #asked = new Set<number>();
  readonly #controller = new AbortController();
  readonly #ask: (from: number, signal: AbortSignal) => Promise<Page<T>>;

  constructor(ask: (from: number, signal: AbortSignal) => Promise<Page<T>>) {
    this.#ask = ask;
  }

  row = (index: number): T | undefined => this.#rows.get(index);

  want = (first: number, last: number): void => {
    for (let page = Math.floor(first / PAGE); page <= Math.floor(last / PAGE); page++)
      if (!this.#asked.has(page)) void this.#read(page);
  };

  stop(): void {
    this.#controller.abort();
  }

  async #read(page: number): Promise<void> {
    const { signal } = this.#controller;
    const from = page * PAGE;
    this.#asked.add(page);
    try {
      const { rows, total } = await this.#ask(from, signal);
      for (const [i, row] of rows.entries()) this.#rows.set(from + i, row);
      if (!signal.aborted) this.known.set({ total, error: null });
    } catch (error) {
      this.#asked.delete(page);
      if (!signal.aborted) this.known.set({ ...this.known.get(), error });
    }
  }
}

/** `key` names the question; another one begins anew. */
export function usePages<T>(key: string, ask: Ask<T>): Pages<T> {
  const engine = useEngine();
  const { epoch } = useLinkState();
  const begin = () => ({
    key: `${key} ${epoch}`,
    reader: new PageReader<T>((from, signal) => ask(engine, { from, limit: PAGE }, signal)),
  });
  const [current, setCurrent] = useState(begin);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another question begins anew
  useEffect(() => {
    const next = begin();
    setCurrent(next);
    next.reader.want(0, 0);
    return () => next.reader.stop();
  }, [engine, key, epoch]);
  const { reader } = current;
  return { ...useStore(reader.known), row: reader.row, want: reader.want };
}
