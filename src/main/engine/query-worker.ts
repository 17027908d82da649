/**
 * Questions about sessions, handed to threads of their own: what is drawn or read from the file as it lies never waits
 * for a session to be analysed, which takes seconds of a long one. A thread is started with the first question for it; one
 * that dies fails what it was asked, and the next question starts another. Where a thread cannot be had (see
 * thread-task.ts) the answers are made here.
 */
import { Worker } from 'node:worker_threads';
import { Failure } from '../../shared/base/failure';
import { type CallOptions, type CancelSignal, unlessCancelled } from '../../shared/contract/cancel';
import { queryThreadEntry } from '../install/paths';
import type { Library } from '../store/library';
import { hasIndex } from '../store/library-index';
import type { FromThread, ToThread } from './query-messages';
import {
  answerQuery,
  NEEDS_ANALYSIS,
  QUERY_METHODS,
  type Queries,
  type QueryMethod,
} from './query-methods';
import { Sessions } from './sessions';
import { couldNotLoad, isBuilt } from './thread-task';

export interface QuerySource {
  readonly queries: Queries;
  /** Closes the files that are open for reading: before a session is changed or deleted. */
  letGo(): Promise<void>;
  close(): void;
}

type Method = (question?: unknown, options?: CallOptions) => Promise<never>;

/** `isApart`: whether a question is worth a thread now. `prepare` is told of each question before it is asked. */
export function openQueries(
  library: Library,
  isApart: () => boolean,
  prepare: (question: unknown) => void,
): QuerySource {
  const local = new LocalSource(library);
  const start = () => new ThreadedSource(queryThreadEntry, library.dir, local);
  const threads = isBuilt(queryThreadEntry) ? { rows: start(), analysis: start() } : null;
  const lists = new FirstLists(library.dir, start);
  const wrap =
    (method: QueryMethod): Method =>
    (question, options) => {
      prepare(question);
      if (threads === null || !isApart()) return local.ask(method, question) as Promise<never>;
      if (method !== 'list' || hasIndex(library.dir)) {
        const thread = NEEDS_ANALYSIS.has(method) ? threads.analysis : threads.rows;
        return thread.ask(method, question, options?.signal) as Promise<never>;
      }
      return lists.ask(question, options?.signal) as Promise<never>;
    };
  return {
    queries: Object.fromEntries(QUERY_METHODS.map((method) => [method, wrap(method)])) as Record<
      QueryMethod,
      Method
    >,
    letGo: async () => {
      local.letGo();
      await Promise.all([threads?.rows.letGo(), threads?.analysis.letGo(), lists.letGo()]);
    },
    close: () => {
      local.letGo();
      threads?.rows.close();
      threads?.analysis.close();
      lists.close();
    },
  };
}

/**
 * Lists of a library that has no index yet: each opens every session, which must hold up no other question. All of them
 * share a thread, which goes once there is an index; while the first session is recorded, pages ask again and again.
 */
class FirstLists {
  readonly #dir: string;
  readonly #start: () => ThreadedSource;
  #thread: ThreadedSource | null = null;
  #asked = 0;

  constructor(dir: string, start: () => ThreadedSource) {
    this.#dir = dir;
    this.#start = start;
  }

  async ask(question: unknown, signal?: CancelSignal): Promise<unknown> {
    this.#thread ??= this.#start();
    this.#asked++;
    try {
      return await this.#thread.ask('list', question, signal);
    } finally {
      if (--this.#asked === 0 && hasIndex(this.#dir)) this.close();
    }
  }

  async letGo(): Promise<void> {
    await this.#thread?.letGo();
  }

  close(): void {
    this.#thread?.close();
    this.#thread = null;
  }
}

class LocalSource {
  readonly #sessions: Sessions;

  constructor(library: Library) {
    this.#sessions = new Sessions(library);
  }

  async ask(method: QueryMethod, question: unknown): Promise<unknown> {
    return answerQuery(this.#sessions, method, question);
  }

  letGo(): void {
    this.#sessions.letGo();
  }
}

interface Waiting {
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

class ThreadedSource {
  readonly #entry: string;
  readonly #library: string;
  readonly #local: LocalSource;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #isLoadable = true;
  #nextId = 1;

  /** `local` answers where the thread proves not to load. */
  constructor(entry: string, library: string, local: LocalSource) {
    this.#entry = entry;
    this.#library = library;
    this.#local = local;
  }

  async ask(method: QueryMethod, question: unknown, signal?: CancelSignal): Promise<unknown> {
    if (!this.#isLoadable) return this.#local.ask(method, question);
    try {
      return await this.#askThread(method, question, signal);
    } catch (error) {
      if (this.#isLoadable) throw error;
      return this.#local.ask(method, question);
    }
  }

  #askThread(method: QueryMethod, question: unknown, signal?: CancelSignal): Promise<unknown> {
    const id = this.#nextId++;
    const takeBack = () => {
      if (!this.#waiting.delete(id)) return;
      this.#worker?.postMessage({ kind: 'cancel', id } satisfies ToThread);
      this.#rest();
    };
    signal?.addEventListener('abort', takeBack);
    return unlessCancelled(signal, () =>
      this.#wait(id, { kind: 'ask', id, method, question }),
    ).finally(() => signal?.removeEventListener('abort', takeBack));
  }

  async letGo(): Promise<void> {
    if (this.#worker === null) return;
    const id = this.#nextId++;
    // A thread that died holds nothing.
    await this.#wait(id, { kind: 'letGo', id }).catch(() => {});
  }

  close(): void {
    this.#worker?.postMessage({ kind: 'end' } satisfies ToThread);
    this.#worker = null;
  }

  #wait(id: number, message: ToThread): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send(message);
    });
  }

  #send(message: ToThread): void {
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#worker.postMessage(message);
  }

  /** The thread keeps the process only while something is asked of it. */
  #rest(): void {
    if (this.#waiting.size === 0) this.#worker?.unref();
  }

  #start(): Worker {
    const worker = new Worker(this.#entry, {
      workerData: this.#library,
      name: 'queries',
      execArgv: [],
    });
    worker.on('message', (message: FromThread) => this.#settle(message));
    worker.on('error', (error) => this.#fail(worker, error));
    worker.on('exit', () => this.#fail(worker, new Error('the thread for questions ended')));
    worker.unref();
    return worker;
  }

  #settle(message: FromThread): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    this.#rest();
    if (message.kind === 'answer') waiting?.resolve(message.value);
    else if (message.kind === 'failure') waiting?.reject(Failure.from(message.failure));
    else waiting?.reject(message.error);
  }

  #fail(worker: Worker, error: unknown): void {
    if (this.#worker === worker) this.#worker = null;
    if (couldNotLoad(error)) this.#isLoadable = false;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
