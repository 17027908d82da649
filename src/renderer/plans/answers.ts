/**
 * Asks the workers. One worker answers the quick questions in order; slow ones have a worker each, which is ended when
 * its question is asked anew, so that nobody waits for an answer that is no longer wanted.
 */
import { Failure } from '../../shared/base/failure';
import type { ResolvedSpec } from '../../shared/planning/resolve-run';
import type { Answered, Asked } from './answer-worker';
import type { Answer, QuestionName } from './questions';

const startWorker = (): Worker =>
  new Worker(new URL('./answer-worker.ts', import.meta.url), { type: 'module' });

interface Waiting {
  resolve(data: unknown): void;
  reject(error: unknown): void;
}

/** A worker and the questions it has not answered. */
export class Answers {
  #worker: Worker | null = null;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;

  ask<Name extends QuestionName>(question: Name, spec: ResolvedSpec): Promise<Answer<Name>> {
    const id = this.#next++;
    return new Promise<Answer<Name>>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      this.#start().postMessage({ id, question, spec } satisfies Asked);
    });
  }

  /** Whether an answer is owed. */
  get isBusy(): boolean {
    return this.#waiting.size > 0;
  }

  /** Ends the worker; what it owes is never answered. */
  stop(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#waiting.clear();
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    this.#worker = startWorker();
    this.#worker.addEventListener('message', ({ data }: MessageEvent<Answered>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ('data' in data) waiting?.resolve(data.data);
      else
        waiting?.reject(
          data.failure ? Failure.from(data.failure) : new Error('The theory failed.'),
        );
    });
    this.#worker.addEventListener('error', () => {
      const failed = [...this.#waiting.values()];
      this.stop();
      for (const { reject } of failed) reject(new Error('The theory could not be asked.'));
    });
    return this.#worker;
  }
}

/** For quick questions of the whole window: starting a worker takes longer than answering. */
export const quickAnswers = new Answers();
